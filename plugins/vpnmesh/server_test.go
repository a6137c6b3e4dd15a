package vpnmesh_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpnmesh"
)

const network = "8056c2e21c000001"

// vendor is what makes the interface of one vendor its own.
type vendor struct {
	kind         string
	header, form string            // how the token is sent
	refusal      string            // what is said without it
	open         map[string]string // answered to everybody
	peers        func(n int) map[string]string
}

func vendors() []vendor {
	machine := func(i int) string {
		return fmt.Sprintf(`{"id": "%d", "ipAddresses": ["100.64.0.%d"], "name": "m%d", "givenName": "m%d", "user": {"name": "ann"}, "online": true,
			"lastSeen": "2026-03-01T11:59:00Z", "expiry": "0001-01-01T00:00:00Z", "availableRoutes": [], "approvedRoutes": [], "tags": []}`, i, i, i, i)
	}
	device := func(i int) string {
		return fmt.Sprintf(`{"nodeId": "n%dCNTRL", "name": "m%d.tail.ts.net", "addresses": ["100.64.0.%d"], "connectedToControl": true, "authorized": true, "keyExpiryDisabled": true}`, i, i, i)
	}
	leaf := func(i int) string {
		return fmt.Sprintf(`{"address": "%010x", "version": "1.14.1", "latency": 5, "role": "LEAF", "paths": [{"address": "192.168.1.%d/9993", "active": true, "preferred": true, "lastReceive": 1772366399000}]}`, i, i)
	}
	member := func(i int) string {
		return fmt.Sprintf(`{"nodeId": "%010x", "name": "m%d", "lastSeen": %d, "config": {"authorized": true, "ipAssignments": ["10.0.0.%d"]}}`, i, i, time.Now().UnixMilli(), i)
	}
	netbird := func(i int) string {
		return fmt.Sprintf(`{"id": "p%d", "name": "m%d", "ip": "100.92.0.%d", "connected": true, "last_seen": "2026-03-01T11:59:00Z"}`, i, i, i)
	}
	list := func(n int, one func(int) string) string {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = one(i + 1)
		}
		return "[" + strings.Join(rows, ",") + "]"
	}
	return []vendor{
		{
			"headscale", "Authorization", "Bearer ", "Unauthorized",
			map[string]string{"/health": `{"status":"pass"}`, "/version": `{"version": "v0.28.0"}`},
			func(n int) map[string]string {
				return map[string]string{"/api/v1/node": `{"nodes": ` + list(n, machine) + `}`}
			},
		},
		{
			"tailscale_api", "Authorization", "Bearer ", `{"message":"API token invalid"}`, nil,
			func(n int) map[string]string {
				return map[string]string{"/api/v2/tailnet/-/devices": `{"devices": ` + list(n, device) + `}`}
			},
		},
		{
			"zerotier", "X-Zt1-Auth", "", "{}", nil,
			func(n int) map[string]string {
				return map[string]string{
					"/status": `{"address": "89e92ceee5", "online": true, "version": "1.14.1", "clock": 1772366400000}`, "/peer": list(n, leaf), "/network": "[]",
				}
			},
		},
		{
			"zerotier_central", "Authorization", "token ", "", nil,
			func(n int) map[string]string {
				return map[string]string{"/network": `[{"id": "` + network + `", "config": {"name": "home"}}]`, "/network/" + network + "/member": list(n, member)}
			},
		},
		{
			"netbird_api", "Authorization", "Token ", `{"message":"token invalid","code":401}`, nil,
			func(n int) map[string]string { return map[string]string{"/api/peers": list(n, netbird)} },
		},
	}
}

// standIn is a server that keeps the rules of its vendor: nothing is told without
// the token in the vendor's own form, the token is sent to what needs it and to
// nothing else, and nothing may be changed.
type standIn struct {
	*httptest.Server
	plugintest.Guard
	vendor

	clock   *plugintest.Clock
	token   string
	refused int
	odd     []string
	answers map[string]string
}

func newStandIn(tb testing.TB, v vendor, peers int) *standIn {
	tb.Helper()
	s := &standIn{vendor: v, token: "0123456789abcdef", clock: plugintest.NewClock(), answers: v.peers(peers)}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// ServeHTTP implements http.Handler.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	if r.Method != http.MethodGet || r.URL.Query().Has("auth") || r.URL.User != nil {
		s.odd = append(s.odd, r.Method+" "+r.URL.String())
	}
	if text, known := s.open[r.URL.Path]; known {
		if r.Header.Get(s.header) != "" {
			s.odd = append(s.odd, "a token at "+r.URL.Path)
		}
		_, _ = w.Write([]byte(text))
		return
	}
	if r.Header.Get(s.header) != s.form+s.token {
		s.refused++
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(s.refusal))
		return
	}
	text, known := s.answers[r.URL.Path]
	if !known {
		s.odd = append(s.odd, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(text))
}

// wants compares what the stand-in saw.
func (s *standIn) wants(t *testing.T, what string, refused int) {
	t.Helper()
	s.Lock()
	defer s.Unlock()
	if s.refused != refused || len(s.odd) > 0 {
		t.Errorf("%s: %d refused, want %d; what should not have been asked: %q", what, s.refused, refused, s.odd)
	}
}

func (s *standIn) settings() plugintest.Settings {
	return plugintest.Settings{"type": s.kind, "url": s.URL, "token": "0123456789abcdef"}
}

func (s *standIn) collector(tb testing.TB) plugin.Collector {
	tb.Helper()
	return s.clock.Open(tb, vpnmesh.Plugin(), s.settings().JSON(tb))
}

func TestTokensGoWhereAndAsEachVendorWantsThem(t *testing.T) {
	t.Parallel()
	for _, v := range vendors() {
		t.Run(v.kind, func(t *testing.T) {
			t.Parallel()
			p, s := vpnmesh.Plugin(), newStandIn(t, v, 3)
			values := plugintest.Values(plugintest.CollectAll(t, p, s.collector(t)))
			for _, state := range []string{"total", "online"} {
				name := fmt.Sprintf(`mesh_peers{provider=%q,state=%q}`, v.kind, state)
				if values[name] != 3 {
					t.Errorf("%s is %v, want 3", name, values[name])
				}
			}
			s.wants(t, "one run", 0)
		})
	}
}

func TestATokenThatIsWithdrawnIsLeftAloneAndComesBack(t *testing.T) {
	t.Parallel()
	for _, v := range vendors() {
		t.Run(v.kind, func(t *testing.T) {
			t.Parallel()
			p, s := vpnmesh.Plugin(), newStandIn(t, v, 1)
			c := s.collector(t)
			plugintest.CollectAll(t, p, c)
			s.Change(func() { s.token = "another" })
			for range 3 {
				_, err := plugintest.Attempt(t, p, c, p.Manifest().Timeout)
				plugintest.WantFault(t, err, fault.Auth, "the token is not taken", "")
				if err != nil && strings.Contains(err.Error()+fault.Hint(err), "0123456789abcdef") {
					t.Errorf("the token is in %v", err)
				}
			}
			refused := 1
			if v.kind == "zerotier" {
				refused = 3 // on this machine nobody is shut out
			}
			s.wants(t, "three runs with a token that is over", refused)
			s.Change(func() { s.token = "0123456789abcdef"; s.clock.Move(16 * time.Minute) })
			plugintest.CollectAll(t, p, c)
			s.wants(t, "with the right one again", refused)
		})
	}
}

func TestManyPeersAreCountedAndTheFirstAreDrawn(t *testing.T) {
	t.Parallel()
	p, s := vpnmesh.Plugin(), newStandIn(t, vendors()[0], 250)
	settings := s.settings().With(plugintest.Settings{"expected_online": []string{"m99"}})
	values := plugintest.Values(plugintest.CollectAll(t, p, plugintest.Live(t, p, settings.JSON(t))))
	drawn := 0
	for name := range values {
		if strings.HasPrefix(name, "mesh_peer_online{") {
			drawn++
		}
	}
	// m99 is the last by name of all.
	missing, there := values[`mesh_peer_missing{peer="m99",provider="headscale"}`]
	if drawn != 200 || values[`mesh_peers_left_out{provider="headscale"}`] != 50 || values[`mesh_peers{provider="headscale",state="online"}`] != 250 || !there || missing != 0 {
		t.Errorf("of 250 peers %d are drawn, %v left out, %v online; missing is %v", drawn, values[`mesh_peers_left_out{provider="headscale"}`],
			values[`mesh_peers{provider="headscale",state="online"}`], missing)
	}
}

func TestWhenEverybodyLeavesAtOnceOneEventTells(t *testing.T) {
	t.Parallel()
	p, s := vpnmesh.Plugin(), newStandIn(t, vendors()[0], 100)
	c := s.collector(t)
	plugintest.CollectAll(t, p, c)
	s.Change(func() {
		for path, text := range s.answers {
			s.answers[path] = strings.ReplaceAll(text, `"online": true`, `"online": false`)
		}
	})
	events := plugintest.CollectAll(t, p, c).Events()
	if len(events) != 1 || events[0].Kind != "mesh_changed" || events[0].Title != "100 peers changed at once" {
		t.Errorf("events: %+v", events)
	}
	if more := plugintest.CollectAll(t, p, c).Events(); len(more) > 0 {
		t.Errorf("it is told again: %+v", more)
	}
}

// daemon is a tailscaled at a socket. It answers under one name only, and to no web
// page, so that no site in a browser can ask it.
type daemon struct {
	path   string
	server *http.Server
}

func (d *daemon) start(tb testing.TB, status string) {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "unix", d.path)
	if err != nil {
		tb.Fatal(err)
	}
	d.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host != "local-tailscaled.sock" || r.Referer() != "" || r.Header.Get("Origin") != "":
			http.Error(w, "invalid localapi request", http.StatusForbidden)
		case r.Method != http.MethodGet:
			http.Error(w, "want GET", http.StatusMethodNotAllowed)
		case r.URL.Path == "/localapi/v0/status":
			_, _ = w.Write([]byte(status))
		case r.URL.Path == "/localapi/v0/usermetrics":
			_, _ = w.Write([]byte("# TYPE tailscaled_advertised_routes gauge\ntailscaled_advertised_routes 0\n"))
		default:
			http.NotFound(w, r)
		}
	})}
	server := d.server
	go func() { _ = server.Serve(listener) }()
	tb.Cleanup(d.stop)
}

// stop ends it; its socket goes with it.
func (d *daemon) stop() { _ = d.server.Close() }

// newDaemon prepares one, in a folder of a short name: the path of a socket has at
// most 108 bytes.
func newDaemon(tb testing.TB) *daemon {
	tb.Helper()
	if runtime.GOOS == "windows" {
		tb.Skip("unavoidable: Tailscale has no socket on Windows")
	}
	dir := plugintest.Folder(tb)
	return &daemon{path: filepath.Join(dir, "s")}
}

func statusOf(tb testing.TB, state string, peers int) string {
	tb.Helper()
	type machine struct {
		ID, DNSName      string
		Online, Active   bool
		CurAddr          string
		RxBytes, TxBytes int
	}
	all := make(map[string]machine, peers)
	for i := range peers {
		id := fmt.Sprintf("n%d", i)
		all["nodekey:"+id] = machine{ID: id, DNSName: "m" + id + ".tail.ts.net.", Online: true, Active: i%2 == 0, CurAddr: "192.168.1.2:41641", RxBytes: i, TxBytes: i}
	}
	raw, err := json.Marshal(map[string]any{
		"Version": "1.94.1", "BackendState": state, "Self": machine{ID: "self", DNSName: "hub.tail.ts.net.", Online: true}, "Peer": all,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func TestATailscaleThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	p, d := vpnmesh.Plugin(), newDaemon(t)
	d.start(t, statusOf(t, "Running", 4))
	host := plugintest.LiveHost(t, p)
	host.Commands = nothing{}
	c := plugintest.Open(t, p, plugintest.Settings{"socket": d.path}.JSON(t), host)
	connected := func(want float64) {
		t.Helper()
		if got := plugintest.Values(plugintest.CollectAll(t, p, c))[`mesh_connected{provider="tailscale"}`]; got != want {
			t.Errorf("connected is %v, want %v", got, want)
		}
	}
	connected(1)
	d.stop()
	_, err := plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Unreachable, "no such socket", "tailscaled is not running")
	d.start(t, statusOf(t, "Starting", 0))
	connected(0)
	d.stop()
	d.start(t, statusOf(t, "Running", 4))
	connected(1)
}

// BenchmarkCollect is one run on a stand-in with 100 peers.
func BenchmarkCollect(b *testing.B) {
	p, d := vpnmesh.Plugin(), newDaemon(b)
	d.start(b, statusOf(b, "Running", 100))
	plugintest.Benchmark(b, p, plugintest.Live(b, p, plugintest.Settings{"socket": d.path}.JSON(b)))
}
