package firewall

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// appliance watches an OPNsense or a pfSense over its API.
type appliance struct {
	*fetch.Client

	config config
	host   plugin.Host
}

// box is what an appliance tells of itself.
type box struct {
	version    string
	active     *bool
	states     *figure
	limit      *figure
	updates    *float64
	reboot     *bool
	uptime     *float64
	load       map[string]float64 // ratios: cpu, memory, disk
	heat       map[string]float64
	gateways   []gateway
	ports      []port
	services   []service
	subsystems []subsystem
	missing    []string
}

// gateway is the way to another network.
type gateway struct {
	Name    string   `json:"name"`
	Address string   `json:"address,omitempty"`
	Status  string   `json:"status"`
	RTT     *float64 `json:"rtt_seconds,omitempty"`
	Loss    *float64 `json:"loss_ratio,omitempty"`
	up      *bool    // nil where nobody looks
}

// port is an interface of the appliance.
type port struct {
	Name     string   `json:"name"`
	Status   string   `json:"status,omitempty"`
	Received *float64 `json:"received,omitempty"`
	Sent     *float64 `json:"sent,omitempty"`
	InErrors *float64 `json:"receive_errors,omitempty"`
	Errors   *float64 `json:"transmit_errors,omitempty"`
	packets  map[packetKey]float64
}

// packetKey says which packets of an interface were counted.
type packetKey struct{ direction, family, action string }

type service struct {
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Running bool   `json:"running"`
}

type subsystem struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
	ok      bool
}

// Collect implements plugin.Collector.
func (a *appliance) Collect(ctx context.Context, out *plugin.Batch) error {
	ask := a.askOPNsense
	if a.config.Type == pfsense {
		ask = a.askPfSense
	}
	b, err := ask(ctx, out)
	if err != nil {
		return err
	}
	b.emit(a.config.Type, out)
	if err := a.tell(b, out); err != nil {
		return err
	}
	out.SetSnapshot(b.document(a.config.Type))
	return nil
}

// part is one question, and what takes the answer.
type part struct {
	path string
	into any
	take func()
}

// askAll asks one question after the other. What this version does not have is
// left out and said in the snapshot; what the login may not see, and what makes no
// sense, is a problem. It is a fault when nothing was answered.
func (a *appliance) askAll(ctx context.Context, b *box, parts []part, out *plugin.Batch, hint string) error {
	answered := 0
	var first error
	for _, p := range parts {
		err := a.GetJSON(ctx, p.path, p.into)
		if err == nil {
			answered++
			p.take()
			continue
		}
		status := (*fetch.StatusError)(nil)
		refused := errors.As(err, &status)
		switch kind := fault.Of(err); {
		case refused && status.Status == 404:
			b.missing = append(b.missing, p.path)
			err = fault.As(fault.WrongService, err, "").WithHint("%s", hint)
		case refused && status.Status == 403:
			err = fault.As(fault.Permission, err, "").WithHint("the user of the key lacks the privilege for %s", p.path)
			out.Problem(err)
		case kind == fault.BadAnswer || kind == fault.WrongService && answered > 0:
			out.Problem(err)
		default:
			return err // it is away, or the login is wrong: more questions help nobody
		}
		if first == nil {
			first = err
		}
	}
	if answered == 0 {
		return first
	}
	return nil
}

func (b *box) emit(backend string, out *plugin.Batch) {
	out.Add("firewall_info", 1, "backend", backend, "version", b.version)
	if b.active != nil {
		out.AddBool("firewall_active", *b.active)
	}
	for name, value := range map[string]*float64{"firewall_updates_available": b.updates, "firewall_uptime_seconds": b.uptime} {
		if value != nil {
			out.Add(name, *value)
		}
	}
	if b.reboot != nil {
		out.AddBool("firewall_reboot_required", *b.reboot)
	}
	states, known := b.states.known()
	if known {
		out.Add("pf_states", states)
	}
	if limit, bounded := b.limit.known(); bounded && limit > 0 {
		out.Add("pf_states_limit", limit)
		if known {
			out.Add("pf_states_usage_ratio", states/limit)
		}
	}
	for what, ratio := range b.load {
		out.Add("firewall_"+what+"_ratio", ratio)
	}
	for sensor, celsius := range b.heat {
		out.Add("firewall_temperature_celsius", celsius, "sensor", sensor)
	}
	for _, g := range b.gateways {
		if g.up != nil {
			out.AddBool("firewall_gateway_up", *g.up, "gateway", g.Name)
		}
		if g.RTT != nil {
			out.Add("firewall_gateway_rtt_seconds", *g.RTT, "gateway", g.Name)
		}
		if g.Loss != nil {
			out.Add("firewall_gateway_loss_ratio", *g.Loss, "gateway", g.Name)
		}
	}
	for _, p := range b.ports {
		p.emit(out)
	}
	for _, s := range b.services {
		out.AddBool("firewall_service_running", s.Running, "service", s.Name)
	}
	for _, s := range b.subsystems {
		out.AddBool("firewall_subsystem_ok", s.ok, "subsystem", s.Name)
	}
}

func (p *port) emit(out *plugin.Batch) {
	for name, value := range map[string]*float64{
		"firewall_interface_receive_bytes_total": p.Received, "firewall_interface_transmit_bytes_total": p.Sent,
		"firewall_interface_receive_errors_total": p.InErrors, "firewall_interface_transmit_errors_total": p.Errors,
	} {
		if value != nil {
			out.Add(name, *value, "interface", p.Name)
		}
	}
	for k, packets := range p.packets {
		out.Add("firewall_interface_packets_total", packets, "interface", p.Name, "direction", k.direction, "family", k.family, "action", k.action)
	}
}

func (b *box) document(backend string) *document {
	d := &document{
		Summary: summary{
			Backend: backend, Version: b.version, Updates: b.updates, Reboot: b.reboot, Uptime: b.uptime, Missing: b.missing,
		},
		Gateways: first(b.gateways), Interfaces: first(b.ports), Services: first(b.services), Subsystems: first(b.subsystems),
	}
	if b.active != nil {
		d.Summary.State = map[bool]string{true: "active", false: "off"}[*b.active]
	}
	if states, known := b.states.known(); known {
		limit, _ := b.limit.known()
		d.Summary.Connections = &connections{Entries: states, Limit: limit}
	}
	return d
}

// tell tells which gateways went and came back, and that a restart is due.
func (a *appliance) tell(b *box, out *plugin.Batch) error {
	type state struct {
		Gateways map[string]bool `json:"gateways"`
		Reboot   bool            `json:"reboot"`
	}
	was, known := plugin.Recall[state](a.host.State, keySeen)
	now := state{Gateways: make(map[string]bool), Reboot: was.Reboot}
	for _, g := range b.gateways {
		if g.up == nil {
			continue
		}
		now.Gateways[g.Name] = *g.up
		before, seen := was.Gateways[g.Name]
		switch {
		case !seen || before == *g.up:
		case *g.up:
			out.Event(plugin.Event{Kind: "gateway_up", Severity: plugin.Info, Title: "The gateway " + g.Name + " is up", Detail: map[string]string{"gateway": g.Name}})
		default:
			out.Event(plugin.Event{Kind: "gateway_down", Severity: plugin.Critical, Title: "The gateway " + g.Name + " is down", Detail: map[string]string{"gateway": g.Name}})
		}
	}
	if b.reboot != nil {
		if now.Reboot = *b.reboot; known && now.Reboot && !was.Reboot {
			out.Event(plugin.Event{Kind: "reboot_required", Severity: plugin.Info, Title: "The firewall wants to be restarted"})
		}
	}
	return plugin.Keep(a.host.State, keySeen, now)
}

// figure is a number that may be written as a text, with a unit behind it: 12,
// "12", "12.3 ms", "0.0 %". What is no number, such as "~", is not known.
type figure struct {
	value float64
	there bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *figure) UnmarshalJSON(text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	*f = figure{}
	switch v := v.(type) {
	case float64:
		*f = figure{v, true}
	case bool:
		if v {
			f.value = 1
		}
		f.there = true
	case string:
		number, _, _ := strings.Cut(strings.TrimSpace(v), " ")
		number = strings.TrimRight(number, "%msC°")
		if n, err := strconv.ParseFloat(number, 64); err == nil && n-n == 0 { // and not infinite
			*f = figure{n, true}
		}
	}
	return nil
}

func (f *figure) known() (float64, bool) {
	if f == nil || !f.there || f.value < 0 {
		return 0, false
	}
	return f.value, true
}

// scaled is the number in another unit, or nil where it is not known.
func (f *figure) scaled(by float64) *float64 {
	n, known := f.known()
	if !known {
		return nil
	}
	n *= by
	return &n
}

// is reports whether the number is known and not 0.
func (f *figure) is() bool {
	n, known := f.known()
	return known && n != 0
}
