package vpn_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpn"
	"github.com/unity-homelab/unity/test/servers"
)

const password = "only-for-tests"

// identity is a certificate and its key, as OpenVPN takes them in its settings.
func identity(tb testing.TB, name string) (inline, fingerprint string) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	digest := sha256.Sum256(raw)
	fingerprint = strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% X", digest), " ", ":"), ":")
	return fmt.Sprintf("<cert>\n%s</cert>\n<key>\n%s</key>", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), fingerprint
}

// startOpenVPN starts a server and a client of it in a network of their own, each
// managed at a socket; the server's with a password if one is given, and with more
// settings. There the group unity is that of the user in a sandbox.
func startOpenVPN(tb testing.TB, secret string, more ...string) *servers.Server {
	tb.Helper()
	if _, err := os.Stat("/dev/net/tun"); err != nil || os.Getuid() != 0 {
		plugintest.Skip(tb, "needs root and /dev/net/tun")
	}
	server, serverPrint := identity(tb, "server")
	laptop, laptopPrint := identity(tb, "laptop")
	manage := "management {{home}}/server.sock unix"
	if secret != "" {
		manage += " {{home}}/password"
	}
	return servers.Start(tb, servers.OpenVPN(),
		"ip link set lo up", "cd {{home}}", "echo '"+secret+"' > password",
		"cat > server.conf <<'THE_END'",
		"dev tun\ntopology subnet\nserver 10.97.0.0 255.255.255.0\nproto udp\nlocal 127.0.0.1\nport 21194\ndh none\nkeepalive 1 5\nverb 3",
		manage, strings.Join(more, "\n"), "status {{home}}/status.log 1\nstatus-version 2", server, "<peer-fingerprint>\n"+laptopPrint+"\n</peer-fingerprint>", "THE_END",
		"cat > client.conf <<'THE_END'",
		"client\ndev tun\nproto udp\nremote 127.0.0.1 21194\nnobind\nconnect-retry 1 1\nverb 1",
		"management {{home}}/client.sock unix", laptop, "<peer-fingerprint>\n"+serverPrint+"\n</peer-fingerprint>", "THE_END",
		"setpriv --pdeathsig kill openvpn --config client.conf > client.log 2>&1 &", // which ends with the server
		"echo 'unity:x:64738:' > group",
		"exec unshare --mount sh -c 'mount --bind group /etc/group && exec openvpn --config server.conf'",
	)
}

func socketOf(s *servers.Server, who string) string { return filepath.Join(s.Folder(), who+".sock") }

// connected is when the client has come, and its routes are there.
func connected(values map[string]float64) bool {
	return values["openvpn_clients"] == 1 && values["openvpn_routes"] >= 1
}

func TestServerClientAndFileTellTheSame(t *testing.T) {
	t.Parallel()
	s := startOpenVPN(t, "")
	c := open(t, settings{"management": socketOf(s, "server")})
	values := until(t, c, "the client has come", connected)
	for key, want := range map[string]float64{
		`openvpn_state{state="connected"}`: 1, `openvpn_state{state="reconnecting"}`: 0, "openvpn_clients": 1, "openvpn_routes": 1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	// What the management interface says, asked without Unity in the same second.
	said := manage(t, socketOf(s, "server"), "load-stats", "status 2")
	var clients, in, out float64
	_, rest, _ := strings.Cut(said, "SUCCESS: nclients=")
	if _, err := fmt.Sscanf(rest, "%f,bytesin=%f,bytesout=%f", &clients, &in, &out); err != nil {
		t.Fatalf("%v in %q", err, said)
	}
	const slack = 4096 // pings go on
	if clients != 1 || in-values["openvpn_receive_bytes_total"] > slack || out-values["openvpn_transmit_bytes_total"] > slack ||
		in < values["openvpn_receive_bytes_total"] || out < values["openvpn_transmit_bytes_total"] {
		t.Errorf("received %v and sent %v, load-stats says %v and %v", values["openvpn_receive_bytes_total"], values["openvpn_transmit_bytes_total"], in, out)
	}
	since := values[`openvpn_client_connected_since_timestamp_seconds{common_name="laptop"}`]
	if since == 0 || !strings.Contains(said, fmt.Sprintf(",%.0f,", since)) {
		t.Errorf("connected since %v, status says\n%s", since, said)
	}
	file := until(t, open(t, settings{"status_file": filepath.Join(s.Folder(), "status.log")}), "the file has the client", connected)
	if file["openvpn_status_age_seconds"] > 60 || file[`openvpn_client_connected_since_timestamp_seconds{common_name="laptop"}`] != since {
		t.Errorf("the file says %v", file)
	}
	other := until(t, open(t, settings{"management": socketOf(s, "client")}), "the client is connected", func(values map[string]float64) bool {
		return values[`openvpn_state{state="connected"}`] == 1
	})
	if _, there := other["openvpn_clients"]; there || other["openvpn_receive_bytes_total"] <= 0 {
		t.Errorf("the client says %v", other)
	}
}

// manage asks the management interface without Unity, one question after the other:
// what is asked at once with quit gets no answer.
func manage(t *testing.T, path string, commands ...string) string {
	t.Helper()
	conn, err := plugintest.LiveHost(t, vpn.Plugin()).Dial(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var said strings.Builder
	lines := bufio.NewScanner(conn)
	for _, command := range commands {
		if _, err := conn.Write([]byte(command + "\n")); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if lines.Text() == "END" || strings.HasPrefix(lines.Text(), "SUCCESS:") {
				break
			}
		}
	}
	if _, err := conn.Write([]byte("quit\n")); err != nil || lines.Err() != nil {
		t.Fatal(err, lines.Err())
	}
	return said.String()
}

func TestAnOpenVPNThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := startOpenVPN(t, "")
	plugintest.ComeAndGo(t, vpn.Plugin(), s, "connecting to OpenVPN at "+socketOf(s, "server")+": connection refused", func(timeout string) plugin.Collector {
		return open(t, settings{"management": socketOf(s, "server"), "timeout": timeout})
	})
}

func TestThePasswordOfTheManagementInterface(t *testing.T) {
	t.Parallel()
	plugintest.InReadme(t, "management /run/openvpn/server.sock unix /etc/openvpn/management-password")
	s := startOpenVPN(t, password)
	good := settings{"management": socketOf(s, "server"), "management_password": password}
	c := open(t, good)
	collect(t, c)
	for secret, text := range map[string]string{"": "it wants a password", "another": "the password is wrong"} {
		_, err := plugintest.Attempt(t, vpn.Plugin(), open(t, good.With(settings{"management_password": secret})), 10*time.Second)
		plugintest.WantFault(t, err, fault.Auth, text, "management_password")
	}
	collect(t, c)
	// Another one holds the interface, which takes one at a time.
	holder, err := plugintest.LiveHost(t, vpn.Plugin()).Dial(t.Context(), "unix", socketOf(s, "server"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Write([]byte(password + "\n")); err != nil {
		t.Fatal(err)
	}
	greeting := make([]byte, 512)
	if _, err := holder.Read(greeting); err != nil {
		t.Fatal(err)
	}
	_, err = plugintest.Attempt(t, vpn.Plugin(), open(t, good.With(settings{"timeout": "300ms"})), 10*time.Second)
	plugintest.WantFault(t, err, fault.Timeout, "no answer within 300ms", "another client holds the management interface")
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)
}

// BenchmarkCollect is one run on a real OpenVPN beside the test.
func BenchmarkCollect(b *testing.B) {
	s := startOpenVPN(b, "")
	plugintest.Benchmark(b, vpn.Plugin(), open(b, settings{"management": socketOf(s, "server")}))
}
