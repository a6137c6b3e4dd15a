package network_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/network"
)

// ipLink is what "ip -s -j link" says of an interface.
type ipLink struct {
	Name      string `json:"ifname"`
	MTU       float64
	OperState string
	Stats     struct {
		RX struct{ Bytes, Packets, Errors, Dropped, Missed, Multicast float64 }
		TX struct {
			Bytes, Packets, Errors, Dropped, Collisions float64
			Carrier                                     float64 `json:"carrier_errors"`
		}
	} `json:"stats64"`
}

// askIP runs ip, in a namespace if one is named.
func askIP(t *testing.T, namespace string) map[string]ipLink {
	t.Helper()
	args := []string{"-s", "-j", "link", "show"}
	if namespace != "" {
		args = append([]string{"-netns", namespace}, args...)
	}
	var links []ipLink
	if err := json.Unmarshal([]byte(plugintest.Output(t, "ip", args...)), &links); err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]ipLink)
	for _, l := range links {
		byName[l.Name] = l
	}
	return byName
}

// figures are those of ip by the names of the metrics.
func (l ipLink) figures() map[string]float64 {
	return map[string]float64{
		"network_receive_bytes_total":           l.Stats.RX.Bytes,
		"network_receive_packets_total":         l.Stats.RX.Packets,
		"network_receive_errors_total":          l.Stats.RX.Errors,
		"network_receive_dropped_total":         l.Stats.RX.Dropped,
		"network_receive_missed_total":          l.Stats.RX.Missed,
		"network_receive_multicast_total":       l.Stats.RX.Multicast,
		"network_transmit_bytes_total":          l.Stats.TX.Bytes,
		"network_transmit_packets_total":        l.Stats.TX.Packets,
		"network_transmit_errors_total":         l.Stats.TX.Errors,
		"network_transmit_dropped_total":        l.Stats.TX.Dropped,
		"network_transmit_collisions_total":     l.Stats.TX.Collisions,
		"network_transmit_carrier_errors_total": l.Stats.TX.Carrier,
	}
}

// TestTrafficIsCountedAsIPCountsIt asks ip before and after, under load: each
// figure lies between the two answers.
func TestTrafficIsCountedAsIPCountsIt(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ip"); err != nil {
		plugintest.Skip(t, "ip (iproute2) is not installed")
	}
	collector := plugintest.Live(t, network.Plugin(), `{"interface_exclude": []}`)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				sendDatagrams(t, "127.0.0.1", 100, 1000)
			}
		}
	}()
	defer func() { close(stop); <-done }()
	for range 5 {
		before := askIP(t, "")
		values := plugintest.Values(plugintest.Collect(t, network.Plugin(), collector))
		after := askIP(t, "")
		compared := 0
		for name, from := range before {
			to, still := after[name]
			if _, there := values[fmt.Sprintf("network_receive_bytes_total{device=%q}", name)]; !still || !there {
				continue // came or went meanwhile
			}
			for metric, low := range from.figures() {
				got, high := values[fmt.Sprintf("%s{device=%q}", metric, name)], to.figures()[metric]
				if got < low || got > high {
					t.Errorf("%s of %s is %.0f, ip says %.0f before and %.0f after", metric, name, got, low, high)
				}
				compared++
			}
			if mtu := values[fmt.Sprintf("network_mtu_bytes{device=%q}", name)]; mtu != from.MTU {
				t.Errorf("the MTU of %s is %v, ip says %v", name, mtu, from.MTU)
			}
		}
		if compared == 0 {
			t.Fatal("nothing was compared")
		}
		lo := `{device="lo"}`
		t.Logf("lo received: ip %.0f … unity %.0f … ip %.0f bytes", before["lo"].Stats.RX.Bytes,
			values["network_receive_bytes_total"+lo], after["lo"].Stats.RX.Bytes)
	}
}

func TestACableBetweenTwoMachines(t *testing.T) {
	t.Parallel()
	n := newNamespaces(t)
	const device = `{device="uv0"}`
	first := n.job(t, "collect")
	if first.Values[`network_carrier{device="uv0",kind="virtual"}`] != 1 {
		t.Fatalf("the cable has no link: %v", first.Values)
	}
	for name := range first.Values {
		if strings.Contains(name, `device="eth0"`) {
			t.Fatalf("%s is of another namespace", name)
		}
	}

	n.job(t, "send") // 1000 datagrams of 1200 bytes: 1242 with their headers
	before := askIP(t, n.near)["uv0"]
	second := n.job(t, "collect")
	if after := askIP(t, n.near)["uv0"]; before != after {
		t.Skipf("unavoidable: something else is sent: %+v, then %+v", before, after)
	}
	for metric, want := range before.figures() {
		if got := second.Values[metric+device]; got != want {
			t.Errorf("%s is %v, ip says %v", metric, got, want)
		}
	}
	sent := second.Values["network_transmit_bytes_total"+device] - first.Values["network_transmit_bytes_total"+device]
	if least := 1000.0 * 1242; sent < least || sent > least+1000 {
		t.Errorf("%.0f bytes were counted for 1000 datagrams of 1242", sent)
	}
	t.Logf("1000 datagrams: unity counts %.0f bytes sent; ip and unity agree on all %d figures", sent, len(before.figures()))
	if unreached := second.Values["network_icmp_in_messages_total"]; unreached == 0 {
		t.Error("the other end's refusals are not among the ICMP messages")
	}

	plugintest.Output(t, "ip", "-netns", n.near, "link", "set", "uv0", "mtu", "1400")
	plugintest.Output(t, "ip", "-netns", n.far, "link", "set", "uv1", "down")
	third := n.job(t, "collect")
	if third.Values[`network_carrier{device="uv0",kind="virtual"}`] != 0 || third.Values["network_mtu_bytes"+device] != 1400 {
		t.Errorf("with the other end down and a smaller MTU: %v", third.Values)
	}
	if third.Values["network_carrier_changes_total"+device] <= second.Values["network_carrier_changes_total"+device] {
		t.Error("that the link went away was not counted")
	}
	if _, there := third.Values["network_speed_bits_per_second"+device]; there {
		t.Error("an interface that is down has a speed")
	}
	plugintest.Output(t, "ip", "-netns", n.far, "link", "set", "uv1", "up")
	if again := n.job(t, "collect"); again.Values[`network_carrier{device="uv0",kind="virtual"}`] != 1 {
		t.Error("the link has not come back")
	}

	var shown struct {
		Interfaces []struct {
			Name      string
			Addresses []string
		}
	}
	if err := json.Unmarshal(second.Snapshot, &shown); err != nil {
		t.Fatal(err)
	}
	addresses := ""
	for _, i := range shown.Interfaces {
		addresses += i.Name + " " + strings.Join(i.Addresses, " ") + "\n"
	}
	if !strings.Contains(addresses, "uv0 "+nearAddress+"/24") {
		t.Errorf("the addresses are\n%s", addresses)
	}
}

func TestSocketsInEveryState(t *testing.T) {
	t.Parallel()
	n := newNamespaces(t)
	if _, err := exec.LookPath("ss"); err != nil {
		plugintest.Skip(t, "ss (iproute2) is not installed")
	}
	// That nobody is there is not found out before the states are looked at.
	plugintest.Output(t, "ip", "-netns", n.near, "neighbour", "add", missingAddress, "lladdr", "02:00:00:00:00:99", "dev", "uv0", "nud", "permanent")
	r := n.job(t, "states")
	want := map[string]float64{
		"listen": 1, "established": 2, "fin_wait2": 1, "close_wait": 1, "time_wait": 1, "syn_sent": 1,
		"syn_recv": 0, "fin_wait1": 0, "closing": 0, "last_ack": 0, "close": 0,
	}
	words := map[string]string{
		"LISTEN": "listen", "ESTAB": "established", "FIN-WAIT-2": "fin_wait2", "CLOSE-WAIT": "close_wait",
		"TIME-WAIT": "time_wait", "SYN-SENT": "syn_sent",
	}
	said := make(map[string]float64)
	for line := range strings.Lines(r.SS) {
		said[words[strings.Fields(line)[0]]]++
	}
	for state, count := range want {
		got := r.Values[fmt.Sprintf("network_tcp_connections{state=%q}", state)]
		if got != count || said[state] != count {
			t.Errorf("%s: unity %v, ss %v, opened %v", state, got, said[state], count)
		}
	}
	if len(r.Problems) != 0 {
		t.Errorf("problems: %v", r.Problems)
	}
}

func TestPings(t *testing.T) {
	t.Parallel()
	n := newNamespaces(t)
	r := n.job(t, "ping")
	label := func(metric, address string) string { return fmt.Sprintf("%s{destination=%q}", metric, address) }
	if loss, there := r.Values[label("network_ping_loss_ratio", farAddress)]; !there || loss != 0 {
		t.Fatalf("pinging the other end: %v %v, %v", there, loss, r.Problems)
	}
	if trip := r.Values[label("network_ping_rtt_seconds", farAddress)]; trip <= 0 || trip > 1 {
		t.Errorf("a ping took %v s", trip)
	}
	if loss := r.Values[label("network_ping_loss_ratio", missingAddress)]; loss != 1 {
		t.Errorf("of the pings to nobody %v are lost", loss)
	}
	if _, there := r.Values[label("network_ping_rtt_seconds", missingAddress)]; there {
		t.Error("a ping to nobody came back")
	}
}

func TestAPingTargetWithoutAddressIsAProblem(t *testing.T) {
	t.Parallel()
	collector := plugintest.Live(t, network.Plugin(), `{"probe_targets": ["no-such-host.invalid"]}`)
	batch := plugintest.Collect(t, network.Plugin(), collector)
	for _, problem := range batch.Problems() {
		if fault.Of(problem) == fault.DNS && strings.Contains(problem.Error(), "no-such-host.invalid") {
			return
		}
	}
	t.Errorf("problems are %v", batch.Problems())
}

func TestAnOpenPortIsShownWithItsProgram(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	port := netip.MustParseAddrPort(listener.Addr().String()).Port()
	batch := plugintest.Collect(t, network.Plugin(), plugintest.Live(t, network.Plugin(), `{}`))
	var shown struct {
		Listeners []struct {
			Proto, Address, Process string
			Port                    uint16
			PID                     int
		}
	}
	if err := json.Unmarshal(batch.Snapshot(), &shown); err != nil {
		t.Fatal(err)
	}
	for _, l := range shown.Listeners {
		if l.Port == port && l.Proto == "tcp" && l.Address == "127.0.0.1" && l.PID == os.Getpid() && l.Process != "" {
			return
		}
	}
	t.Errorf("port %d is not among %+v", port, shown.Listeners)
}
