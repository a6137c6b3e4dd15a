package network

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"sync"
	"time"

	probing "github.com/prometheus-community/pro-bing"

	"github.com/unity-homelab/unity/fault"
)

// Each target gets three packets in each collection.
const (
	pingCount    = 3
	pingInterval = 200 * time.Millisecond
	pingPatience = 2 * time.Second
)

// echo is how a target answered.
type echo struct {
	Target    string
	Loss      float64
	RoundTrip time.Duration // mean; meaningless when all are lost
	Err       error
}

// pingAll pings the targets at once.
func pingAll(ctx context.Context, targets []target, ping func(context.Context, string) (echo, error)) []echo {
	echoes := make([]echo, len(targets))
	var group sync.WaitGroup
	for i, t := range targets {
		group.Go(func() {
			e, err := ping(ctx, t.Address)
			e.Target, e.Err = t.Name, err
			echoes[i] = e
		})
	}
	group.Wait()
	return echoes
}

// target is what is pinged: a name for people, and an address.
type target struct{ Name, Address string }

// ping sends echo requests over an unprivileged ping socket, or over a raw one
// where the former is not allowed and the latter is.
func ping(ctx context.Context, address string) (echo, error) {
	resolved, err := resolve(ctx, address)
	if err != nil {
		return echo{}, fault.As(fault.DNS, err, "looking up %s to ping it", address)
	}
	e, err := send(ctx, resolved, false)
	if errors.Is(err, fs.ErrPermission) {
		if privileged, errRaw := send(ctx, resolved, true); errRaw == nil {
			return privileged, nil
		}
		return echo{}, fault.As(fault.Permission, err, "pinging %s", address).
			WithHint("let this program's group ping: sysctl net.ipv4.ping_group_range='0 2147483647', or give it CAP_NET_RAW")
	}
	if fault.Of(err) == fault.Unreachable {
		return echo{Loss: 1}, nil // there is no way there, which is an answer
	}
	if err != nil {
		return echo{}, fault.Wrap(err, "pinging %s", address)
	}
	return e, nil
}

// resolve looks up a name, or reads an address with its zone.
func resolve(ctx context.Context, address string) (*net.IPAddr, error) {
	found, err := (&net.Resolver{}).LookupIPAddr(ctx, address)
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		if a.IP.To4() != nil {
			return &a, nil
		}
	}
	if len(found) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: address, IsNotFound: true}
	}
	return &found[0], nil
}

func send(ctx context.Context, address *net.IPAddr, privileged bool) (echo, error) {
	pinger := probing.New(address.String())
	pinger.SetIPAddr(address)
	pinger.SetPrivileged(privileged)
	pinger.SetLogger(probing.NoopLogger{})
	pinger.Count, pinger.Interval, pinger.Timeout = pingCount, pingInterval, pingPatience
	pinger.RecordRtts, pinger.RecordTTLs = false, false
	if err := pinger.RunWithContext(ctx); err != nil {
		return echo{}, err
	}
	stats := pinger.Statistics()
	if stats.PacketsSent == 0 {
		return echo{}, ctx.Err()
	}
	return echo{Loss: stats.PacketLoss / 100, RoundTrip: stats.AvgRtt}, nil
}
