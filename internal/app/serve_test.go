package app_test

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
)

func TestWhatIsFoundIsWatchedFromTheFirstStart(t *testing.T) {
	t.Parallel()
	s := setup(t)
	connection := s.live(t, `{"type":"subscribe","id":"1","sources":["clock_monitor"],"topics":["metrics","status"]}`)
	next(t, connection, `"clock_ticks_total"`)

	var sources struct {
		Items []struct{ ID, Origin string }
	}
	s.must(t, http.MethodGet, "/api/v1/sources", "", &sources)
	if len(sources.Items) != 1 || sources.Items[0].Origin != "detected" {
		t.Errorf("sources %+v, want the one that was detected", sources.Items)
	}
}

func TestTheLiveStreamTellsOfEverythingThatHappensToASource(t *testing.T) {
	t.Parallel()
	s := setup(t)
	connection := s.live(t, `{"type":"subscribe","id":"1"}`)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"mine","interval_seconds":1}`, nil)
	next(t, connection, `"source_created"`)
	next(t, connection, `"source":"mine","run":`)
	next(t, connection, `"clock_ticks_total"`)

	s.must(t, http.MethodPut, "/api/v1/sources/mine", `{"config":{"fault":"refuse"}}`, nil)
	message := next(t, connection, `"outcome":"failed"`)
	if !strings.Contains(message, "connection refused") {
		t.Errorf("a failed run does not say why: %s", message)
	}
	next(t, connection, `"status":"degraded"`)
	s.must(t, http.MethodPut, "/api/v1/sources/mine", `{"config":{"fault":"partial"}}`, nil)
	next(t, connection, `"outcome":"partial"`)
	s.must(t, http.MethodPost, "/api/v1/sources/mine/disable", "", nil)
	next(t, connection, `"source_disabled"`)
	s.must(t, http.MethodDelete, "/api/v1/sources/mine", "", nil)
	next(t, connection, `"source_deleted"`)
}

func TestARequestThatCannotBeUnderstoodIsAnsweredOnTheLiveStream(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for request, want := range map[string]string{
		`{`:                   `"kind":"config"`,
		`{"type":"nonsense"}`: `there is no request of type`,
		`{"type":"subscribe","topics":["nonsense"]}`: `there is no topic`,
	} {
		next(t, s.live(t, request), want)
	}
}

func TestWhatWasMeasuredIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, data)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"mine","interval_seconds":3600}`, nil)
	s.must(t, http.MethodPost, "/api/v1/sources/mine/run", "", nil)
	s.must(t, http.MethodPost, "/api/v1/sources/mine/disable", "", nil)
	_, before := s.call(t, http.MethodGet, "/api/v1/sources/mine/latest", "")
	s.stop()

	again := start(t, data)
	if _, after := again.call(t, http.MethodGet, "/api/v1/sources/mine/latest", ""); after != before {
		t.Errorf("latest values after the restart: %s\nbefore: %s", after, before)
	}
	var source struct{ Status struct{ Status string } }
	again.must(t, http.MethodGet, "/api/v1/sources/mine", "", &source)
	if source.Status.Status != "paused" {
		t.Errorf("status %q after the restart, want paused", source.Status.Status)
	}
}

func TestADatabaseThatCannotBeUsedIsSaidAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(t *testing.T, data string)
		want    string
	}{
		"a folder that is a file": {
			func(t *testing.T, data string) {
				t.Helper()
				write(t, data, "mine")
			}, "data",
		},
		"a file that is no database": {
			func(t *testing.T, data string) {
				t.Helper()
				if err := os.Mkdir(data, 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(data, "unity.db"), strings.Repeat("not a database ", 100))
			}, "is not a SQLite database",
		},
		"a folder in a folder that is not there": {
			func(t *testing.T, data string) {
				t.Helper()
				if err := os.Remove(filepath.Dir(data)); err != nil {
					t.Fatal(err)
				}
			}, "no such file or directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			test.prepare(t, data)
			settings := config.Default()
			settings.Data, settings.Listen = data, "127.0.0.1:0"
			err := app.Serve(t.Context(), app.Settings{
				Config: settings, Log: slog.New(slog.DiscardHandler), Announce: func(app.Announcement) { t.Error("it serves") },
			})
			if err == nil || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
				t.Errorf("%v (hint %q), want a sentence with %q and a hint", err, fault.Hint(err), test.want)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestASecondUnityOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	settings := config.Default()
	settings.Data, settings.Listen = s.data, "127.0.0.1:0"
	err := app.Serve(t.Context(), app.Settings{Config: settings, Log: slog.New(slog.DiscardHandler), Announce: func(app.Announcement) {}})
	if fault.Of(err) != fault.Conflict {
		t.Errorf("%v, want a conflict", err)
	}
}
