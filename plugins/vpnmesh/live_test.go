package vpnmesh_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpnmesh"
	"github.com/unity-homelab/unity/test/servers"
)

// mesh is a real Headscale with machines that have no network device.
type mesh struct {
	t         *testing.T
	dir, url  string
	headscale *exec.Cmd
	machines  map[string]*exec.Cmd
}

func newMesh(t *testing.T) *mesh {
	t.Helper()
	if os.Getenv("UNITY_TEST_MESH") == "" {
		t.Skip("unavoidable: the tests can install neither Headscale nor Tailscale; where headscale, tailscaled and tailscale are in the path, UNITY_TEST_MESH=1 runs this")
	}
	dir := plugintest.Folder(t)
	address := "127.0.0.1:" + strconv.Itoa(servers.Port(t))
	m := &mesh{t: t, dir: dir, url: "http://" + address, machines: make(map[string]*exec.Cmd)}
	config := fmt.Sprintf(`server_url: http://%[1]s
listen_addr: %[1]s
metrics_listen_addr: 127.0.0.1:0
grpc_listen_addr: 127.0.0.1:0
noise: {private_key_path: %[2]s/noise.key}
prefixes: {v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48"}
derp:
  urls: []
  server: {enabled: true, region_id: 999, region_code: test, region_name: test, stun_listen_addr: "127.0.0.1:0", private_key_path: %[2]s/derp.key, ipv4: 127.0.0.1}
database: {type: sqlite, sqlite: {path: %[2]s/db.sqlite}}
dns: {magic_dns: true, base_domain: mesh.test, override_local_dns: false}
unix_socket: %[2]s/headscale.sock
disable_check_updates: true
`, address, dir)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	m.startHeadscale()
	return m
}

// start starts a program that is killed at the end.
func (m *mesh) start(name string, args ...string) *exec.Cmd {
	m.t.Helper()
	command := exec.CommandContext(context.WithoutCancel(m.t.Context()), name, args...) //nolint:gosec // the tests' own programs
	command.Env = append(os.Environ(), "HOME="+m.dir)
	if err := command.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { end(command) })
	return command
}

// end kills a program, once.
func end(command *exec.Cmd) {
	if command.ProcessState == nil {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
}

func (m *mesh) startHeadscale() {
	m.t.Helper()
	m.headscale = m.start("headscale", "-c", filepath.Join(m.dir, "config.yaml"), "serve")
	m.waitFor("Headscale answers", func() bool {
		request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.url+"/health", http.NoBody)
		if err != nil {
			m.t.Fatal(err)
		}
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer func() { _ = reply.Body.Close() }()
		return reply.StatusCode == http.StatusOK
	})
}

// waitFor waits for what takes its time.
func (m *mesh) waitFor(what string, right func() bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !right() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			m.t.Fatalf("it never happened that %s", what)
		}
	}
}

// say runs a program to its end and returns what it printed.
func (m *mesh) say(name string, args ...string) string {
	m.t.Helper()
	command := exec.CommandContext(m.t.Context(), name, args...) //nolint:gosec // the tests' own programs
	command.Env = append(os.Environ(), "HOME="+m.dir)
	out, err := command.Output()
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (m *mesh) admin(args ...string) string {
	m.t.Helper()
	return m.say("headscale", append([]string{"-c", filepath.Join(m.dir, "config.yaml")}, args...)...)
}

func (m *mesh) socket(name string) string { return filepath.Join(m.dir, name+".sock") }

// join adds a machine to the mesh.
func (m *mesh) join(name, key string, more ...string) {
	m.t.Helper()
	state := filepath.Join(m.dir, name)
	m.machines[name] = m.start("tailscaled", "--tun=userspace-networking", "--no-logs-no-support", "--port=0",
		"--statedir="+state, "--state="+filepath.Join(state, "state"), "--socket="+m.socket(name))
	m.waitFor(name+" listens", func() bool {
		_, err := os.Stat(m.socket(name))
		return err == nil
	})
	m.say("tailscale", append([]string{"--socket", m.socket(name), "up", "--login-server", m.url, "--authkey", key, "--hostname", name, "--accept-dns=false"}, more...)...)
}

// told is what tailscale status --json says of a machine's peers.
type told struct {
	BackendState string
	Peer         map[string]struct {
		HostName         string
		Online           bool
		RxBytes, TxBytes float64
	}
}

func (m *mesh) status(name string) told {
	m.t.Helper()
	var t told
	if err := json.Unmarshal([]byte(m.say("tailscale", "--socket", m.socket(name), "status", "--json")), &t); err != nil {
		m.t.Fatal(err)
	}
	return t
}

func TestFiguresAreThoseOfTailscaleAndHeadscale(t *testing.T) {
	t.Parallel()
	m, p := newMesh(t), vpnmesh.Plugin()
	m.admin("users", "create", "ann")
	key := lastLine(m.admin("preauthkeys", "create", "--user", "1", "--reusable", "--expiration", "1h"))
	token := lastLine(m.admin("apikeys", "create", "--expiration", "1h"))
	m.join("hub", key)
	m.join("router", key, "--advertise-routes=10.8.0.0/24,10.9.0.0/24")
	m.admin("nodes", "approve-routes", "-i", "2", "-r", "10.9.0.0/24")
	m.say("tailscale", "--socket", m.socket("hub"), "ping", "--tsmp", "--until-direct=false", "-c", "5", "router")

	local := plugintest.Live(t, p, plugintest.Settings{"socket": m.socket("hub"), "expected_online": []string{"router"}}.JSON(t))
	before := m.status("hub")
	values := plugintest.Values(plugintest.CollectAll(t, p, local))
	after := m.status("hub")
	if before.BackendState != "Running" || values[`mesh_connected{provider="tailscale"}`] != 1 {
		t.Errorf("Tailscale is %s; connected is %v", before.BackendState, values[`mesh_connected{provider="tailscale"}`])
	}
	if len(before.Peer) != 1 {
		t.Errorf("tailscale status knows %d peers", len(before.Peer))
	}
	for id, peer := range before.Peer {
		received := values[fmt.Sprintf(`mesh_peer_receive_bytes_total{peer=%q,provider="tailscale"}`, peer.HostName)]
		online := values[fmt.Sprintf(`mesh_peer_online{os="linux",peer=%q,provider="tailscale"}`, peer.HostName)]
		if received < peer.RxBytes || received > after.Peer[id].RxBytes || (online == 1) != peer.Online {
			t.Errorf("%s: %v bytes received, online %v; tailscale says %+v and then %+v", peer.HostName, received, online, peer, after.Peer[id])
		}
	}

	admin := plugintest.Settings{"type": "headscale", "url": m.url, "token": token}
	server := plugintest.Live(t, p, admin.JSON(t))
	values = plugintest.Values(plugintest.CollectAll(t, p, server))
	var nodes []json.RawMessage
	if err := json.Unmarshal([]byte(m.admin("nodes", "list", "-o", "json")), &nodes); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		`mesh_peers{provider="headscale",state="total"}`: float64(len(nodes)), `mesh_routes{provider="headscale",state="advertised"}`: 2,
		`mesh_routes{provider="headscale",state="approved"}`: 1, `mesh_routes{provider="headscale",state="unapproved"}`: 1,
	} {
		if values[name] != want {
			t.Errorf("%s is %v, want %v", name, values[name], want)
		}
	}

	// A machine goes, then the server, then the key.
	end(m.machines["router"])
	_, events := plugintest.Until(t, p, server, "the router is offline", func(values map[string]float64) bool {
		return values[`mesh_peers{provider="headscale",state="offline"}`] == 1
	})
	if len(events) != 1 || events[0].Kind != "mesh_peer_offline" {
		t.Errorf("events: %+v", events)
	}
	end(m.headscale)
	_, err := plugintest.Attempt(t, p, server, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Refused, "connection refused", "see whether the service runs")
	m.startHeadscale()
	plugintest.CollectAll(t, p, server)
	m.admin("apikeys", "expire", "--id", "1")
	_, err = plugintest.Attempt(t, p, server, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Auth, "the token is not taken", "headscale apikeys create")
}

// lastLine is what a program printed last; notes stand before it.
func lastLine(text string) string {
	return text[strings.LastIndexByte(text, '\n')+1:]
}
