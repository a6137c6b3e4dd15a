package firewall

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// askOPNsense asks an OPNsense. Its key is the user, the secret the password.
func (a *appliance) askOPNsense(ctx context.Context, out *plugin.Batch) (*box, error) {
	b := &box{load: make(map[string]float64), heat: make(map[string]float64)}
	var firmware struct {
		Version  string            `json:"product_version"`
		Status   string            `json:"status"`
		Reboot   figure            `json:"needs_reboot"`
		New      []json.RawMessage `json:"new_packages"`
		Upgrades []json.RawMessage `json:"upgrade_packages"`
		Product  struct {
			Version string `json:"product_version"`
		} `json:"product"`
	}
	var gateways struct {
		Items []opnGateway `json:"items"`
		Rows  []opnGateway `json:"rows"`
	}
	var states struct{ Current, Limit figure }
	var statistics struct {
		Interfaces map[string]map[string]json.RawMessage `json:"interfaces"`
	}
	var traffic struct {
		Interfaces map[string]struct {
			Name     string `json:"name"`
			Received figure `json:"bytes received"`
			Sent     figure `json:"bytes transmitted"`
			InErrors figure `json:"input errors"`
			Errors   figure `json:"output errors"`
		} `json:"interfaces"`
	}
	var services struct {
		Rows []struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Running     figure `json:"running"`
		} `json:"rows"`
	}
	var status map[string]json.RawMessage
	var heat []struct {
		Device      string `json:"device"`
		Temperature figure `json:"temperature"`
	}
	err := a.askAll(ctx, b, []part{
		{"/api/core/firmware/status", &firmware, func() {
			b.version = plugin.Shorten(cmp.Or(firmware.Version, firmware.Product.Version), 40)
			if firmware.Status == "none" || firmware.Status == "" {
				return // it has not looked for updates yet
			}
			n := float64(len(firmware.New) + len(firmware.Upgrades))
			b.updates = &n
			if firmware.Reboot.there {
				reboot := firmware.Reboot.is()
				b.reboot = &reboot
			}
		}},
		{"/api/routes/gateway/status", &gateways, func() {
			for _, g := range append(gateways.Items, gateways.Rows...) {
				b.gateways = append(b.gateways, g.gateway())
			}
		}},
		{"/api/diagnostics/firewall/pf_states", &states, func() { b.states, b.limit = &states.Current, &states.Limit }},
		{"/api/diagnostics/traffic/interface", &traffic, func() {
			for _, key := range slices.Sorted(maps.Keys(traffic.Interfaces)) {
				t := traffic.Interfaces[key]
				b.ports = append(b.ports, port{
					Name: plugin.Shorten(cmp.Or(t.Name, key), 60), Received: t.Received.scaled(1), Sent: t.Sent.scaled(1), InErrors: t.InErrors.scaled(1), Errors: t.Errors.scaled(1),
				})
			}
		}},
		{"/api/diagnostics/firewall/pf_statistics/interfaces", &statistics, func() {
			for _, device := range slices.Sorted(maps.Keys(statistics.Interfaces)) {
				if packets := opnPackets(statistics.Interfaces[device]); len(packets) > 0 {
					b.ports = append(b.ports, port{Name: plugin.Shorten(device, 60), packets: packets})
				}
			}
		}},
		{"/api/core/service/search", &services, func() {
			for _, s := range services.Rows {
				b.services = append(b.services, service{Name: plugin.Shorten(s.Name, 60), Title: plugin.Shorten(s.Description, 100), Running: s.Running.is()})
			}
		}},
		{"/api/core/system/status", &status, func() { b.subsystems = opnSubsystems(status) }},
		{"/api/diagnostics/system/system_temperature", &heat, func() {
			for _, h := range heat {
				if celsius, known := h.Temperature.known(); known && h.Device != "" {
					b.heat[plugin.Shorten(h.Device, 60)] = celsius
				}
			}
		}},
	}, out, "see whether an OPNsense of at least 23.7 answers at this address")
	return b, err
}

type opnGateway struct {
	Name       string `json:"name"`
	Address    string `json:"address"`
	Status     string `json:"status"`
	Translated string `json:"status_translated"`
	Delay      figure `json:"delay"`
	Loss       figure `json:"loss"`
}

// gateway reads the status: down and force_down are down, loss and delay are up
// and not well, and none is up, or one that nobody watches.
func (g opnGateway) gateway() gateway {
	const milli, percent = 0.001, 0.01
	made := gateway{
		Name: plugin.Shorten(g.Name, 60), Address: plugin.Shorten(strings.TrimPrefix(g.Address, "~"), 60), Status: plugin.Shorten(strings.ToLower(cmp.Or(g.Translated, g.Status)), 40),
		RTT: g.Delay.scaled(milli), Loss: g.Loss.scaled(percent),
	}
	switch {
	case strings.Contains(g.Status, "down"), strings.EqualFold(g.Translated, "offline"):
		made.up, made.RTT = yes(false), nil // 0 ms is said of what does not answer
	case made.RTT != nil || made.Loss != nil:
		made.up = yes(true)
	default:
		made.Status = "unmonitored"
	}
	return made
}

// opnPackets reads names such as in4_block_packets.
func opnPackets(fields map[string]json.RawMessage) map[packetKey]float64 {
	packets := make(map[packetKey]float64)
	for name, raw := range fields {
		words := strings.Split(name, "_")
		if len(words) != 3 || words[2] != "packets" || words[1] != "pass" && words[1] != "block" {
			continue
		}
		var n figure
		if err := json.Unmarshal(raw, &n); err != nil {
			continue
		}
		direction, isIn := strings.CutPrefix(words[0], "in")
		k := packetKey{direction: "in", action: words[1]}
		if !isIn {
			direction, k.direction = strings.TrimPrefix(words[0], "out"), "out"
		}
		switch direction {
		case "4":
			k.family = "ip"
		case "6":
			k.family = "ip6"
		default:
			continue
		}
		if value, known := n.known(); known {
			packets[k] = value
		}
	}
	return packets
}

// opnSubsystems reads what watches over the system: by name, or, in newer
// versions, one level deeper.
func opnSubsystems(status map[string]json.RawMessage) []subsystem {
	if raw, deeper := status["subsystems"]; deeper {
		status = nil
		if json.Unmarshal(raw, &status) != nil {
			return nil
		}
	}
	var list []subsystem
	for _, name := range slices.Sorted(maps.Keys(status)) {
		var s struct {
			Status  string  `json:"status"`
			Code    *figure `json:"statusCode"`
			Message string  `json:"message"`
		}
		if json.Unmarshal(status[name], &s) != nil || s.Status == "" {
			continue
		}
		list = append(list, subsystem{
			Name: plugin.Shorten(name, 60), Status: plugin.Shorten(strings.ToLower(s.Status), 40), Message: plugin.Shorten(s.Message, 200), ok: strings.EqualFold(s.Status, "ok"),
		})
	}
	return list
}
