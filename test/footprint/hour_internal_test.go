package main

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/graph"
	"github.com/unity-homelab/unity/test/homelab"
	"github.com/unity-homelab/unity/test/program"
)

// every is how often a point of the graph is made.
const every = 10 * time.Second

// watched is the one source of a plugin.
type watched struct {
	plugin  string
	target  *homelab.Target
	created bool

	runs, failed, partial, samples int
	problem                        string // of the latest run that lacks something
}

// BenchmarkHour watches something with every plugin, each at its own interval, for
// an hour or as long as HOUR says, and looks from outside what that takes. It prints
// what each plugin watched, rows of a Markdown table, and draws a picture into the
// file that GRAPH names.
//
//	HOUR=5m go test -run '^$' -bench '^BenchmarkHour$' -benchtime 1x -timeout 2h ./test/footprint
func BenchmarkHour(b *testing.B) {
	length, err := time.ParseDuration(cmp.Or(os.Getenv("HOUR"), "1h"))
	if err != nil {
		b.Fatalf("HOUR says for how long: %v", err)
	}
	ctx := b.Context()
	binary, err := program.Build(ctx, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	programs := b.TempDir()
	unity, err := program.Start(ctx, program.Options{
		Binary: binary, Data: filepath.Join(b.TempDir(), "data"),
		Environ: []string{"UNITY_SCHEDULE_DETECT=false", "PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH")},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unity.Kill() }) // stopped already when all went well
	all := watchAll(b, unity, programs)
	moments := follow(b, unity.PID(), length)
	for _, w := range all {
		w.count(b, unity)
	}
	if err := unity.Stop(ctx); err != nil {
		b.Fatal(err)
	}
	report(b, all, moments, length)
}

// watchAll makes a source of every plugin that the program has.
func watchAll(b *testing.B, unity *program.Program, programs string) []*watched {
	b.Helper()
	var list struct {
		Items []struct {
			ID        string `json:"id"`
			Supported bool   `json:"supported"`
		} `json:"items"`
	}
	if err := unity.Get(b.Context(), "/api/v1/plugins", &list); err != nil {
		b.Fatal(err)
	}
	all := make([]*watched, len(list.Items))
	for i, item := range list.Items {
		w := &watched{plugin: item.ID, target: homelab.Find(b, unity, item.ID, programs)}
		all[i] = w
		source := map[string]any{"plugin": w.plugin, "config": w.target.Config}
		if err := unity.Call(b.Context(), http.MethodPost, "/api/v1/sources", source, nil); err != nil {
			w.target.Lacks = append(w.target.Lacks, err.Error())
			continue
		}
		w.created = true
	}
	return all
}

// follow measures every second, and keeps for each point of the graph the highest
// resident memory of the time before it. The first is what there was before.
func follow(b *testing.B, pid int, length time.Duration) []measurement {
	b.Helper()
	begin, err := measure(pid)
	if err != nil {
		b.Fatal(err)
	}
	moments := []measurement{begin}
	for next := begin.at.Add(every); !next.After(begin.at.Add(length)); next = next.Add(every) {
		last, highest, err := watchEnd(b.Context(), pid, next)
		if err != nil {
			b.Fatal(err)
		}
		last.resident = highest
		moments = append(moments, last)
	}
	if len(moments) < 3 {
		b.Fatalf("%v is too short to say anything", length)
	}
	return moments
}

// count counts the runs of the source.
func (w *watched) count(b *testing.B, unity *program.Program) {
	b.Helper()
	if !w.created {
		return
	}
	path := "/api/v1/sources/" + w.plugin + "/runs?limit=1000"
	for before := ""; ; {
		var list struct {
			Items []struct {
				Outcome string `json:"outcome"`
				Samples int    `json:"samples"`
				Problem struct {
					Message string `json:"message"`
				} `json:"problem"`
			} `json:"items"`
			Next string `json:"next_cursor"`
		}
		if err := unity.Get(b.Context(), path+before, &list); err != nil {
			b.Fatal(err)
		}
		for _, run := range list.Items {
			w.runs++
			w.samples += run.Samples
			switch run.Outcome {
			case "success", "canceled":
				continue
			case "partial":
				w.partial++
			default:
				w.failed++
			}
			w.problem = cmp.Or(w.problem, run.Problem.Message)
		}
		if list.Next == "" {
			return
		}
		before = "&before=" + list.Next
	}
}

func report(b *testing.B, all []*watched, moments []measurement, length time.Duration) {
	b.Helper()
	var runs, failed, partial, samples, succeeded, real int
	for _, w := range all {
		runs, failed, partial, samples = runs+w.runs, failed+w.failed, partial+w.partial, samples+w.samples
		if w.runs > w.failed {
			succeeded++
		}
		if w.target.Real() {
			real++
		}
		fmt.Printf("%-26s %-32s %5d runs %4d failed %4d partial %7d samples %s\n", w.plugin, w.target.Name, w.runs, w.failed, w.partial, w.samples, w.problem)
		if w.target.Name == "nothing" || w.runs == w.failed {
			fmt.Printf("\t%s\n", strings.Join(w.target.Lacks, "\n\t"))
		}
	}
	first, last := moments[0], moments[len(moments)-1]
	highest := slices.MaxFunc(moments[len(moments)/2:], func(a, b measurement) int { return int(a.resident - b.resident) }).resident
	passed := last.at.Sub(first.at)
	row("sources that collected", "all", fmt.Sprintf("%d of %d", succeeded, len(all)),
		fmt.Sprintf("one of each plugin at its own interval, for %v: %d on real programs and this machine, the others on what their cases answer", length, real))
	row("runs", "", fmt.Sprintf("%d, of which %d failed and %d lacked something", runs, failed, partial), "the same")
	row("samples", "", fmt.Sprintf("%d, %.1f a second", samples, float64(samples)/passed.Seconds()), "the same")
	row("resident memory", "≤ 60 MB", fmt.Sprintf("%.1f MB", highest/mb), "the highest of the second half, looked at every second")
	row("processor", "≤ 2 % of a core", fmt.Sprintf("%.2f %%", 100*(last.processor-first.processor).Seconds()/passed.Seconds()), "mean of the whole time")
	row("written to the disk", "", fmt.Sprintf("%.1f MB", (last.written-first.written)/mb), "the same")
	if name := os.Getenv("GRAPH"); name != "" {
		if err := os.WriteFile(name, []byte(draw(moments)), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// draw returns the picture of memory and processor.
func draw(moments []measurement) string {
	const perPercent = 10 * mb
	times := make([]time.Duration, len(moments)-1)
	memory, processor := graph.Line{Name: "resident memory"}, graph.Line{Name: "processor, ten MB to the percent"}
	for i, m := range moments[1:] {
		before := moments[i]
		times[i] = m.at.Sub(moments[0].at)
		memory.Values = append(memory.Values, m.resident)
		processor.Values = append(processor.Values, perPercent*100*(m.processor-before.processor).Seconds()/m.at.Sub(before.at).Seconds())
	}
	return graph.Draw(times, memory, processor)
}
