// Command footprint measures the running program: how large it is, how fast it
// starts, and what memory, processor time and disk writes it takes while it
// watches this machine with the first seven plugins. It prints rows of a
// Markdown table: what, bar, measured, how.
//
//	go run ./test/footprint -for 10m
//	go run ./test/footprint -month FOLDER   # also starts on a copy of that data
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/test/program"
)

const (
	// settle is left out of the processor time: detection and first charts.
	settle = time.Minute
	starts = 5
	// ticks is USER_HZ, in which /proc counts processor time on Linux.
	ticks = 100
	mb    = 1e6
)

func main() {
	length := flag.Duration("for", 10*time.Minute, "how long to watch it")
	month := flag.String("month", "", "a data folder to start on")
	flag.Parse()
	if err := run(context.Background(), *length, *month); err != nil {
		fmt.Fprintln(os.Stderr, "footprint:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, length time.Duration, month string) error {
	folder, err := os.MkdirTemp("", "unity-footprint-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder of the system's temporary files
	binary, err := program.Build(ctx, folder)
	if err != nil {
		return err
	}
	size, err := os.Stat(binary)
	if err != nil {
		return err
	}
	row("the program", "≤ 55 MB", fmt.Sprintf("%.1f MB", float64(size.Size())/mb), "stripped, with all plugins, "+runtime.GOOS+"/"+runtime.GOARCH)

	empty, err := medianStart(ctx, binary, func(int) (string, error) { return os.MkdirTemp(folder, "empty-") })
	if err != nil {
		return err
	}
	row("start of the program until it is ready", "", milliseconds(empty), "nothing stored yet; median of 5")
	if month != "" {
		filled, err := medianStart(ctx, binary, func(n int) (string, error) {
			to := filepath.Join(folder, "month-"+strconv.Itoa(n))
			return to, os.CopyFS(to, os.DirFS(month))
		})
		if err != nil {
			return err
		}
		row("start of the program until it is ready", "≤ 300 ms", milliseconds(filled), "with a month of 1,000 series; median of 5")
	}
	return watch(ctx, binary, filepath.Join(folder, "data"), length)
}

// watchEnd measures every second until the end; it returns the last measurement
// and the highest resident memory, in bytes. Unity gives back pages now and then,
// so that a single look would say little.
func watchEnd(ctx context.Context, pid int, end time.Time) (last measurement, highest float64, err error) {
	for ended := false; !ended; {
		if last, err = measure(pid); err != nil {
			return last, 0, err
		}
		highest = max(highest, last.resident)
		ended = ctx.Err() != nil || !time.Now().Before(end)
		if !ended {
			wait(ctx, min(time.Second, time.Until(end)))
		}
	}
	return last, highest, nil
}

// medianStart starts the program several times, each time on a folder that
// data makes.
func medianStart(ctx context.Context, binary string, data func(n int) (string, error)) (time.Duration, error) {
	var took []time.Duration
	for n := range starts {
		folder, err := data(n)
		if err != nil {
			return 0, err
		}
		unity, err := program.Start(ctx, program.Options{
			Binary: binary, Data: folder, Environ: []string{"UNITY_SCHEDULE_DETECT=false"},
		})
		if err != nil {
			return 0, err
		}
		took = append(took, unity.Started)
		if err := errors.Join(unity.Stop(ctx), os.RemoveAll(folder)); err != nil {
			return 0, err
		}
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// watch lets the program watch this machine and looks at it from outside.
func watch(ctx context.Context, binary, data string, length time.Duration) error {
	unity, err := program.Start(ctx, program.Options{Binary: binary, Data: data})
	if err != nil {
		return err
	}
	began := time.Now()
	defer unity.Kill() //nolint:errcheck // already stopped when all went well
	if err := addFirst(ctx, unity); err != nil {
		return err
	}

	wait(ctx, min(settle, length/10))
	before, err := measure(unity.PID())
	if err != nil {
		return err
	}
	wait(ctx, length-settle-time.Since(began))
	after, highest, err := watchEnd(ctx, unity.PID(), began.Add(length))
	if err != nil {
		return err
	}
	var summary struct {
		Sources struct {
			Total   int `json:"total"`
			Healthy int `json:"healthy"`
		} `json:"sources"`
		Series int `json:"series"`
	}
	if err := unity.Get(ctx, "/api/v1/summary", &summary); err != nil {
		return err
	}
	if err := unity.Stop(ctx); err != nil {
		return err
	}

	passed := after.at.Sub(before.at)
	watched := fmt.Sprintf("watching this machine, %d sources, %d of them healthy, with %d series",
		summary.Sources.Total, summary.Sources.Healthy, summary.Series)
	row("resident memory", "≤ 40 MB", fmt.Sprintf("%.1f MB", highest/mb), fmt.Sprintf("the highest of the last minute of %v of %s", length, watched))
	row("processor", "≤ 0.5 % of a core", fmt.Sprintf("%.2f %%", 100*(after.processor-before.processor).Seconds()/passed.Seconds()),
		"the same, without the first minute")
	row("written to the disk", "", fmt.Sprintf("%.1f MB a day", (after.written-before.written)/mb*(24*time.Hour).Seconds()/passed.Seconds()),
		"the same, sealing not included")
	return nil
}

// first are the plugins that the bars of memory and processor time are about:
// those that every machine has something for, or that watch a service of anyone.
func first() []string {
	return []string{
		"system_info", "process_monitor", "disk_monitor", "network_monitor", "temperature_monitor",
		"docker_monitor", "web_service_monitor",
	}
}

// addFirst makes sources of the first plugins that found nothing by themselves,
// so that each is at work, with or without success.
func addFirst(ctx context.Context, unity *program.Program) error {
	var watched struct {
		Items []struct {
			Plugin string `json:"plugin"`
		} `json:"items"`
	}
	if err := unity.Get(ctx, "/api/v1/sources", &watched); err != nil {
		return err
	}
	at := map[string]bool{}
	for _, source := range watched.Items {
		at[source.Plugin] = true
	}
	for _, plugin := range first() {
		if at[plugin] {
			continue
		}
		config := map[string]any{}
		if plugin == "web_service_monitor" {
			config["url"] = unity.URL + "/health"
		}
		source := map[string]any{"plugin": plugin, "config": config}
		if err := unity.Call(ctx, http.MethodPost, "/api/v1/sources", source, nil); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, length time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
}

// measurement is what the system counts of a process.
type measurement struct {
	at        time.Time
	resident  float64 // bytes
	processor time.Duration
	written   float64 // bytes
}

func measure(pid int) (measurement, error) {
	m := measurement{at: time.Now()}
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return m, err
	}
	// The name, in parentheses, may hold blanks; user and system time are the
	// 12th and 13th field after it.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	const user, system = 11, 12
	if len(fields) <= system {
		return m, fmt.Errorf("%s/stat is short: %q", folder, stat)
	}
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return m, err
		}
		m.processor += time.Duration(n) * time.Second / ticks
	}
	if m.resident, err = number(filepath.Join(folder, "status"), "VmRSS:"); err != nil {
		return m, err
	}
	m.resident *= 1024 // the file says kB and means KiB
	m.written, err = number(filepath.Join(folder, "io"), "write_bytes:")
	return m, err
}

// number reads the number after a word at the beginning of a line.
func number(file, word string) (float64, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	scanner := bufio.NewScanner(bytes.NewReader(content))
	for scanner.Scan() {
		if rest, ok := strings.CutPrefix(scanner.Text(), word); ok {
			return strconv.ParseFloat(strings.Fields(rest)[0], 64)
		}
	}
	return 0, fmt.Errorf("%s: %w: %s", file, fs.ErrNotExist, word)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func row(what, bar, measured, how string) {
	fmt.Printf("| %s | %s | %s | %s |\n", what, bar, measured, how)
}
