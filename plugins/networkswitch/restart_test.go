package networkswitch_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/networkswitch"
)

// play serves a device over UDP, which the test may change, until the test ends.
func play(t *testing.T) (port int, played *atomic.Pointer[device]) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	played = new(atomic.Pointer[device])
	played.Store(&device{})
	go func() {
		packet := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return // closed with the test
			}
			if raw := played.Load().answer(packet[:n]); len(raw) > 0 {
				_, _ = conn.WriteTo(raw, from)
			}
		}
	}()
	at, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		t.Fatalf("it listens at %v", conn.LocalAddr())
	}
	return at.Port, played
}

// portsDown is a device with two ports, of which those that are named are down.
func portsDown(ticks int, down ...int) *device {
	var text strings.Builder
	fmt.Fprintf(&text, "1.3.6.1.2.1.1.3.0 ticks %d\n1.3.6.1.2.1.1.5.0 text hall\n", ticks)
	for i := 1; i <= 2; i++ {
		state := 1
		for _, one := range down {
			if one == i {
				state = 2
			}
		}
		fmt.Fprintf(&text, "1.3.6.1.2.1.2.2.1.3.%[1]d int 6\n1.3.6.1.2.1.2.2.1.7.%[1]d int 1\n1.3.6.1.2.1.2.2.1.8.%[1]d int %[2]d\n"+
			"1.3.6.1.2.1.31.1.1.1.1.%[1]d text port%[1]d\n", i, state)
	}
	return parseDevice([]byte(text.String()))
}

func TestWhatWasSeenIsRememberedOverARestart(t *testing.T) {
	t.Parallel()
	at, played := play(t)
	p := networkswitch.Plugin()
	host := plugintest.LiveHost(t, p)
	open := func() plugin.Collector {
		c, err := p.Open(t.Context(), json.RawMessage(fmt.Sprintf(`{"host": "127.0.0.1", "port": %d, "uplink_ports": ["port2"]}`, at)), host)
		if err != nil {
			t.Fatal(err)
		}
		if closer, ok := c.(io.Closer); ok {
			t.Cleanup(func() { _ = closer.Close() })
		}
		return c
	}
	want := func(c plugin.Collector, events ...string) map[string]float64 {
		t.Helper()
		values, batch := collect(t, c)
		var got []string
		for _, event := range batch.Events() {
			got = append(got, string(event.Severity)+" "+event.Title)
		}
		if strings.Join(got, "\n") != strings.Join(events, "\n") {
			t.Errorf("events: %q, want %q", got, events)
		}
		return values
	}
	played.Store(portsDown(1000))
	before := open()
	want(before)
	played.Store(portsDown(2000, 1))
	want(before, "info port port1 of hall went down")

	// Unity is restarted, and meanwhile the uplink goes.
	played.Store(portsDown(3000, 1, 2))
	after := open()
	want(after, "warning port port2 of hall went down")
	if values := want(after); values[`snmp_interface_flaps_total{interface="port1"}`] != 1 {
		t.Errorf("changes of port1: %v", values)
	}
	played.Store(portsDown(500))
	want(after, "info hall was restarted", "info port port1 of hall came up", "info port port2 of hall came up")
}
