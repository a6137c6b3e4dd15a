package gameserver_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/gameserver"
)

// TestThePortOfMinecraftComesFromDNS leads the questions to a name server and a
// game server of the test.
func TestThePortOfMinecraftComesFromDNS(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		host, record string
		want         string
		asks         bool
	}{
		"a record":            {host: "mc.example.org", record: "games.example.org.", want: "games.example.org:25570", asks: true},
		"no record":           {host: "mc.example.org", want: "mc.example.org:25565", asks: true},
		"a port was given":    {host: "mc.example.org:25566", record: "games.example.org.", want: "mc.example.org:25566"},
		"an address":          {host: "192.0.2.7", record: "games.example.org.", want: "192.0.2.7:25565"},
		"a name of the house": {host: "nas", record: "games.example.org.", want: "nas:25565"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := nameServer(t, test.record)
			var dialled atomic.Value
			var asked atomic.Bool
			host := plugintest.LiveHost(t, gameserver.Plugin())
			direct := host.Dial
			host.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasSuffix(address, ":53") {
					asked.Store(true)
					return direct(ctx, "udp", names)
				}
				dialled.Store(address)
				return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
			}
			c := plugintest.Open(t, gameserver.Plugin(), plugintest.Settings{"host": test.host}.JSON(t), host)
			if err := c.Collect(t.Context(), plugin.NewBatch(gameserver.Plugin())); err != nil {
				t.Fatal(err)
			}
			if got := dialled.Load(); got != test.want || asked.Load() != test.asks {
				t.Errorf("it goes to %v, want %s; asked DNS %t, want %t", got, test.want, asked.Load(), test.asks)
			}
		})
	}
}

// nameServer answers every question with one record, or says that there is none.
func nameServer(t *testing.T, target string) (address string) {
	t.Helper()
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		buffer := make([]byte, 2<<10)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return // closed with the test
			}
			var message dnsmessage.Message
			if message.Unpack(buffer[:n]) != nil || len(message.Questions) != 1 {
				continue
			}
			message.Response, message.RCode, message.Additionals = true, dnsmessage.RCodeNameError, nil
			if question := message.Questions[0]; target != "" && question.Name.String() == "_minecraft._tcp.mc.example.org." && question.Type == dnsmessage.TypeSRV {
				message.RCode = dnsmessage.RCodeSuccess
				message.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class, TTL: 60},
					Body:   &dnsmessage.SRVResource{Port: 25570, Target: dnsmessage.MustNewName(target)},
				}}
			}
			if packed, err := message.Pack(); err == nil {
				_, _ = socket.WriteTo(packed, from)
			}
		}
	}()
	return socket.LocalAddr().String()
}
