package downloadmanager_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/downloadmanager"
)

const apiKey = "0123456789abcdef0123456789abcdef"

// serveSABnzbd answers as SABnzbd does, with so many jobs: a key is wanted for all
// but the version, only GET and known modes are answered, and numbers are texts.
func serveSABnzbd(t testing.TB, jobs int) string {
	t.Helper()
	var slots strings.Builder
	for i := range jobs {
		if i > 0 {
			slots.WriteByte(',')
		}
		fmt.Fprintf(&slots, `{"nzo_id":"SABnzbd_nzo_%d","filename":"job %d","status":"Queued","cat":"*","mb":"1,000.00","mbleft":"500.00","percentage":"50","timeleft":"0:00:00"}`, i, i)
	}
	answers := map[string]string{
		"queue": `{"queue":{"version":"4.5.1","status":"Idle","paused":false,"kbpersec":"1024.00","mbleft":"` + fmt.Sprintf("%d.00", jobs*500) +
			`","diskspace1":"10.00","diskspacetotal1":"20.00","diskspace2":"10.00","diskspacetotal2":"20.00","speedlimit_abs":"","slots":[` + slots.String() + `]}}`,
		"history":      `{"history":{"slots":[]}}`,
		"server_stats": `{"total":1000,"servers":{}}`,
		"status":       `{"status":{"servers":[]}}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		answer, known := answers[query.Get("mode")]
		switch {
		case r.Method != http.MethodGet || r.URL.Path != "/sabnzbd/api":
			http.NotFound(w, r)
		case query.Get("output") == "json" && query.Get("mode") == "version":
			fmt.Fprint(w, `{"version": "4.5.1"}`)
		case query.Get("apikey") == "":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "API Key Required")
		case query.Get("apikey") != apiKey:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "API Key Incorrect")
		case !known || query.Get("output") != "json":
			fmt.Fprint(w, `{"status": false, "error": "not implemented"}`)
		default:
			fmt.Fprint(w, answer)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/sabnzbd"
}

func openSABnzbd(t testing.TB, url, key string) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, downloadmanager.Plugin(), plugintest.Settings{"url": url, "token": key}.JSON(t))
}

func TestSABnzbdIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	url := serveSABnzbd(t, 1000)
	values := plugintest.Values(plugintest.CollectAll(t, downloadmanager.Plugin(), openSABnzbd(t, url, apiKey)))
	const mebi, gibi = 1 << 20, 1 << 30
	for key, want := range map[string]float64{
		items("sabnzbd", "queued"):                                                 1000,
		`download_manager_remaining_bytes{client="sabnzbd"}`:                       1000 * 500 * mebi,
		`download_manager_download_rate_bytes_per_second{client="sabnzbd"}`:        mebi,
		`download_manager_free_space_bytes{client="sabnzbd",path_role="complete"}`: 10 * gibi,
		`download_manager_downloaded_bytes_total{client="sabnzbd"}`:                1000,
		`download_manager_queue_eta_seconds{client="sabnzbd"}`:                     500_000,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	plugintest.WantFault(t, attempt(t, openSABnzbd(t, url, "")), fault.Auth, "SABnzbd wants an API key", "not the NZB key")
	wrong := openSABnzbd(t, url, "fedcba9876543210")
	plugintest.WantFault(t, attempt(t, wrong), fault.Auth, "does not know the API key", "NZB key is not enough")
	plugintest.WantFault(t, attempt(t, wrong), fault.Auth, "not logging in again before", "NZB key is not enough")
	plugintest.WantFault(t, attempt(t, openSABnzbd(t, strings.TrimSuffix(url, "/sabnzbd"), apiKey)), fault.WrongService, "no download manager that is known", "check address and path")
}

// BenchmarkCollectSABnzbd is one run on a fake with a thousand jobs.
func BenchmarkCollectSABnzbd(b *testing.B) {
	plugintest.Benchmark(b, downloadmanager.Plugin(), openSABnzbd(b, serveSABnzbd(b, 1000), apiKey))
}
