package vpn_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/ipc"
	"golang.zx2c4.com/wireguard/tun/tuntest"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpn"
	"github.com/unity-homelab/unity/test/servers"
)

// end is one end of a real tunnel, in this process.
type end struct {
	name    string
	private *ecdh.PrivateKey
	port    int
	device  *device.Device
}

func (e *end) key() string { return base64.StdEncoding.EncodeToString(e.private.PublicKey().Bytes()) }

func (e *end) hexKey() string { return hex.EncodeToString(e.private.PublicKey().Bytes()) }

// tunnel makes two userspace devices that talk to each other over 127.0.0.1, and
// serves both at the sockets where wg finds them.
func tunnel(tb testing.TB) (near, far *end) {
	tb.Helper()
	if os.Getuid() != 0 {
		plugintest.Skip(tb, "needs root, for sockets in /var/run/wireguard")
	}
	near, far = newEnd(tb), newEnd(tb)
	near.join(tb, far)
	far.join(tb, near)
	return near, far
}

func newEnd(tb testing.TB) *end {
	tb.Helper()
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	var letters [3]byte
	_, _ = rand.Read(letters[:])
	e := &end{name: "ut" + hex.EncodeToString(letters[:]), private: private, port: servers.Port(tb)}
	e.device = device.NewDevice(tuntest.NewChannelTUN().TUN(), conn.NewDefaultBind(), device.NewLogger(device.LogLevelSilent, ""))
	tb.Cleanup(e.device.Close)
	file, err := ipc.UAPIOpen(e.name)
	if err != nil {
		tb.Fatal(err)
	}
	socket, err := ipc.UAPIListen(e.name, file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = socket.Close() })
	go func() {
		for {
			asking, err := socket.Accept()
			if err != nil {
				return // closed with the test
			}
			go e.device.IpcHandle(asking)
		}
	}()
	return e
}

// join configures the end for its only peer and brings it up.
func (e *end) join(tb testing.TB, other *end) {
	tb.Helper()
	err := e.device.IpcSet(fmt.Sprintf("private_key=%s\nlisten_port=%d\npublic_key=%s\nendpoint=127.0.0.1:%d\nallowed_ip=10.90.0.0/24\nallowed_ip=fd00::/64\npersistent_keepalive_interval=1\n",
		hex.EncodeToString(e.private.Bytes()), e.port, other.hexKey(), other.port))
	if err == nil {
		err = e.device.Up()
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func TestPeersAreThoseOfWgShow(t *testing.T) {
	t.Parallel()
	near, far := tunnel(t)
	c := open(t, settings{"interfaces": []string{near.name}, "peer_names": map[string]string{far.key(): "office"}, "always_connected": []string{"office"}})
	labels := fmt.Sprintf(`{device="%s",name="office",peer="%s"}`, near.name, far.key()[:8])
	until(t, c, "the peer is active", func(values map[string]float64) bool {
		return values["wireguard_peer_active"+labels] == 1 && values["wireguard_peer_receive_bytes_total"+labels] > 0
	})
	// Keepalives and handshakes go on; what is said before and after is around it.
	before := dump(t, near.name)
	values := collect(t, c)
	after := dump(t, near.name)
	for key, at := range map[string]int{
		"wireguard_peer_last_handshake_timestamp_seconds": 4, "wireguard_peer_receive_bytes_total": 5, "wireguard_peer_transmit_bytes_total": 6,
	} {
		if got, there := values[key+labels]; !there || got < number(t, before[at]) || got > number(t, after[at]) {
			t.Errorf("%s is %v (%v), wg says %s before and %s after", key, got, there, before[at], after[at])
		}
	}
	for key, want := range map[string]float64{
		"wireguard_peer_allowed_ips" + labels:                                                                     float64(len(strings.Split(after[3], ","))),
		"wireguard_peer_missing" + labels:                                                                         0,
		fmt.Sprintf(`wireguard_peers{device="%s",state="active"}`, near.name):                                     1,
		fmt.Sprintf(`wireguard_peers{device="%s",state="total"}`, near.name):                                      1,
		fmt.Sprintf(`wireguard_peers_active_ratio{device="%s"}`, near.name):                                       1,
		fmt.Sprintf(`wireguard_device_info{device="%s",listen_port="%d",type="userspace"}`, near.name, near.port): 1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	batch := plugintest.CollectAll(t, vpn.Plugin(), c)
	for what, secret := range map[string]string{
		"private": base64.StdEncoding.EncodeToString(near.private.Bytes()), "in hexadecimal": hex.EncodeToString(near.private.Bytes()),
	} {
		if strings.Contains(string(batch.Snapshot()), secret) {
			t.Errorf("the snapshot has the key that is %s", what)
		}
	}
	if !strings.Contains(string(batch.Snapshot()), near.key()) || !strings.Contains(string(batch.Snapshot()), "127.0.0.1:"+strconv.Itoa(far.port)) {
		t.Errorf("the snapshot has not the public key of the interface and where its peer is: %s", batch.Snapshot())
	}
}

// dump is the line of the only peer as wg tells it: key, preshared key, endpoint,
// networks, handshake, received, sent, keepalive.
func dump(t *testing.T, name string) []string {
	t.Helper()
	if _, err := exec.LookPath("wg"); err != nil {
		plugintest.Skip(t, "needs wg (wireguard-tools), to compare with")
	}
	text, err := exec.CommandContext(t.Context(), "wg", "show", name, "dump").Output()
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil || len(lines) != 2 {
		t.Fatalf("wg show %s dump: %v\n%s", name, err, text)
	}
	return strings.Split(lines[1], "\t")
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// There is no WireGuard in every kernel; but what reads the kernel's devices reads
// those of programs, too.
func TestDevicesAreReadLikeThoseOfTheKernel(t *testing.T) {
	t.Parallel()
	near, far := tunnel(t)
	c := open(t, settings{"interfaces": []string{near.name}})
	until(t, c, "the peer is active", func(values map[string]float64) bool {
		return values[fmt.Sprintf(`wireguard_peers{device="%s",state="active"}`, near.name)] == 1
	})
	var kernel, socket vpn.Told
	for again := (vpn.Told{}); kernel.Handshake.IsZero() || !kernel.Handshake.Equal(again.Handshake); { // no handshake in between
		var errs [3]error
		kernel, errs[0] = vpn.AsOfKernel(near.name)
		socket, errs[1] = vpn.AtSocket(t.Context(), plugintest.LiveHost(t, vpn.Plugin()), near.name)
		again, errs[2] = vpn.AsOfKernel(near.name)
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(kernel, socket); diff != "" {
		t.Errorf("the library says -, the socket +:\n%s", diff)
	}
	want := vpn.Told{
		PublicKey: near.key(), Port: near.port, Key: far.key(), Endpoint: fmt.Sprintf("127.0.0.1:%d", far.port),
		Allowed: "10.90.0.0/24,fd00::/64", Handshake: socket.Handshake, Keepalive: 1,
	}
	if diff := cmp.Diff(want, socket); diff != "" {
		t.Errorf("the settings are -, the socket says +:\n%s", diff)
	}
}

func TestAPeerThatGoesSilentIsAnEvent(t *testing.T) {
	t.Parallel()
	near, far := tunnel(t)
	host := plugintest.LiveHost(t, vpn.Plugin())
	later := time.Duration(0)
	host.Now = func() time.Time { return time.Now().Add(later) }
	config := settings{"interfaces": []string{near.name}, "peer_names": map[string]string{far.key(): "office"}, "always_connected": []string{far.key()}}
	c := plugintest.Open(t, vpn.Plugin(), config.JSON(t), host)
	labels := fmt.Sprintf(`{device="%s",name="office",peer="%s"}`, near.name, far.key()[:8])
	until(t, c, "the peer is active", func(values map[string]float64) bool { return values["wireguard_peer_active"+labels] == 1 })
	for _, step := range []struct {
		later   time.Duration
		missing float64
		event   string
	}{
		{10 * time.Minute, 1, "wireguard_peer_silent warning office went silent on " + near.name},
		{11 * time.Minute, 1, ""},
		{0, 0, "wireguard_peer_active info office is active on " + near.name},
	} {
		later = step.later
		batch := plugintest.CollectAll(t, vpn.Plugin(), c)
		if got := plugintest.Values(batch)["wireguard_peer_missing"+labels]; got != step.missing {
			t.Errorf("after %v missing is %v", step.later, got)
		}
		told := ""
		for _, e := range batch.Events() {
			told += e.Kind + " " + string(e.Severity) + " " + e.Title
		}
		if told != step.event {
			t.Errorf("after %v it tells %q, want %q", step.later, told, step.event)
		}
	}
}

func TestAnInterfaceThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	near, _ := tunnel(t)
	_, err := plugintest.Attempt(t, vpn.Plugin(), open(t, settings{"interfaces": []string{"nowhere"}}), 10*time.Second)
	plugintest.WantFault(t, err, fault.NotFound, "there is no WireGuard interface nowhere, but ", "take it out of the setting")
	batch := plugintest.Collect(t, vpn.Plugin(), open(t, settings{"interfaces": []string{near.name, "nowhere"}}))
	if problems := batch.Problems(); len(problems) != 1 {
		t.Errorf("problems: %v", problems)
	} else {
		plugintest.WantFault(t, problems[0], fault.NotFound, "nowhere", "")
	}
	if values := plugintest.Values(batch); values[`wireguard_device_up{device="nowhere"}`] != 0 || values[fmt.Sprintf(`wireguard_peers{device="%s",state="total"}`, near.name)] != 1 {
		t.Errorf("values: %v", values)
	}
}

func TestAProgramThatHangsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	tunnel(t) // makes the folder, and skips where that cannot be
	path := filepath.Join("/var/run/wireguard", "uthang.sock")
	_ = os.Remove(path)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	c := open(t, settings{"interfaces": []string{"uthang"}, "timeout": "200ms"})
	_, err = plugintest.Attempt(t, vpn.Plugin(), c, 10*time.Second)
	plugintest.WantFault(t, err, fault.Timeout, "no answer within 200ms", "see whether the program of uthang is stopped")
}

// BenchmarkWireGuard is one run on two real devices beside the test.
func BenchmarkWireGuard(b *testing.B) {
	near, far := tunnel(b)
	plugintest.Benchmark(b, vpn.Plugin(), open(b, settings{"interfaces": []string{near.name, far.name}}))
}
