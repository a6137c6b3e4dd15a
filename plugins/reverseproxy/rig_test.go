package reverseproxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
	"github.com/unity-homelab/unity/test/servers"
)

type settings = plugintest.Settings

func open(tb testing.TB, config settings) plugin.Collector {
	tb.Helper()
	return plugintest.Live(tb, reverseproxy.Plugin(), config.JSON(tb))
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, reverseproxy.Plugin(), c))
}

// until collects until the values are as wanted: checks of a proxy run in their
// own time.
func until(t *testing.T, c plugin.Collector, what string, right func(values map[string]float64) bool) {
	t.Helper()
	plugintest.Until(t, reverseproxy.Plugin(), c, what, right)
}

// refuse collects once and wants it to go wrong.
func refuse(t *testing.T, config settings, kind fault.Kind, text, hint string) {
	t.Helper()
	_, err := plugintest.Attempt(t, reverseproxy.Plugin(), open(t, config), time.Minute)
	plugintest.WantFault(t, err, kind, text, hint)
}

// wantValues compares values with what is wanted of them.
func wantValues(t *testing.T, values, want map[string]float64) {
	t.Helper()
	for key, value := range want {
		if got, there := values[key]; !there || got != value {
			t.Errorf("%s is %v (%v), want %v", key, got, there, value)
		}
	}
}

// app is a service behind a proxy. /fail ends in an error.
func app(t testing.TB) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fail" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, "hello from "+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// closed is an address at which nobody listens.
func closed(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(servers.Port(t))
}

// visit sends requests as a visitor does.
func visit(t testing.TB, url string, times int) {
	t.Helper()
	for i := range times {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatalf("visit %s of %s: %v", strconv.Itoa(i), url, err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}
