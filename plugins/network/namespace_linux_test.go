package network_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/network"
)

// The environment variables by which a test runs itself in another network
// namespace.
const (
	jobVariable    = "UNITY_NETWORK_TEST_JOB"
	resultVariable = "UNITY_NETWORK_TEST_RESULT"
)

// result is what a job in another namespace leaves behind.
type result struct {
	Values   map[string]float64
	Snapshot json.RawMessage
	Problems []string
	SS       string // what ss said right after
}

// namespaces are two machines joined by a cable, made of two network namespaces
// and a veth pair. The near end is called uv0, since veth* is left out.
type namespaces struct{ near, far string }

const (
	nearAddress    = "10.77.0.1"
	farAddress     = "10.77.0.2"
	missingAddress = "10.77.0.99"
)

func newNamespaces(t *testing.T) namespaces {
	t.Helper()
	if os.Geteuid() != 0 {
		plugintest.Skip(t, "network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		plugintest.Skip(t, "ip (iproute2) is not installed")
	}
	tag := strconv.Itoa(os.Getpid()) + strconv.FormatInt(time.Now().UnixNano()%100000, 36)
	n := namespaces{near: "unity-near-" + tag, far: "unity-far-" + tag}
	for _, name := range []string{n.near, n.far} {
		if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", name).CombinedOutput(); err != nil {
			plugintest.Skip(t, "no network namespace can be made: %s", out)
		}
		t.Cleanup(func() {
			// The test's own context has ended by now.
			_ = exec.CommandContext(context.Background(), "ip", "netns", "delete", name).Run()
		})
	}
	if out, err := exec.CommandContext(t.Context(), "ip", "-netns", n.near,
		"link", "add", "uv0", "type", "veth", "peer", "name", "uv1", "netns", n.far).CombinedOutput(); err != nil {
		plugintest.Skip(t, "no veth pair can be made: %s", out)
	}
	for _, end := range []struct{ namespace, device, address string }{
		{n.near, "uv0", nearAddress}, {n.far, "uv1", farAddress},
	} {
		plugintest.Output(t, "ip", "-netns", end.namespace, "link", "set", "lo", "up")
		// Without IPv6 nothing is sent that the test does not send.
		plugintest.Output(t, "ip", "-netns", end.namespace, "link", "set", end.device, "addrgenmode", "none")
		plugintest.Output(t, "ip", "-netns", end.namespace, "address", "add", end.address+"/24", "dev", end.device)
		plugintest.Output(t, "ip", "-netns", end.namespace, "link", "set", end.device, "up")
	}
	return n
}

// job runs this test program in the near namespace.
func (n namespaces) job(t *testing.T, what string) result {
	t.Helper()
	file := t.TempDir() + "/result"
	cmd := exec.CommandContext(t.Context(), "ip", "netns", "exec", n.near, os.Args[0], "-test.run=^TestJob$")
	cmd.Env = append(os.Environ(), jobVariable+"="+what, resultVariable+"="+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the job %s: %v\n%s", what, err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestJob is what runs in the other namespace.
func TestJob(t *testing.T) {
	t.Parallel()
	what := os.Getenv(jobVariable)
	if what == "" {
		return // it is run again in network namespaces that other tests make
	}
	config := `{"interface_exclude": []}`
	var r result
	switch what {
	case "send":
		sendDatagrams(t, farAddress, 1000, 1200)
	case "states":
		openStates(t)
	case "ping":
		config = fmt.Sprintf(`{"probe_targets": [%q, %q]}`, farAddress, missingAddress)
	}
	if what != "send" {
		batch := plugintest.Collect(t, network.Plugin(), plugintest.Live(t, network.Plugin(), config))
		r.Values, r.Snapshot = plugintest.Values(batch), batch.Snapshot()
		for _, problem := range batch.Problems() {
			r.Problems = append(r.Problems, problem.Error())
		}
	}
	if what == "states" {
		r.SS = plugintest.Output(t, "ss", "-Htan")
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv(resultVariable), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sendDatagrams sends to a port that nobody listens on.
func sendDatagrams(t *testing.T, address string, count, size int) {
	t.Helper()
	// Not connected, so that refusals do not come back as errors.
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	to := &net.UDPAddr{IP: net.ParseIP(address), Port: 9}
	for range count {
		if _, err := socket.WriteTo(make([]byte, size), to); err != nil {
			t.Fatal(err)
		}
	}
}

// openStates opens TCP sockets in as many states as stay for a while. They are
// closed with the process.
func openStates(t *testing.T) {
	t.Helper()
	listener := listen(t)
	pair := func() (client, server net.Conn) {
		client, err := new(net.Dialer).DialContext(t.Context(), "tcp4", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err = listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = client.Close(), server.Close() })
		return client, server
	}
	pair() // twice established

	// The one that closes first waits in fin_wait2 while the other, in
	// close_wait, has not closed yet.
	client, server := pair()
	half, ok := client.(interface{ CloseWrite() error })
	if !ok {
		t.Fatalf("%T cannot be closed by half", client)
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, server)
	// The acknowledgement of the end may wait for something to go along with.
	if _, err := server.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}

	// When both have closed, the first stays in time_wait.
	client, server = pair()
	_ = client.Close()
	awaitEnd(t, server)
	_ = server.Close()

	// Nobody answers: syn_sent, while the address is looked for.
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	to := &unix.SockaddrInet4{Port: 80, Addr: [4]byte(net.ParseIP(missingAddress).To4())}
	if err := unix.Connect(fd, to); err != unix.EINPROGRESS {
		t.Fatalf("connecting to nobody: %v", err)
	}
}

// listen waits for connections to a free port of this machine.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// awaitEnd reads until the other side has closed.
func awaitEnd(t *testing.T, conn net.Conn) {
	t.Helper()
	buffer := make([]byte, 1)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}
