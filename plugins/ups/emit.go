package ups

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of a UPS. Of one that is lost there is nothing but that.
func emit(d *device, past *past, now time.Time, out *plugin.Batch) {
	for _, state := range states() {
		out.AddBool("ups_status", d.is(state), "ups", d.Name, "state", state)
	}
	if d.Lost != "" {
		return
	}
	out.Add("ups_info", 1, infoLabels(d)...)
	for metric, value := range d.Values {
		out.Add(metric, value, "ups", d.Name)
	}
	if _, counted := d.value("ups_transfers_total"); !counted {
		out.Add("ups_transfers_total", past.Transfers, "ups", d.Name)
		out.Add("ups_time_on_battery_seconds", past.onBatteryFor(now), "ups", d.Name)
		out.Add("ups_time_on_battery_seconds_total", past.OnBattery+past.onBatteryFor(now), "ups", d.Name)
	}
	if d.Test.State != "" {
		out.AddState("ups_self_test", d.Test.State, testStates(), "ups", d.Name)
	}
	for _, outlet := range d.Outlets {
		out.AddBool("ups_outlet_on", outlet.On, "ups", d.Name, "outlet", outlet.Name)
	}
	if d.ClientsKnown {
		out.Add("ups_clients", float64(len(d.Clients)), "ups", d.Name)
	}
	for name, value := range d.Extra {
		out.Add("ups_variable", value, "ups", d.Name, "variable", name)
	}
}

// infoLabels say what the UPS is; what it does not tell is left out.
func infoLabels(d *device) []string {
	labels := []string{"ups", d.Name}
	for _, label := range []struct{ name, value string }{
		{"model", d.Model}, {"manufacturer", d.Manufacturer}, {"serial", d.Serial}, {"firmware", d.Firmware}, {"driver", d.Driver},
	} {
		if label.value != "" {
			labels = append(labels, label.name, shorten(label.value))
		}
	}
	return labels
}
