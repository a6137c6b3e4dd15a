package fault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/program"
)

// A log is written to and rotated all the while, by one goroutine; the program
// that follows it is killed at random moments. In the end it has counted each
// line once: its place and its counters are one record of the journal.
func TestNoLineOfALogIsCountedTwiceOrMissed(t *testing.T) {
	t.Parallel()
	rounds := number(t, "FAULT_ROUNDS", 3)
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	options := program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"), Environ: []string{"UNITY_SCHEDULE_DETECT=false"},
	}
	w := &logWriter{name: filepath.Join(t.TempDir(), "app.log")}
	if err := w.write(1); err != nil {
		t.Fatal(err)
	}
	unity := start(t, options)
	if err := unity.Call(t.Context(), http.MethodPost, "/api/v1/sources", map[string]any{
		"plugin": "log_monitor", "id": "log", "interval_seconds": 1, "timeout_seconds": 0.9,
		"config": map[string]any{"paths": []string{w.name}, "start_at": "beginning", "default_patterns": false},
	}, nil); err != nil {
		t.Fatal(err)
	}
	counted(t, unity, 1) // it has its place
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }()
	for range rounds {
		lives := time.NewTimer(shortest + rand.N(2*time.Second))
		<-lives.C
		if err := unity.Kill(); err != nil {
			t.Fatal(err)
		}
		unity = start(t, options)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	counted(t, unity, w.lines)
	// Whatever is counted twice comes with the run after.
	if err := w.write(1); err != nil {
		t.Fatal(err)
	}
	counted(t, unity, w.lines)
	t.Logf("%d rounds: %d lines in %d files, each counted once", rounds, w.lines, w.files+1)
}

// counted waits until so many lines are counted, and refuses more.
func counted(t *testing.T, unity *program.Program, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	got := 0
	for got != want {
		var answer struct {
			Data struct {
				Result []struct{ Value [2]json.RawMessage }
			}
		}
		if err := unity.Get(ctx, "/prometheus/api/v1/query?query="+url.QueryEscape(`sum(log_lines_total{source="log"})`), &answer); err != nil {
			t.Fatalf("%d lines are counted, %d were written: %v", got, want, err)
		}
		if len(answer.Data.Result) == 1 {
			var text string
			if err := json.Unmarshal(answer.Data.Result[0].Value[1], &text); err != nil {
				t.Fatal(err)
			}
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			if got = n; got > want {
				t.Fatalf("%d lines are counted, %d were written", got, want)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d lines are counted, %d were written", got, want)
		}
	}
}

// logWriter writes a log and rotates it.
type logWriter struct {
	name         string
	lines, files int
	since        int // the last rotation, in turns
}

// write adds lines.
func (w *logWriter) write(n int) error {
	file, err := os.OpenFile(w.name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for range n {
		w.lines++
		if _, err := fmt.Fprintf(file, "%s line %d\n", time.Now().Format(time.RFC3339Nano), w.lines); err != nil {
			return err
		}
	}
	return file.Close()
}

// run writes until ctx ends.
func (w *logWriter) run(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := w.write(rand.IntN(50)); err != nil {
			return err
		}
		// Every half second or so; files tell their order by times that have a
		// grain of some milliseconds.
		if w.since++; w.since > 20 && rand.IntN(80) == 0 {
			w.since = 0
			w.files++
			if err := os.Rename(w.name, fmt.Sprintf("%s.%d", w.name, w.files)); err != nil {
				return err
			}
		}
	}
}
