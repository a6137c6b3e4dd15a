package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/demo"
)

func TestADemoShowsAHomelabAndLeavesNothing(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	settings := config.Default()
	settings.Listen = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(t.Context())
	announced, ended := make(chan app.Announcement, 1), make(chan error, 1)
	go func() {
		ended <- app.Demo(ctx, app.Settings{
			Config: settings, Version: "test", Log: slog.New(slog.DiscardHandler),
			Announce: func(told app.Announcement) { announced <- told },
		}, demo.Options{History: 2 * time.Hour})
	}()
	var told app.Announcement
	select {
	case told = <-announced:
	case err := <-ended:
		t.Fatalf("starting: %v", err)
	}
	v := &guest{address: told.Address}
	if state := v.ask(t, http.MethodGet, "/api/v1/auth", ""); !strings.Contains(state, `"demo":true`) || !strings.Contains(state, `"set_up":true`) {
		t.Errorf("it says of itself: %s", state)
	}
	v.ask(t, http.MethodPost, "/api/v1/auth/login", `{"name":"`+app.DemoUser+`","password":"`+told.DemoPassword+`"}`)

	overview := v.ask(t, http.MethodGet, "/api/v1/overview", "")
	for _, want := range []string{`"failing":1`, `"degraded":1`, `"paused":1`, "no route to host", "the newest backup is 3 days old", "ben watches Deep Field"} {
		if !strings.Contains(overview, want) {
			t.Errorf("the overview lacks %s: %.600s", want, overview)
		}
	}
	list := v.ask(t, http.MethodGet, "/api/v1/sources?plugin=demo_machine&spark=true", "")
	for _, want := range []string{`"spark":[[`, `"spark_title":"Processor"`, `"spark_unit":"ratio"`} {
		if !strings.Contains(list, want) {
			t.Errorf("the list of sources lacks %s: %.600s", want, list)
		}
	}
	from := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	changed := `"changes":[]`
	for strings.Contains(changed, `"changes":[]`) { // until its first run here
		changed = v.ask(t, http.MethodGet, "/api/v1/sources/nas-drives/snapshots/difference?from="+from, "")
	}
	if !strings.Contains(changed, `"$.drives[?@.drive==\"sda\"].on"`) {
		t.Errorf("what changed is not named by drives: %.600s", changed)
	}
	for _, document := range demo.Dashboards() {
		for _, panel := range document.Panels {
			for _, query := range panel.Queries {
				v.drawn(t, panel, query)
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ending: %v", err)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind (%v)", left, err)
	}
}

// guest looks at a demo as a browser does.
type guest struct {
	address string
	cookie  *http.Cookie
}

func (v *guest) ask(t *testing.T, method, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, v.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if v.cookie != nil {
		request.AddCookie(v.cookie)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d, %v: %s", method, path, response.StatusCode, err, answer)
	}
	for _, cookie := range response.Cookies() {
		v.cookie = cookie
	}
	return string(answer)
}

// drawn sees to it that a query of a panel is understood and gives something.
func (v *guest) drawn(t *testing.T, panel dashboard.Panel, query dashboard.Query) {
	t.Helper()
	text := query.Expr
	if text == "" {
		text = query.Metric
	}
	text = strings.ReplaceAll(text, "$__rate_interval", "5m")
	var answer struct {
		Data struct{ Result []json.RawMessage }
	}
	raw := v.ask(t, http.MethodGet, "/prometheus/api/v1/query?query="+url.QueryEscape(text), "")
	if err := json.Unmarshal([]byte(raw), &answer); err != nil || len(answer.Data.Result) == 0 {
		t.Errorf("the panel %s shows nothing: %s gives %s (%v)", panel.Title, text, raw, err)
	}
}
