//go:build !linux

package network

import (
	"context"
	stdnet "net"
	"time"

	"github.com/shirou/gopsutil/v4/net"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// reader looks at the machine with what gopsutil and the standard library know
// about it: interfaces, their traffic and addresses.
type reader struct {
	config Config
	owners owners
}

func newReader(config Config, _ plugin.Host) *reader { return &reader{config: config} }

// look takes the survey of this moment.
func (r *reader) look(ctx context.Context) (survey, error) {
	links, err := r.links(ctx)
	return survey{Namespace: "this machine's", Links: links}, err
}

// links reads the wanted interfaces.
func (r *reader) links(ctx context.Context) ([]link, error) {
	counted, err := net.IOCountersWithContext(ctx, true)
	if err != nil {
		return nil, fault.Wrap(err, "reading the counters of network interfaces")
	}
	var links []link
	for _, c := range counted {
		if !plugin.Selects(r.config.Interfaces, r.config.InterfaceExclude, c.Name) {
			continue
		}
		l := link{Name: c.Name, Kind: "ethernet", Counters: linkCounters{
			ReceivedBytes: c.BytesRecv, ReceivedPackets: c.PacketsRecv, ReceiveErrors: c.Errin, ReceiveDropped: c.Dropin,
			SentBytes: c.BytesSent, SentPackets: c.PacketsSent, SendErrors: c.Errout, SendDropped: c.Dropout,
		}}
		describe(&l)
		links = append(links, l)
	}
	return links, nil
}

func describe(l *link) {
	known, err := stdnet.InterfaceByName(l.Name)
	if err != nil {
		return // unplugged a moment ago
	}
	l.MTU, l.MAC = int64(known.MTU), known.HardwareAddr.String()
	l.State = "down"
	if l.Up = known.Flags&stdnet.FlagRunning != 0; l.Up {
		l.State = "up"
	}
	switch {
	case known.Flags&stdnet.FlagLoopback != 0:
		l.Kind = "loopback"
	case known.Flags&stdnet.FlagPointToPoint != 0:
		l.Kind = "tunnel"
	}
	addresses, err := known.Addrs()
	if err != nil {
		return
	}
	for _, a := range addresses {
		l.Addresses = append(l.Addresses, a.String())
	}
}

// owners knows nothing here: sockets are not listed.
type owners struct{}

// owner is the process that a socket belongs to.
type owner struct {
	PID     int
	Process string
	Unit    string
}

func (*owners) find(context.Context, []listener, time.Time) map[uint64]*owner { return nil }
