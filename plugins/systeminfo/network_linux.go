package systeminfo

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// networkPart adds up the traffic of the interfaces through which the machine
// reaches the world. Bridges, tunnels and the like carry the same bytes again.
type networkPart struct {
	files  plugin.Files
	looked time.Time
	nics   []string // folders
	totals [4]total
}

func (p *networkPart) collect(_ context.Context, r *run) error {
	const again = time.Minute
	if p.looked.IsZero() || r.now.Sub(p.looked) >= again {
		p.nics, p.looked = p.look(), r.now
	}
	for i, counter := range []struct{ metric, file string }{
		{"system_network_receive_bytes_total", "rx_bytes"},
		{"system_network_transmit_bytes_total", "tx_bytes"},
		{"system_network_receive_packets_total", "rx_packets"},
		{"system_network_transmit_packets_total", "tx_packets"},
	} {
		now := make(map[string]float64, len(p.nics))
		for _, nic := range p.nics {
			if n, ok := count(p.files, nic+"/statistics/"+counter.file); ok {
				now[nic] = n
			}
		}
		sum := p.totals[i].add(now)
		if len(now) > 0 {
			r.out.Add(counter.metric, sum)
		}
	}
	return nil
}

// look returns the interfaces with a device behind them. In a container there is
// none; what stands in for them has the usual names.
func (p *networkPart) look() []string {
	var physical, named []string
	for _, nic := range list(p.files, "/sys/class/net", "") {
		name := nic[strings.LastIndexByte(nic, '/')+1:]
		switch {
		case there(p.files, nic+"/device"):
			physical = append(physical, nic)
		case strings.HasPrefix(name, "eth"), strings.HasPrefix(name, "en"), strings.HasPrefix(name, "wl"):
			if !strings.ContainsAny(name, ".:@") { // a VLAN's bytes pass its parent too
				named = append(named, nic)
			}
		}
	}
	if len(physical) > 0 {
		return physical
	}
	return named
}
