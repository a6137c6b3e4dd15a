package networkswitch

import (
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of what a run learned.
func (c *collector) emit(s *survey, out *plugin.Batch) {
	out.Add("snmp_device_info", 1, c.infoLabels(s)...)
	if s.uptime > 0 {
		out.Add("snmp_uptime_seconds", s.uptime)
	}
	c.emitCounts(s, out)
	for _, p := range s.ports {
		if p.watched {
			emitPort(p, out)
		}
		if p.real() && slices.Contains(c.config.Uplinks, p.name) {
			out.AddBool("snmp_uplink_up", p.up(), "interface", p.name)
		}
	}
	for _, b := range s.budgets {
		out.Add("snmp_poe_power_budget_watts", b.watts, "group", b.group)
		if b.usedKnown {
			out.Add("snmp_poe_power_used_watts", b.used, "group", b.group)
			out.Add("snmp_poe_usage_ratio", b.used/b.watts, "group", b.group)
		}
	}
	for _, one := range s.sensors {
		if one.known {
			out.Add(one.metric, one.value, "sensor", one.name)
		}
		out.AddBool("snmp_sensor_ok", one.ok, "sensor", one.name)
	}
	if s.resources.cpuKnown {
		out.Add("snmp_cpu_ratio", s.resources.cpu)
	}
	if s.resources.memoryKnown {
		out.Add("snmp_memory_used_ratio", s.resources.memory)
	}
	for name, ratio := range s.resources.storage {
		out.Add("snmp_storage_used_ratio", ratio, "storage", name)
	}
	for _, one := range s.custom {
		labels := []string{"name", one.name}
		if one.index != "" {
			labels = append(labels, "index", one.index)
		}
		if one.counter {
			out.Add("snmp_custom_total", one.value, labels...)
		} else {
			out.Add("snmp_custom", one.value, labels...)
		}
	}
}

// infoLabels say what the device is; what it does not tell is left out.
func (c *collector) infoLabels(s *survey) []string {
	var labels []string
	model, _, software := c.model()
	for _, label := range []struct{ name, value string }{
		{"sys_name", textAt(s.system, sysName)}, {"model", model}, {"vendor", s.vendor()}, {"software", software},
	} {
		if label.value != "" {
			labels = append(labels, label.name, label.value)
		}
	}
	return labels
}

// textAt returns the text of a single value, or nothing.
func textAt(found scalars, oid string) string {
	if v, ok := found[oid]; ok {
		return v.text()
	}
	return ""
}

// portState is how a port stands, for counting.
func portState(p *port) string {
	switch {
	case p.disabled():
		return "disabled"
	case p.up():
		return "up"
	default:
		return "down"
	}
}

// emitCounts counts what there is.
func (c *collector) emitCounts(s *survey, out *plugin.Batch) {
	counts := make(map[string]float64)
	for _, p := range s.ports {
		if p.real() {
			counts[portState(p)]++
		}
	}
	if len(s.ports) > 0 {
		for _, state := range []string{"up", "down", "disabled"} {
			out.Add("snmp_interfaces", counts[state], "state", state)
		}
	}
	for _, one := range []struct {
		part, metric string
		count        int
	}{
		{partLLDP, "snmp_lldp_neighbors", len(c.slow.neighbours)},
		{partMAC, "snmp_mac_addresses", c.slow.counted},
		{partVLAN, "snmp_vlans", len(c.slow.vlans)},
	} {
		if c.slow.known[one.part] {
			out.Add(one.metric, float64(one.count))
		}
	}
	if v, ok := s.system[stpChanges]; ok && v.isNumber() {
		out.Add("snmp_stp_topology_changes_total", v.number)
	}
}

func emitPort(p *port, out *plugin.Batch) {
	labels := []string{"interface", p.name}
	if p.alias != "" {
		labels = append(labels, "alias", p.alias)
	}
	with := func(more ...string) []string { return append(slices.Clone(labels), more...) }
	if p.oper != "" {
		out.AddBool("snmp_interface_oper_up", p.up(), labels...)
	}
	if p.admin != "" {
		out.AddBool("snmp_interface_admin_up", !p.disabled(), labels...)
	}
	if p.speed > 0 && p.up() {
		out.Add("snmp_interface_speed_bits_per_second", p.speed, labels...)
	}
	if p.duplex != "" && p.up() {
		out.AddBool("snmp_interface_full_duplex", p.duplex == "full", labels...)
	}
	for _, one := range counters() {
		value, ok := p.counters[one.id()]
		switch {
		case !ok:
		case one.label != "":
			out.Add(one.metric, value, with(one.label, one.value)...)
		default:
			out.Add(one.metric, value, labels...)
		}
	}
	for _, direction := range []string{"receive", "transmit"} {
		if ratio, ok := p.usage[direction]; ok {
			out.Add("snmp_interface_utilization_ratio", ratio, with("direction", direction)...)
		}
		if ratio, ok := p.wrong[direction]; ok {
			out.Add("snmp_interface_error_ratio", ratio, with("direction", direction)...)
		}
	}
	if p.changed > 0 {
		out.Add("snmp_interface_last_change_timestamp_seconds", p.changed, labels...)
	}
	if p.real() {
		out.Add("snmp_interface_flaps_total", p.flaps, labels...)
	}
	if p.poe != "" {
		out.AddBool("snmp_poe_port_delivering", p.poe == poeDelivering, labels...)
		out.AddBool("snmp_poe_port_fault", p.poe == poeFault, labels...)
	}
	if p.poeClassKnown {
		out.Add("snmp_poe_port_class", p.poeClass, labels...)
	}
	if p.stp != "" && p.up() {
		out.AddState("snmp_stp_port_state", p.stp, stpStates(), labels...)
	}
}
