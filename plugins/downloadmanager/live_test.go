package downloadmanager_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/downloadmanager"
)

func until(t testing.TB, c plugin.Collector, what string, right func(map[string]float64) bool) (map[string]float64, []plugin.Event) {
	t.Helper()
	return plugintest.Until(t, downloadmanager.Plugin(), c, what, right)
}

func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, downloadmanager.Plugin(), c, 20*time.Second)
	return err
}

// items is the key of the downloads in a state.
func items(client, state string) string {
	return `download_manager_items{client="` + client + `",state="` + state + `"}`
}

// wantEvents wants these among the events: kind, severity and title, once each.
func wantEvents(t *testing.T, events []plugin.Event, wanted ...string) {
	t.Helper()
	told := make(map[string]int)
	for _, e := range events {
		told[e.Kind+" "+string(e.Severity)+" "+e.Title]++
	}
	for _, want := range wanted {
		if told[want] != 1 {
			t.Errorf("%q was told %d times of %v", want, told[want], told)
		}
	}
}

// same compares values with what the peer says of them.
func same(t *testing.T, values map[string]float64, says map[string]any) {
	t.Helper()
	for key, said := range says {
		want, known := said.(float64)
		if got, there := values[key]; !known || !there || got != want {
			t.Errorf("%s is %v (%v), the peer says %v", key, got, there, said)
		}
	}
}

func (p *peer) decode(text string) (value map[string]any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		p.t.Fatalf("%v: %s", err, text)
	}
	return value
}

// addTo adds a torrent to a qBittorrent that is logged in to.
func (p *peer) addTo(file []byte, fields ...string) {
	p.t.Helper()
	const edge = "only-for-tests"
	var body bytes.Buffer
	for i := 0; i+1 < len(fields); i += 2 {
		fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", edge, fields[i], fields[i+1])
	}
	fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"torrents\"; filename=\"one.torrent\"\r\nContent-Type: application/x-bittorrent\r\n\r\n%s\r\n--%s--\r\n", edge, file, edge)
	p.send(http.MethodPost, "/api/v2/torrents/add", "multipart/form-data; boundary="+edge, body.Bytes(), "Referer", p.URL())
}

func TestQBittorrentIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	p := startQBittorrent(t, nil)
	c := p.collector(nil)
	values := plugintest.Values(plugintest.CollectAll(t, downloadmanager.Plugin(), c))
	for _, state := range []string{"downloading", "error", "completed"} {
		if n, there := values[items("qbittorrent", state)]; !there || n != 0 {
			t.Errorf("%s: %v (%v) of an empty list", state, n, there)
		}
	}
	p.form("/api/v2/auth/login", url.Values{"username": {"admin"}, "password": {"adminadmin"}})
	p.form("/api/v2/transfer/setDownloadLimit", url.Values{"limit": {"1048576"}})
	have := t.TempDir()
	p.addTo(torrent(t, have, "have", ""), "savepath", have, "category", "films")
	p.addTo(torrent(t, "", "want", "http://127.0.0.1:9/announce"), "savepath", t.TempDir())
	values, events := until(t, c, "one is complete and one waits", func(v map[string]float64) bool {
		return v[items("qbittorrent", "seeding")] == 1 && v[items("qbittorrent", "stalled")] == 1
	})
	wantEvents(t, events, "download_added info want was added")
	main := p.decode(p.send(http.MethodGet, "/api/v2/sync/maindata?rid=0", "", nil))
	state, _ := main["server_state"].(map[string]any)
	const by = `{client="qbittorrent"}`
	same(t, values, map[string]any{
		"download_manager_download_rate_bytes_per_second" + by:                                    state["dl_info_speed"],
		"download_manager_upload_rate_bytes_per_second" + by:                                      state["up_info_speed"],
		"download_manager_downloaded_bytes_total" + by:                                            state["alltime_dl"], //nolint:misspell // its name
		"download_manager_uploaded_bytes_total" + by:                                              state["alltime_ul"], //nolint:misspell // its name
		"download_manager_peers" + by:                                                             state["total_peer_connections"],
		"download_manager_dht_nodes" + by:                                                         state["dht_nodes"],
		`download_manager_rate_limit_bytes_per_second{client="qbittorrent",direction="download"}`: state["dl_rate_limit"],
		`download_manager_items_by_category{category="films",client="qbittorrent"}`:               1.0,
		"download_manager_remaining_bytes" + by:                                                   float64(2000 * len("want")),
	})
	p.form("/api/v2/torrents/delete", url.Values{"hashes": {"all"}, "deleteFiles": {"false"}})
	until(t, c, "all are gone", func(v map[string]float64) bool {
		return v[items("qbittorrent", "seeding")]+v[items("qbittorrent", "stalled")] == 0
	})
}

func TestOneWrongLoginNeverBecomesABan(t *testing.T) {
	t.Parallel()
	p := startQBittorrent(t, nil)
	wrong := p.collector(plugintest.Settings{"password": "not the right one"})
	plugintest.WantFault(t, attempt(t, wrong), fault.Auth, "does not know the user", "check user and password")
	for range 20 { // qBittorrent bans at the fifth
		plugintest.WantFault(t, attempt(t, wrong), fault.Auth, "not logging in again before", "check user and password")
	}
	plugintest.CollectAll(t, downloadmanager.Plugin(), p.collector(nil))

	// Somebody else does it nevertheless: it is called what it is, and not made worse.
	p.client.Jar = nil
	for range 5 {
		p.attemptLogin()
	}
	right := p.collector(nil)
	plugintest.WantFault(t, attempt(t, right), fault.RateLimited, "this address is banned", "restart qBittorrent")
	plugintest.WantFault(t, attempt(t, right), fault.RateLimited, "not logging in again before", "")
	plugintest.WantFault(t, attempt(t, p.collector(plugintest.Settings{"username": "", "password": ""})), fault.Auth, "wants a login", "whitelisted IP subnets")
}

// attemptLogin logs in wrongly.
func (p *peer) attemptLogin() {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.URL()+"/api/v2/auth/login", strings.NewReader("username=admin&password=wrong"))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = answer.Body.Close()
}

func TestAPasswordThatIsChanged(t *testing.T) {
	t.Parallel()
	p := startQBittorrent(t, nil)
	c := p.collector(nil)
	plugintest.CollectAll(t, downloadmanager.Plugin(), c)
	p.form("/api/v2/auth/login", url.Values{"username": {"admin"}, "password": {"adminadmin"}})
	p.form("/api/v2/app/setPreferences", url.Values{"json": {`{"web_ui_password": "` + password + `"}`}})
	if err := p.Stop(); err != nil { // sessions that there are outlive the change
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	plugintest.WantFault(t, attempt(t, c), fault.Auth, "does not know the user", "check user and password")
	plugintest.CollectAll(t, downloadmanager.Plugin(), p.collector(plugintest.Settings{"password": password}))
}

func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	p := startQBittorrent(t, plugintest.Settings{"client": "qbittorrent"})
	plugintest.ComeAndGo(t, downloadmanager.Plugin(), p, "GET "+p.URL()+"/api/v2/sync/maindata: connection refused", func(timeout string) plugin.Collector {
		return p.collector(plugintest.Settings{"timeout": timeout})
	})
}

// transmissionCall asks Transmission without Unity.
func (p *peer) transmissionCall(method string, arguments map[string]any) map[string]any {
	p.t.Helper()
	question, err := json.Marshal(map[string]any{"method": method, "arguments": arguments})
	if err != nil {
		p.t.Fatal(err)
	}
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte("unity:"+password))
	session := p.send(http.MethodGet, "/transmission/rpc", "", nil, "Authorization", login)
	answer := p.decode(p.send(http.MethodPost, "/transmission/rpc", "application/json", question, "Authorization", login, "X-Transmission-Session-Id", session))
	if answer["result"] != "success" {
		p.t.Fatalf("%s: %v", method, answer)
	}
	said, _ := answer["arguments"].(map[string]any)
	return said
}

func TestTransmissionIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	p := startTransmission(t)
	c := p.collector(nil)
	plugintest.CollectAll(t, downloadmanager.Plugin(), c)
	add := func(file []byte, more map[string]any) {
		more["metainfo"] = base64.StdEncoding.EncodeToString(file)
		p.transmissionCall("torrent-add", more)
	}
	add(torrent(t, p.Folder(), "have", ""), map[string]any{})
	add(torrent(t, "", "want", "http://127.0.0.1:9/announce"), map[string]any{})
	add(torrent(t, "", "later", ""), map[string]any{"paused": true})
	values, events := until(t, c, "one is complete, one waits and one is paused", func(v map[string]float64) bool {
		return v[items("transmission", "seeding")] == 1 && v[items("transmission", "stalled")] == 1 && v[items("transmission", "paused")] == 1
	})
	wantEvents(t, events, "download_added info want was added", "download_added info later was added")
	stats := p.transmissionCall("session-stats", nil)
	total, _ := stats["cumulative-stats"].(map[string]any)
	const by = `{client="transmission"}`
	same(t, values, map[string]any{
		"download_manager_download_rate_bytes_per_second" + by:                                     stats["downloadSpeed"],
		"download_manager_upload_rate_bytes_per_second" + by:                                       stats["uploadSpeed"],
		"download_manager_downloaded_bytes_total" + by:                                             total["downloadedBytes"],
		"download_manager_uploaded_bytes_total" + by:                                               total["uploadedBytes"],
		"download_manager_remaining_bytes" + by:                                                    float64(2000 * (len("want") + len("later"))),
		`download_manager_rate_limit_bytes_per_second{client="transmission",direction="download"}`: 250_000.0,
	})
	space := p.transmissionCall("free-space", map[string]any{"path": p.Folder()})
	free, _ := space["size-bytes"].(float64)
	if got := values[`download_manager_free_space_bytes{client="transmission",path_role="download"}`]; got < free-1<<30 || got > free+1<<30 {
		t.Errorf("free are %v, Transmission says %v", got, free)
	}
	plugintest.WantFault(t, attempt(t, p.collector(plugintest.Settings{"password": "wrong"})), fault.Auth, "Transmission does not know the user", "check user and password")
	plugintest.WantFault(t, attempt(t, p.collector(plugintest.Settings{"username": "", "password": ""})), fault.Auth, "Transmission wants a login", "set user and password")
}

// delugeCall asks the web interface of Deluge without Unity.
func (p *peer) delugeCall(method string, params ...any) any {
	p.t.Helper()
	question, err := json.Marshal(map[string]any{"method": method, "params": slices.Concat([]any{}, params), "id": 1})
	if err != nil {
		p.t.Fatal(err)
	}
	answer := p.decode(p.send(http.MethodPost, "/json", "application/json", question))
	if answer["error"] != nil {
		p.t.Fatalf("%s: %v", method, answer["error"])
	}
	return answer["result"]
}

func TestDelugeIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	p := startDeluge(t)
	c := p.collector(nil)
	plugintest.WantFault(t, attempt(t, p.collector(plugintest.Settings{"password": "wrong"})), fault.Auth, "does not know the password", "there is no user")
	plugintest.WantFault(t, attempt(t, p.collector(plugintest.Settings{"deluge_auto_connect": false})), fault.Unreachable, "is connected to no daemon", "Connection Manager")
	until(t, c, "the web interface is connected", func(v map[string]float64) bool { _, there := v[items("deluge", "seeding")]; return there })
	p.delugeCall("auth.login", "deluge")
	add := func(name string, file []byte, options map[string]any) {
		p.delugeCall("core.add_torrent_file", name, base64.StdEncoding.EncodeToString(file), options)
	}
	add("have", torrent(t, p.Folder(), "have", ""), map[string]any{})
	add("later", torrent(t, "", "later", ""), map[string]any{"add_paused": true})
	values, events := until(t, c, "one is complete and one is paused", func(v map[string]float64) bool {
		return v[items("deluge", "seeding")] == 1 && v[items("deluge", "paused")] == 1
	})
	wantEvents(t, events, "download_added info later was added")
	ui, _ := p.delugeCall("web.update_ui", []string{"name"}, map[string]any{}).(map[string]any)
	stats, _ := ui["stats"].(map[string]any)
	const by = `{client="deluge"}`
	same(t, values, map[string]any{
		"download_manager_peers" + by:           stats["num_connections"],
		"download_manager_dht_nodes" + by:       stats["dht_nodes"],
		"download_manager_remaining_bytes" + by: float64(2000 * len("later")),
	})
}

func TestNZBGetIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	p := startNZBGet(t)
	c := p.collector(nil)
	plugintest.CollectAll(t, downloadmanager.Plugin(), c)
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:another"))
	ask := func(method string, params ...any) any {
		t.Helper()
		question, err := json.Marshal(map[string]any{"method": method, "params": slices.Concat([]any{}, params)})
		if err != nil {
			t.Fatal(err)
		}
		return p.decode(p.send(http.MethodPost, "/jsonrpc", "application/json", question, "Authorization", login))["result"]
	}
	ask("pausedownload")
	ask("append", "film.nzb", base64.StdEncoding.EncodeToString([]byte(nzb)), "films", 0, false, true, "", 0, "SCORE", []any{})
	values, events := until(t, c, "a paused job is there", func(v map[string]float64) bool { return v[items("nzbget", "paused")] == 1 })
	wantEvents(t, events, "download_added info film was added")
	status, _ := ask("status").(map[string]any)
	const by = `{client="nzbget"}`
	same(t, values, map[string]any{
		"download_manager_remaining_bytes" + by:                                  status["RemainingSizeLo"],
		"download_manager_download_rate_bytes_per_second" + by:                   status["DownloadRate"],
		"download_manager_paused" + by:                                           1.0,
		"download_manager_post_queue" + by:                                       status["PostJobCount"],
		`download_manager_items_by_category{category="films",client="nzbget"}`:   1.0,
		`download_manager_jobs_finished_total{client="nzbget",result="success"}`: 0.0,
	})
	plugintest.WantFault(t, attempt(t, p.collector(plugintest.Settings{"password": "wrong"})), fault.Auth, "NZBGet does not know the user", "check user and password")
}

const nzb = `<?xml version="1.0"?><!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" "http://www.newzbin.com/DTD/nzb/nzb-1.1.dtd">
<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb"><file poster="a@b.example" date="1770000000" subject="&quot;film.bin&quot; yEnc (1/1)">
<groups><group>alt.binaries.test</group></groups><segments><segment bytes="500000" number="1">one@b.example</segment></segments></file></nzb>`

// BenchmarkCollect is one run on a thousand torrents of which nothing changes: of a
// real qBittorrent, which goes through all of them whenever it is asked, and of a
// stand-in that answers at once, which leaves Unity's own part.
func BenchmarkCollect(b *testing.B) {
	b.Run("qBittorrent", func(b *testing.B) {
		p := startQBittorrent(b, nil)
		p.form("/api/v2/auth/login", url.Values{"username": {"admin"}, "password": {"adminadmin"}})
		for i := range 1000 {
			p.addTo(torrent(b, "", fmt.Sprintf("torrent %d%s", i, strings.Repeat("x", 40)), ""), "paused", "true")
		}
		c := p.collector(nil)
		until(b, c, "all are there", func(v map[string]float64) bool {
			return v[items("qbittorrent", "paused")] == 1000
		})
		plugintest.BenchmarkRested(b, downloadmanager.Plugin(), c, time.Second)
	})
	b.Run("without_the_time_of_qBittorrent", func(b *testing.B) {
		var all strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&all, `,"%040x": {"name": "torrent %d%s", "state": "pausedDL", "category": "", "tracker": "", "progress": 0, "size": 8000, "amount_left": 8000, "dlspeed": 0, "upspeed": 0, "eta": 8640000, "ratio": 0, "added_on": 1772366400, "completion_on": -1, "last_activity": 1772366400}`,
				i, i, strings.Repeat("x", 40))
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/api/v2/app/version":
				_, _ = io.WriteString(w, "v4.5.2")
			case r.URL.Query().Get("rid") == "0":
				_, _ = fmt.Fprintf(w, `{"rid": 1, "full_update": true, "server_state": {"dl_info_speed": 0}, "torrents": {%s}}`, all.String()[1:])
			default:
				_, _ = io.WriteString(w, `{"rid": 2}`)
			}
		}))
		b.Cleanup(server.Close)
		settings := plugintest.Settings{"url": server.URL, "client": "qbittorrent"}
		plugintest.Benchmark(b, downloadmanager.Plugin(), plugintest.Live(b, downloadmanager.Plugin(), settings.JSON(b)))
	})
}
