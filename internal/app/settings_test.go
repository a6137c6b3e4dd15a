package app_test

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/plugin"
)

func TestIntervalsLogLevelAndWriteBudgetAreChangedWhileUnityRuns(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, data)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"usual"}`, nil)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"own","interval_seconds":7}`, nil)
	interval := func(path string) float64 {
		var found struct {
			IntervalSeconds float64 `json:"interval_seconds"`
		}
		s.must(t, http.MethodGet, path, "", &found)
		return found.IntervalSeconds
	}
	var settings struct{ Items []api.Setting }
	s.must(t, http.MethodPut, "/api/v1/settings",
		`{"values":{"schedule.intervals":"clock-monitor=45m","log.level":"debug","storage.max_write_per_day":"50MB"}}`, &settings)
	for _, setting := range settings.Items {
		if want := map[string]string{
			"schedule.intervals": "clock-monitor=45m", "log.level": "debug", "storage.max_write_per_day": "50MB",
		}[setting.Path]; want != "" && (setting.Value != want || setting.Origin != "interface" || !setting.Changeable) {
			t.Errorf("changed to %+v, want %s", setting, want)
		}
	}
	if s.level.Level() != slog.LevelDebug {
		t.Errorf("the log is at %v", s.level.Level())
	}
	for range 2 { // before and after a start
		for path, want := range map[string]float64{"/api/v1/sources/usual": 2700, "/api/v1/sources/own": 7, "/api/v1/plugins/clock_monitor": 2700} {
			if got := interval(path); got != want {
				t.Errorf("%s is at %v s, want %v", path, got, want)
			}
		}
		s.stop()
		s = start(t, data)
	}
	s.must(t, http.MethodPut, "/api/v1/settings", `{"values":{"schedule.intervals":null,"log.level":null,"storage.max_write_per_day":"none"}}`, nil)
	if got := interval("/api/v1/sources/usual"); got != 1 || s.level.Level() != slog.LevelInfo {
		t.Errorf("taken back, it is at %v s, and the log at %v", got, s.level.Level())
	}
}

func TestAnIntervalThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for value, want := range map[string]string{
		"nonsense=1m":       "there is no plugin",
		"clock_monitor":     "is not PLUGIN=INTERVAL",
		"clock_monitor=1ms": "is not PLUGIN=INTERVAL",
		"=1m":               "is not PLUGIN=INTERVAL",
	} {
		status, text := s.call(t, http.MethodPut, "/api/v1/settings", `{"values":{"schedule.intervals":"`+value+`"}}`)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, `"path":"values.schedule.intervals"`) || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", value, status, text)
		}
	}
	settings := config.Default()
	settings.Data, settings.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"
	settings.Schedule.Intervals = []string{"nonsense=1m"}
	err := app.Serve(t.Context(), app.Settings{
		Config: settings, Plugins: []plugin.Plugin{clockPlugin()}, Log: slog.New(slog.DiscardHandler),
		Announce: func(app.Announcement) { t.Error("it serves") },
	})
	if err == nil || !strings.Contains(err.Error(), "schedule.intervals") || fault.Hint(err) == "" {
		t.Errorf("%v (hint %q)", err, fault.Hint(err))
	}
}
