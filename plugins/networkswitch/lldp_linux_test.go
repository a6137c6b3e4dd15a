package networkswitch_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/networkswitch"
	"github.com/unity-homelab/unity/test/servers"
)

// TestNeighboursAreThoseOfLldpcli joins two namespaces by a cable, with lldpd at
// both ends; the one hands what it hears to snmpd.
func TestNeighboursAreThoseOfLldpcli(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root for network namespaces")
	}
	for _, program := range []string{"ip", "lldpd", "lldpcli"} {
		if _, err := exec.LookPath(program); err != nil {
			plugintest.Skip(t, "needs %s (apt-get install iproute2 lldpd)", program)
		}
	}
	folder, err := os.MkdirTemp("", "unity") //nolint:usetesting // the path of a socket has at most 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	agentx := filepath.Join(folder, "agentx")
	s := found(t, servers.Start(t, servers.SNMPD(), "rocommunity public 127.0.0.1", "master agentx", "agentXSocket "+agentx, "agentXPerms 0777 0777"))

	id := strconv.Itoa(os.Getpid())
	here, there := "unity-a-"+id, "unity-b-"+id
	for _, name := range []string{here, there} {
		run(t, "ip", "netns", "add", name)
		t.Cleanup(func() { run(t, "ip", "netns", "del", name) })
	}
	run(t, "ip", "link", "add", "lan1", "netns", here, "type", "veth", "peer", "name", "lan2", "netns", there)
	run(t, "ip", "-n", here, "link", "set", "lan1", "up")
	run(t, "ip", "-n", there, "link", "set", "lan2", "up")
	run(t, "ip", "-n", there, "addr", "add", "192.0.2.2/24", "dev", "lan2")
	first := lldpd(t, here, filepath.Join(folder, "a"), "-x", "-X", agentx)
	lldpd(t, there, filepath.Join(folder, "b"))

	type neighbour struct {
		Port       string
		Chassis    string
		Remote     string `json:"remote_port"`
		Management string
	}
	var seen struct{ Neighbors []neighbour }
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	for len(seen.Neighbors) == 0 || seen.Neighbors[0].Management == "" {
		if ctx.Err() != nil {
			t.Fatalf("the neighbours are %+v; lldpcli says\n%s", seen.Neighbors, run(t, "lldpcli", "-u", first, "show", "neighbors"))
		}
		// Neighbours are asked for now and then: each time by a collector of its own.
		c := plugintest.Live(t, networkswitch.Plugin(), s.config(settings{"collect": []string{"lldp"}}))
		_, batch := collect(t, c)
		if err := json.Unmarshal(batch.Snapshot(), &seen); err != nil {
			t.Fatal(err)
		}
	}
	told := run(t, "lldpcli", "-u", first, "-f", "keyvalue", "show", "neighbors")
	got := seen.Neighbors[0]
	for _, line := range []string{
		"lldp." + got.Port + ".chassis.mac=" + got.Chassis, "lldp." + got.Port + ".port.descr=" + got.Remote,
		"lldp." + got.Port + ".chassis.mgmt-ip=" + got.Management,
	} {
		if !strings.Contains(told, line+"\n") {
			t.Errorf("there is no line %s in what lldpcli says:\n%s", line, told)
		}
	}
}

// run runs a program to its end and returns what it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// lldpd runs lldpd in a namespace until the test ends, and returns its socket.
func lldpd(t *testing.T, namespace, socket string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "ip", append([]string{"netns", "exec", namespace, "lldpd", "-d", "-u", socket}, args...)...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM) // it has a child without rights
		_ = command.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		// Every second in place of every half minute.
		if exec.CommandContext(ctx, "lldpcli", "-u", socket, "configure", "lldp", "tx-interval", "1").Run() == nil {
			return socket
		}
	}
	t.Fatal("lldpd does not start")
	return ""
}
