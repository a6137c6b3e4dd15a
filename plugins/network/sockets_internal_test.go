//go:build linux

package network

import (
	"cmp"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// TestNetlinkSaysWhatTheTextSays compares both ways to the same sockets on this
// machine, while some are open.
func TestNetlinkSaysWhatTheTextSays(t *testing.T) {
	t.Parallel()
	mine := make(map[uint16]bool)
	for _, at := range []struct{ network, address string }{{"tcp4", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}} {
		listener, err := new(net.ListenConfig).Listen(t.Context(), at.network, at.address)
		if err != nil {
			continue // no IPv6 here
		}
		t.Cleanup(func() { _ = listener.Close() })
		mine[netip.MustParseAddrPort(listener.Addr().String()).Port()] = true
	}
	packets, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = packets.Close() })
	mine[netip.MustParseAddrPort(packets.LocalAddr().String()).Port()] = true

	asked, err := askSockets(true)
	if err != nil {
		plugintest.Skip(t, "netlink does not tell about sockets here: %v", err)
	}
	read := &socketTable{}
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
		data, err := os.ReadFile("/proc/net/" + name)
		if err != nil {
			continue
		}
		protocol := "tcp"
		if name[0] == 'u' {
			protocol = "udp"
		}
		parseSockets(data, protocol, read)
	}
	// Other programs open and close theirs meanwhile.
	own := func(t *socketTable) []listener {
		list := slices.DeleteFunc(slices.Clone(t.Listeners), func(l listener) bool { return !mine[l.Port] })
		slices.SortFunc(list, func(a, b listener) int {
			return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
		})
		return list
	}
	if len(own(asked)) < 2 {
		t.Fatalf("netlink knows only %v", own(asked))
	}
	if diff := gocmp.Diff(own(read), own(asked), cmpopts.EquateComparable(listener{}.Address)); diff != "" {
		t.Errorf("- text, + netlink:\n%s", diff)
	}
}
