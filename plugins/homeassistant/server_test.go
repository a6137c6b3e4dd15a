package homeassistant_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/homeassistant"
)

// home is a Home Assistant with many entities, which can be changed between runs.
type home struct {
	plugintest.Guard

	answers  map[string]string
	refusing int // with this status, whoever asks
	refused  int
}

func newHome(tb testing.TB, entities int) (*home, *httptest.Server) {
	tb.Helper()
	h := &home{answers: map[string]string{
		"GET /api/":                            `{"message": "API running."}`,
		"GET /api/config":                      `{"components": ["hassio"], "location_name": "Home", "state": "RUNNING", "version": "2026.2.1"}`,
		"GET /api/core/state":                  `{"state": "RUNNING", "recorder_state": {"migration_in_progress": false}}`,
		"GET /api/config/config_entries/entry": `[{"entry_id": "1", "domain": "hue", "title": "Bridge", "state": "loaded"}]`,
		"GET /api/states":                      states(entities),
		"ws":                                   "",
		"ws repairs/list_issues":               `{"issues": []}`,
		"ws persistent_notification/get":       `[]`,
		"ws recorder/info":                     `{"backlog": 0, "migration_in_progress": false}`,
		"ws system_log/list":                   `[]`,
		"ws backup/info":                       `{"backups": [], "last_completed_automatic_backup": "2026-02-28T04:45:12+00:00", "state": "idle"}`,
	}}
	through := api(func(question string) ([]byte, error) {
		h.Lock()
		defer h.Unlock()
		text, known := h.answers[question]
		if !known {
			return nil, plugintest.ErrNotInCase
		}
		return []byte(text), nil
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.Lock()
		status := h.refusing
		if status != 0 {
			h.refused++
		}
		h.Unlock()
		if status != 0 {
			http.Error(w, fmt.Sprintf("%d: %s", status, http.StatusText(status)), status)
			return
		}
		through.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	return h, server
}

// states are many entities with what the attributes of some hold.
func states(n int) string {
	var b strings.Builder
	b.WriteString("[")
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"entity_id": "sensor.s%d", "state": "%d.5", "attributes": {"friendly_name": "Sensor %d", "unit_of_measurement": "W", "options": %q}, "last_changed": "2026-03-01T10:00:00.123456+00:00", "last_reported": "2026-03-01T10:00:00.123456+00:00", "last_updated": "2026-03-01T10:00:00.123456+00:00", "context": {"id": "%026d", "parent_id": null, "user_id": null}}`,
			i, i, i, strings.Repeat("some long attribute ", 20), i)
	}
	return b.String() + "]"
}

func settings(server *httptest.Server) plugintest.Settings {
	return plugintest.Settings{"url": server.URL, "token": token}
}

func TestATokenThatIsWithdrawnIsSentOnce(t *testing.T) {
	t.Parallel()
	p := homeassistant.Plugin()
	h, server := newHome(t, 3)
	clock := plugintest.NewClock()
	c := clock.Open(t, p, settings(server).JSON(t))
	plugintest.CollectAll(t, p, c)
	h.Change(func() { h.refusing = http.StatusUnauthorized })
	for range 3 {
		_, err := plugintest.Attempt(t, p, c, 20*time.Second)
		plugintest.WantFault(t, err, fault.Auth, "the token is not taken", "it is tried again at 12:15 UTC")
	}
	h.Change(func() {
		if h.refused != 1 {
			t.Errorf("the token was sent %d times after it was refused", h.refused)
		}
		h.refusing = 0
	})
	clock.Move(16 * time.Minute)
	plugintest.CollectAll(t, p, c)
}

func TestARestartIsToldAndPasses(t *testing.T) {
	t.Parallel()
	p := homeassistant.Plugin()
	h, server := newHome(t, 3)
	c := plugintest.Live(t, p, settings(server).JSON(t))
	plugintest.CollectAll(t, p, c)
	for status, want := range map[int]struct {
		kind       fault.Kind
		text, hint string
	}{
		http.StatusBadGateway: {fault.Unreachable, "502", "it is starting"},
		http.StatusForbidden:  {fault.Permission, "shut out", "ip_bans.yaml"},
		http.StatusBadRequest: {fault.Config, "the proxy in between is not trusted", "trusted_proxies"},
	} {
		h.Change(func() { h.refusing = status })
		_, err := plugintest.Attempt(t, p, c, 20*time.Second)
		plugintest.WantFault(t, err, want.kind, want.text, want.hint)
	}
	h.Change(func() {
		h.refusing = 0
		h.answers["GET /api/config"] = `{"state": "STARTING", "version": "2026.3.0"}`
	})
	batch := plugintest.CollectAll(t, p, c)
	if events := batch.Events(); len(events) != 1 || events[0].Title != "Home Assistant went from 2026.2.1 to 2026.3.0" {
		t.Errorf("events: %+v", events)
	}
	if values := plugintest.Values(batch); values[`homeassistant_state{state="starting"}`] != 1 {
		t.Errorf("it does not start: %v", values)
	}
}

func TestWithoutAnAdministratorTheRestIsThere(t *testing.T) {
	t.Parallel()
	p := homeassistant.Plugin()
	h, server := newHome(t, 3)
	h.answers["ws system_log/list"], h.answers["ws backup/info"] = "error unauthorized", "error unauthorized"
	delete(h.answers, "ws repairs/list_issues") // unknown_command, as before 2022.8
	c := plugintest.Live(t, p, settings(server).JSON(t))
	for range 2 { // the second run does not ask for them, and names them all the same
		batch := plugintest.CollectAll(t, p, c)
		for _, want := range []string{"the log: the token of an administrator is needed", "backups: the token of an administrator is needed"} {
			if !bytes.Contains(batch.Snapshot(), []byte(want)) {
				t.Errorf("not named: %s in %s", want, batch.Snapshot())
			}
		}
		if values := plugintest.Values(batch); values["homeassistant_recorder_migration"] != 0 || len(values) < 20 {
			t.Errorf("the rest is not there: %v", values)
		}
	}
}

func TestAnAddOnIsKnownWhileTheSupervisorDoesNotAnswer(t *testing.T) {
	t.Parallel()
	p := homeassistant.Plugin()
	h, server := newHome(t, 3)
	const question = "ws supervisor/api /available_updates"
	h.answers["GET /api/states"] = `[{"entity_id": "update.samba", "state": "on", "attributes": {"title": "Samba share", "latest_version": "12.5.2"}}]`
	h.answers[question] = `{"available_updates": [{"update_type": "os", "version_latest": "12.5.2"}, {"update_type": "addon", "name": "Samba share", "version_latest": "12.5.2"}]}`
	c := plugintest.Live(t, p, settings(server).JSON(t))
	for range 3 { // it is away in the second run, and left alone in the third
		values := plugintest.Values(plugintest.CollectAll(t, p, c))
		if values[`homeassistant_updates_available{kind="addon"}`] != 1 || values[`homeassistant_updates_available{kind="other"}`] != 0 {
			t.Errorf("updates: %v", values)
		}
		h.Change(func() { h.answers[question] = "error unknown_error" })
	}
}

func TestAWebSocketThatEndsLeavesTheRest(t *testing.T) {
	t.Parallel()
	p := homeassistant.Plugin()
	h, server := newHome(t, 3)
	c := plugintest.Live(t, p, settings(server).JSON(t))
	h.Change(func() { h.answers["ws"] = "status 400" })
	batch := plugintest.Collect(t, p, c)
	if problems := batch.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Error(), "no WebSocket is let through") {
		t.Errorf("problems: %v", problems)
	}
	if values := plugintest.Values(batch); values[`homeassistant_entities{domain="sensor"}`] != 3 {
		t.Errorf("the rest is not there: %v", values)
	}
	h.Change(func() { h.answers["ws"] = "" })
	values := plugintest.Values(plugintest.CollectAll(t, p, c))
	if values["homeassistant_backup_last_success_timestamp_seconds"] != 1772253912 {
		t.Errorf("backups: %v", values)
	}
}

func TestThousandsOfEntitiesAreCounted(t *testing.T) {
	t.Parallel()
	p := homeassistant.Plugin()
	_, server := newHome(t, 5000)
	values := plugintest.Values(plugintest.CollectAll(t, p, plugintest.Live(t, p, settings(server).JSON(t))))
	if n := values[`homeassistant_entities{domain="sensor"}`]; n != 5000 {
		t.Errorf("%v entities are seen", n)
	}
}

// BenchmarkCollect is one run on a stand-in with 1,000 entities.
func BenchmarkCollect(b *testing.B) {
	p := homeassistant.Plugin()
	_, server := newHome(b, 1000)
	plugintest.Benchmark(b, p, plugintest.Live(b, p, settings(server).JSON(b)))
}
