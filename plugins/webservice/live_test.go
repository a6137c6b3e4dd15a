package webservice_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/webservice"
)

// settings is a config in the making.
type settings = plugintest.Settings

// finding is what a check found: its samples and its snapshot.
type finding struct {
	values                           map[string]float64
	State, Reason, Message, Hint, IP string
	StatusCode                       int    `json:"status_code"`
	FinalURL                         string `json:"final_url"`
	Truncated                        bool
	Attempts                         int
	TLSVersion                       string `json:"tls_version"`
	Certificates                     []struct {
		Subject, Issuer string
		Names           []string
		NotAfter        time.Time `json:"not_after"`
	}
	Assertions []struct {
		Name, Detail string
		OK           bool
	}
}

// check checks an endpoint once, without a second attempt unless the settings
// ask for one.
func check(t *testing.T, s settings) finding {
	t.Helper()
	found, _ := checkWith(t, collector(t, s))
	return found
}

func collector(t *testing.T, s settings) plugin.Collector {
	t.Helper()
	if _, given := s["retries"]; !given {
		s["retries"] = 0
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return plugintest.Live(t, webservice.Plugin(), string(raw))
}

func checkWith(t *testing.T, c plugin.Collector) (finding, *plugin.Batch) {
	t.Helper()
	batch := plugintest.Collect(t, webservice.Plugin(), c)
	if problems := batch.Problems(); len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	found := finding{values: plugintest.Values(batch)}
	if err := json.Unmarshal(batch.Snapshot(), &found); err != nil {
		t.Fatal(err)
	}
	return found, batch
}

// expect fails unless the endpoint is in the state, for the reason.
func (f finding) expect(t *testing.T, state, reason, message string) {
	t.Helper()
	if f.State != state || f.Reason != reason || !strings.Contains(f.Message, message) {
		t.Errorf("%s, %s: %s; want %s, %s: %s", f.State, f.Reason, f.Message, state, reason, message)
	}
}

// verdict returns what was said of an expectation.
func (f finding) verdict(name string) (detail string, ok, there bool) {
	for _, a := range f.Assertions {
		if a.Name == name {
			return a.Detail, a.OK, true
		}
	}
	return "", false, false
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}
