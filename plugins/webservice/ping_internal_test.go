package webservice

import (
	"testing"
	"time"

	probing "github.com/prometheus-community/pro-bing"
)

func TestLostPingsAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, received int
		loss           float64
		reason         string
	}{
		{4, 4, 0, ""},
		{4, 3, 0.25, ""},
		{4, 0, 1, reasonLoss},
		{0, 0, 1, reasonLoss}, // the time was over before the first
	} {
		r := &result{}
		r.judgePings(&probing.Statistics{PacketsSent: c.sent, PacketsRecv: c.received, AvgRtt: time.Millisecond}, "pinging nas")
		if r.ping.loss != c.loss || r.reason != c.reason {
			t.Errorf("%d of %d: loss %v, reason %q: %s", c.received, c.sent, r.ping.loss, r.reason, r.message)
		}
	}
}
