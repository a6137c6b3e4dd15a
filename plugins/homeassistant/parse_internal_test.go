package homeassistant

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/plugintest"
)

// FuzzStates wants whatever is told of entities and integrations, and over the
// WebSocket, to be read or refused.
func FuzzStates(f *testing.F) {
	for _, seed := range []string{
		`[{"entity_id": "sensor.a", "state": 7, "attributes": {"device_class": "battery"}, "last_changed": 3}]`,
		`[{"entity_id": "sensor.b", "state": "4", "attributes": {"device_class": "battery", "unit_of_measurement": "%"}}, {"entity_id": "sensor.b", "state": "5"}]`,
		`[{"entity_id": "update.x", "state": "on", "attributes": []}]`,
		`[{"entity_id": "update.core", "state": "on", "attributes": {"title": "Home Assistant Core", "installed_version": "2026.1", "latest_version": 2026.2}}]`,
		`[{"entity_id": "light.l", "state": "unavailable", "attributes": {"restored": true}, "last_changed": "2026-02-01T10:00:00+00:00"}]`,
		`[{"entity_id": "sensor.backup_last_successful_automatic_backup", "state": "2026-02-28T04:45:12+00:00"}, {"entity_id": "automation.a", "state": "on"}]`,
		`[{"domain": "hue", "title": "Bridge", "state": "setup_error", "reason": null}, {"domain": "mqtt", "state": "new word"}]`,
		`{"issues": [{"domain": "d", "issue_id": "i", "severity": 1, "created": "x"}, null]}`,
		`{"issues": [{"domain": "d", "issue_id": "i", "severity": "critical", "breaks_in_ha_version": 2026.4}]}`,
		`[{"message": {}, "count": -1, "timestamp": 1e300, "level": null}]`, `[{"message": ["a", 2], "name": "n", "count": 3, "timestamp": 1772253912.5, "level": "ERROR"}]`,
		`{"backlog": "7", "migration_in_progress": 0}`, `{"backups": [{"date": "2026-02-28T04:45:12+00:00"}, {"date": 3}], "state": "idle"}`,
		`{"version": "2026.2.1", "state": "RUNNING", "components": ["hassio"], "safe_mode": "no"}`,
		`{"id": 2, "type": "result", "success": false, "error": {"code": 7, "message": []}}`,
	} {
		f.Add(seed)
	}
	p, settings := Plugin(), defaults()
	host := plugintest.LiveHost(f, p)
	settings.Export = plugin.Globs{"*"}
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	before, err := json.Marshal(seen{Version: "2026.1", Broken: []string{"Bridge (hue)"}, Repairs: []string{"d i"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := host.State.Set(keySeen, before); err != nil {
			t.Fatal(err)
		}
		c := &collector{config: settings, host: host}
		s := &sight{now: now, entities: newEntities()}
		s.known = fetch.Stream{Lists: fetch.Lists{"": fetch.Each(s.addEntry)}}.Read(strings.NewReader(text)) == nil
		_ = fetch.Stream{Lists: fetch.Lists{"": fetch.Each(func(one entity) { s.entities.add(one, settings, now) })}}.Read(strings.NewReader(text))
		s.entities.sort()
		_ = json.Unmarshal([]byte(text), &s.settings)
		_ = json.Unmarshal([]byte(text), &s.core)
		var wrapped answer
		_ = json.Unmarshal([]byte(text), &wrapped)
		out := plugin.NewBatch(p)
		for _, one := range c.commands(s) {
			for _, said := range []answer{{Success: true, Result: json.RawMessage(text)}, wrapped} {
				if c.part(s, one.name, func() error { return said.read(one) }) {
					one.done()
				}
			}
		}
		for _, problem := range s.problems {
			out.Problem(problem)
		}
		c.emit(s, out)
		out.Problem(c.tell(s, out))
		out.SetSnapshot(c.document(s))
		for _, problem := range out.Problems() {
			if fault.Of(problem) == fault.Internal {
				t.Errorf("%q: %v", text, problem)
			}
		}
	})
}
