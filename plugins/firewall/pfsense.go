package firewall

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// askPfSense asks a pfSense that has the package REST API, of its version 2. Each
// answer is in an envelope.
func (a *appliance) askPfSense(ctx context.Context, out *plugin.Batch) (*box, error) {
	b := &box{load: make(map[string]float64), heat: make(map[string]float64)}
	var version struct {
		Data struct {
			Version string `json:"version"`
		} `json:"data"`
	}
	var system struct {
		Data struct {
			Uptime string  `json:"uptime"`
			CPU    figure  `json:"cpu_usage"`
			Memory figure  `json:"mem_usage"`
			Disk   figure  `json:"disk_usage"`
			Heat   *figure `json:"temp_c"`
		} `json:"data"`
	}
	var gateways struct{ Data []pfGateway }
	var interfaces struct{ Data []pfInterface }
	var states struct {
		Data struct {
			Current figure `json:"currentstates"`
			Maximum figure `json:"maximumstates"`
		} `json:"data"`
	}
	var services struct {
		Data []struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Enabled     *bool  `json:"enabled"`
			Status      figure `json:"status"`
		} `json:"data"`
	}
	err := a.askAll(ctx, b, []part{
		{"/api/v2/system/version", &version, func() { b.version = plugin.Shorten(version.Data.Version, 40) }},
		{"/api/v2/status/system", &system, func() {
			s := system.Data
			for what, percent := range map[string]figure{"cpu": s.CPU, "memory": s.Memory, "disk": s.Disk} {
				if ratio := percent.scaled(0.01); ratio != nil {
					b.load[what] = *ratio
				}
			}
			if celsius, known := s.Heat.known(); known && celsius > 0 { // 0 is said where there is no sensor
				b.heat["system"] = celsius
			}
			b.uptime = pfUptime(s.Uptime)
		}},
		{"/api/v2/status/gateways", &gateways, func() {
			for _, g := range gateways.Data {
				b.gateways = append(b.gateways, g.gateway())
			}
		}},
		{"/api/v2/status/interfaces", &interfaces, func() {
			for _, i := range interfaces.Data {
				b.ports = append(b.ports, i.port())
			}
		}},
		{"/api/v2/firewall/states/size", &states, func() { b.states, b.limit = &states.Data.Current, &states.Data.Maximum }},
		{"/api/v2/status/services", &services, func() {
			for _, s := range services.Data {
				if s.Enabled == nil || *s.Enabled {
					b.services = append(b.services, service{Name: plugin.Shorten(s.Name, 60), Title: plugin.Shorten(s.Description, 100), Running: s.Status.is()})
				}
			}
		}},
	}, out, "the package REST API of version 2 is not installed on the pfSense, or another service answers at this address")
	return b, err
}

type pfGateway struct {
	Name      string `json:"name"`
	Monitor   string `json:"monitorip"`
	Delay     figure `json:"delay"`
	Loss      figure `json:"loss"`
	Status    string `json:"status"`
	Substatus string `json:"substatus"`
}

func (g pfGateway) gateway() gateway {
	made := gateway{Name: plugin.Shorten(g.Name, 60), Address: plugin.Shorten(g.Monitor, 60), Status: plugin.Shorten(g.Status, 40)}
	if g.Substatus != "" && g.Substatus != "none" {
		made.Status = plugin.Shorten(g.Status+": "+g.Substatus, 60)
	}
	switch {
	case g.Status == "" || g.Status == "pending":
		return made
	case strings.Contains(g.Status, "down") || g.Status == "offline":
		made.up = yes(false) // its delay says nothing
		made.Loss = g.Loss.scaled(0.01)
	default:
		made.up = yes(true)
		made.RTT, made.Loss = g.Delay.scaled(0.001), g.Loss.scaled(0.01)
	}
	return made
}

type pfInterface struct {
	Name     string `json:"name"`
	Title    string `json:"descr"`
	Status   string `json:"status"`
	Received figure `json:"inbytes"`
	Sent     figure `json:"outbytes"`
	InErrors figure `json:"inerrs"`
	Errors   figure `json:"outerrs"`
	InPass   figure `json:"inpktspass"`
	OutPass  figure `json:"outpktspass"`
	InBlock  figure `json:"inpktsblock"`
	OutBlock figure `json:"outpktsblock"`
}

func (i pfInterface) port() port {
	made := port{
		Name: plugin.Shorten(cmp.Or(i.Title, i.Name), 60), Status: plugin.Shorten(i.Status, 40), packets: make(map[packetKey]float64),
		Received: i.Received.scaled(1), Sent: i.Sent.scaled(1), InErrors: i.InErrors.scaled(1), Errors: i.Errors.scaled(1),
	}
	for k, n := range map[packetKey]figure{
		{"in", "all", "pass"}: i.InPass, {"out", "all", "pass"}: i.OutPass, {"in", "all", "block"}: i.InBlock, {"out", "all", "block"}: i.OutBlock,
	} {
		if value, known := n.known(); known {
			made.packets[k] = value
		}
	}
	return made
}

// pfUptime reads "1 Day 02 Hours 03 Minutes 04 Seconds".
func pfUptime(text string) *float64 {
	words := strings.Fields(text)
	total, read := 0.0, false
	for i := 0; i+1 < len(words); i += 2 {
		n, err := strconv.ParseUint(words[i], 10, 31)
		if err != nil {
			return nil
		}
		seconds, known := map[string]float64{"day": 86400, "hour": 3600, "minute": 60, "second": 1}[strings.TrimSuffix(strings.ToLower(words[i+1]), "s")]
		if !known {
			return nil
		}
		total, read = total+float64(n)*seconds, true
	}
	if !read {
		return nil
	}
	return &total
}
