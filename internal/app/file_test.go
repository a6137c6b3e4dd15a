package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/api"
)

const fileOfTwo = `sources:
  - id: wall
    plugin: clock-monitor
    interval: 1h
    config: {step: 3, token: "env:CLOCK_TOKEN"}
  - id: tower
    plugin: clock
    enabled: false
    config: {token: geheim}
`

func TestTheSettingsFileAndWhatIsStoredAreKeptTogether(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := filepath.Join(data, "unity.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(fileOfTwo)
	s := startWith(t, data, file)
	for _, test := range []scenario{
		{name: "what the file says is watched", method: "GET", path: "/api/v1/sources/wall", status: 200, contains: []string{`"origin":"file"`, `"interval_seconds":3600`, `"step":3`}},
		{name: "both agree", method: "GET", path: "/api/v1/config/difference", status: 200, contains: []string{`"items":[]`, `"auto":true`}},
		{name: "an export has no secret", method: "GET", path: "/api/v1/sources/export?id=wall&id=tower", status: 200, contains: []string{"id: wall", "env:CLOCK_TOKEN", "'********'", "enabled: false"}, lacks: []string{"geheim"}},
		{name: "an export of nothing", method: "GET", path: "/api/v1/sources/export?id=none", status: 404},
		{name: "an import of nonsense", method: "POST", path: "/api/v1/sources/import", body: "sources: {", header: []string{"Content-Type", "application/yaml"}, status: 422, contains: []string{`"hint":"check the indentation`}},
		{name: "a trial of an import", method: "POST", path: "/api/v1/sources/import?trial=true", body: "sources:\n- {id: x, plugin: clock}\n- {id: y, plugin: none}\n", header: []string{"Content-Type", "application/yaml"}, status: 200, contains: []string{`{"id":"x","action":"created"}`, `"id":"y","action":"refused"`}},
		{name: "applying what does not differ", method: "POST", path: "/api/v1/config/apply", body: `{"ids":["none"]}`, status: 404},
	} {
		test.run(t, s)
		if t.Failed() {
			t.Fatal(test.name)
		}
	}

	s.must(t, http.MethodPut, "/api/v1/sources/wall", `{"name":"Wall"}`, nil)
	var difference api.ConfigDifference
	s.must(t, http.MethodGet, "/api/v1/config/difference", "", &difference)
	if len(difference.Items) != 1 || difference.Items[0].Side != "stored" || difference.Items[0].Changes[0].Path != "$.name" {
		t.Errorf("after a change there the difference is %+v", difference)
	}
	var written api.ConfigResult
	s.must(t, http.MethodPost, "/api/v1/config/write", `{}`, &written)
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "name: Wall") || len(written.Items) != 1 {
		t.Errorf("%v, written %+v:\n%s", err, written, text)
	}

	// While Unity is away both sides can be changed, too.
	s.stop()
	put(strings.Replace(string(text), "step: 3", "step: 0", 1))
	s = startWith(t, data, file)
	_, ready := s.call(t, http.MethodGet, "/ready", "")
	if !strings.Contains(ready, "ready\n") || !strings.Contains(ready, "unity.yaml is not used as it is") {
		t.Errorf("a wrong file gives %q", ready)
	}
	if _, text := s.call(t, http.MethodGet, "/api/v1/events?kind=config_refused", ""); !strings.Contains(text, "config.step") {
		t.Errorf("events %s", text)
	}
	if _, text := s.call(t, http.MethodGet, "/api/v1/sources/wall", ""); !strings.Contains(text, `"step":3`) {
		t.Errorf("a wrong file changed the source to %s", text)
	}
}
