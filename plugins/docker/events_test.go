package docker_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin"
)

// titles returns what people are told.
func titles(batch *plugin.Batch) []string {
	var list []string
	for _, event := range batch.Events() {
		list = append(list, event.Title)
	}
	return list
}

func wantTitles(t *testing.T, batch *plugin.Batch, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, titles(batch)); diff != "" {
		t.Errorf("told of the wrong events (- want, + got):\n%s", diff)
	}
}

// sampleOf returns the value of the first sample of the metric that carries the
// label, or -1.
func sampleOf(batch *plugin.Batch, name, label, value string) float64 {
	for _, sample := range batch.Samples() {
		if sample.Name == name && sample.Labels.Get(label) == value {
			return sample.Value
		}
	}
	return -1
}

// pass lets the time of the bubble pass, and everything that happens in it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestEventsAreToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web")
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		engine.happen("start", "web")
		pass(time.Minute)

		// What happened before Unity came is shown, and not told.
		first := s.collect()
		wantTitles(t, first)
		if !bytes.Contains(first.Snapshot(), []byte(`"web started"`)) {
			t.Errorf("the snapshot does not show what happened before: %s", first.Snapshot())
		}

		pass(10 * time.Second)
		engine.happen("kill", "web", "signal", "15")
		engine.happen("die", "web", "exitCode", "0")
		engine.happen("stop", "web")
		pass(5 * time.Second)
		second := s.collect()
		wantTitles(t, second, "web was stopped (exit code 0)")
		if got := sampleOf(second, "docker_events_total", "action", "kill"); got != 1 {
			t.Errorf("docker_events_total of kill is %v, want 1", got)
		}

		pass(15 * time.Second)
		wantTitles(t, s.collect())
		s.close()
	})
}

func TestEventsOfARunThatIsThrownAwayAreToldAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web")
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		s.collect()
		pass(time.Second)
		engine.happen("die", "web", "exitCode", "3")
		pass(time.Second)

		batch := plugin.NewBatch(bare())
		if err := s.collector.Collect(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		wantTitles(t, batch, "web died with exit code 3")
		s.state.end(false) // the record could not be written

		again := s.collect()
		wantTitles(t, again, "web died with exit code 3")
		if got := sampleOf(again, "docker_events_total", "action", "die"); got != 1 {
			t.Errorf("docker_events_total of die is %v, want 1", got)
		}
		wantTitles(t, s.collect())
		s.close()
	})
}

func TestNothingIsLostWhileTheStreamIsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web")
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		s.collect()
		pass(time.Second)
		engine.happen("pause", "web")
		pass(time.Second)
		wantTitles(t, s.collect(), "web was paused")

		engine.cut()
		pass(time.Second)
		engine.happen("unpause", "web")
		pass(time.Second)
		wantTitles(t, s.collect(), "web goes on after a pause")

		engine.cut()
		pass(time.Second)
		wantTitles(t, s.collect())
		engine.happen("oom", "web")
		engine.happen("die", "web", "exitCode", "137")
		pass(time.Second)
		wantTitles(t, s.collect(), "web ran out of memory", "web died with exit code 137")
		s.close()
	})
}

func TestNothingIsLostWhileUnityIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine, state := newFakeEngine(t, "web"), newMemory()
		config := map[string]any{"endpoint": "unix:///run/x.sock"}
		before := opened(t, engine.host(), state, config)
		before.collect()
		pass(time.Second)
		engine.happen("health_status: unhealthy", "web")
		pass(time.Second)
		wantTitles(t, before.collect(), "web is unhealthy")
		before.close()

		pass(time.Hour)
		engine.happen("health_status: healthy", "web")
		pass(time.Hour)
		after := opened(t, engine.host(), state, config)
		batch := after.collect()
		wantTitles(t, batch, "web is healthy")
		if got := sampleOf(batch, "docker_events_total", "action", "unhealthy"); got != 1 {
			t.Errorf("the counter began anew: docker_events_total of unhealthy is %v, want 1", got)
		}
		if !bytes.Contains(batch.Snapshot(), []byte("web is unhealthy")) {
			t.Error("the snapshot has forgotten what was told before")
		}
		after.close()
	})
}

func TestAFloodOfEventsIsToldInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web")
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		s.collect()
		pass(time.Second)
		for i := range 130 {
			engine.happen("die", "web", "exitCode", fmt.Sprint(i+1))
		}
		pass(time.Second)
		first, second, third := s.collect(), s.collect(), s.collect()
		if got := len(first.Events()); got != 100 {
			t.Errorf("the first run tells of %d events, want 100", got)
		}
		if got := titles(second); len(got) != 30 || got[29] != "web died with exit code 130" {
			t.Errorf("the second run tells of %d events: %v", len(got), got)
		}
		wantTitles(t, third)
		s.close()
	})
}

func TestEventsOfIgnoredContainersAreNotTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web")
		s := opened(t, engine.host(), newMemory(), map[string]any{
			"endpoint": "unix:///run/x.sock", "container_exclude": []string{"tmp-*"},
		})
		s.collect()
		pass(time.Second)
		engine.happen("die", "quiet", "exitCode", "1", "monitor.ignore", "true")
		engine.happen("die", "tmp-7", "exitCode", "1")
		engine.happen("kill", "web", "signal", "SIGHUP") // reads its config again
		engine.happen("die", "web", "exitCode", "0")
		pass(time.Second)
		wantTitles(t, s.collect(), "web finished")
		s.close()
	})
}

func TestListsAreAskedForWhenSomethingChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web", "db")
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		for range 8 {
			s.collect()
			pass(15 * time.Second)
		}
		for path, want := range map[string]int{"/images/json": 1, "/info": 1, "/system/df": 1, "/web/json": 0, "/stats": 16} {
			if path == "/web/json" {
				path, want = idOf("web")+"/json", 1
			}
			if got := engine.count(path); got != want {
				t.Errorf("%s was asked for %d times in two minutes, want %d", path, got, want)
			}
		}
		engine.happen("pull", "nginx:1")
		engine.happen("update", "web")
		pass(time.Second)
		s.collect()
		if got := engine.count("/images/json"); got != 2 {
			t.Errorf("images were listed %d times, want 2: one was pulled", got)
		}
		if got := engine.count(idOf("web") + "/json"); got != 2 {
			t.Errorf("web was inspected %d times, want 2: it was changed", got)
		}
		if got := engine.count(idOf("db") + "/json"); got != 1 {
			t.Errorf("db was inspected %d times, want 1", got)
		}
		s.close()
	})
}
