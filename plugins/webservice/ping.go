package webservice

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strconv"
	"syscall"
	"time"

	probing "github.com/prometheus-community/pro-bing"

	"github.com/unity-homelab/unity/fault"
)

// checkPing sends pings. It is the one check that does not go through the
// host's dialer, which has no way to open an ICMP socket.
func (c *collector) checkPing(ctx context.Context, r *result) error {
	name := c.plan.target.Hostname()
	what := "pinging " + name
	addresses, err := c.lookup(ctx, name)
	if err != nil {
		return c.unreached(r, &stopwatch{now: c.host.Now}, what, err)
	}
	at := addresses[0]
	r.address, r.ip = at.String(), 6
	if at.Is4() {
		r.ip = 4
	}
	stats, err := c.send(ctx, at.AsSlice(), false)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EPROTONOSUPPORT) {
		stats, err = c.send(ctx, at.AsSlice(), true)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.As(fault.Permission, err, "%s", what).
			WithHint("let net.ipv4.ping_group_range include the group that runs Unity, or give it CAP_NET_RAW")
	case err != nil:
		return c.unreached(r, &stopwatch{now: c.host.Now}, what, err)
	}
	r.judgePings(stats, what)
	return nil
}

func (r *result) judgePings(stats *probing.Statistics, what string) {
	r.ping = &ping{
		min: stats.MinRtt, avg: stats.AvgRtt, max: stats.MaxRtt,
		loss: 1 - float64(stats.PacketsRecv)/float64(max(stats.PacketsSent, 1)),
	}
	if stats.PacketsRecv == 0 {
		r.fail(reasonLoss, what+": none of "+strconv.Itoa(stats.PacketsSent)+" pings was answered",
			"see whether the host is up; some do not answer to ping")
	}
}

// send pings as often as the config says, evenly within the time there is.
func (c *collector) send(ctx context.Context, at net.IP, raw bool) (*probing.Statistics, error) {
	pinger := probing.New("")
	pinger.SetIPAddr(&net.IPAddr{IP: at})
	pinger.SetPrivileged(raw)
	pinger.SetLogger(probing.NoopLogger{})
	pinger.Count = c.plan.PingCount
	pinger.RecordRtts = false
	pinger.Interval = 200 * time.Millisecond
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		pinger.Interval = min(pinger.Interval, left/time.Duration(2*c.plan.PingCount))
		pinger.Timeout = left
	}
	err := pinger.RunWithContext(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return pinger.Statistics(), nil
}
