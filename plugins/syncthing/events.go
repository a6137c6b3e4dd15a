package syncthing

import (
	"maps"
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// seenKey is where what was seen is kept in the state of the source. It is stored
// with the run that told of changes, so that none is told of twice.
const seenKey = "seen"

// seen is what the next run is compared with. Devices and folders are as many as
// have series; of those that wait no more are remembered.
type seen struct {
	Connected map[string]bool   `json:"connected"`         // by device
	States    map[string]string `json:"states"`            // by folder: error, paused, or nothing
	Pending   []string          `json:"pending,omitempty"` // devices
}

// tell tells what changed since the run before.
func (c *collector) tell(r *reading, out *plugin.Batch) error {
	was, known := plugin.Recall[seen](c.host.State, seenKey)
	now := seen{Connected: make(map[string]bool), States: make(map[string]string)}
	for _, d := range r.devices {
		now.Connected[short(d.ID)] = r.connections.Connections[d.ID].Connected
		if before, there := was.Connected[short(d.ID)]; there && before != now.Connected[short(d.ID)] {
			out.Event(c.deviceEvent(r, d, !before))
		}
	}
	for _, f := range r.folders {
		state := c.state(f)
		switch {
		case state == "":
			state = was.States[f.ID] // it did not say
		case state != stateError && state != statePaused:
			state = "ok"
		}
		now.States[f.ID] = state
		if before := was.States[f.ID]; before != "" && before != state {
			out.Event(c.folderEvent(f, before, state))
		}
	}
	ids := slices.Sorted(maps.Keys(r.newDevices))
	for _, id := range ids[:min(len(ids), maxDevices)] {
		now.Pending = append(now.Pending, short(id))
		if known && !slices.Contains(was.Pending, short(id)) {
			out.Event(plugin.Event{
				Kind: "syncthing_device_asks", Severity: plugin.Info, Title: pendingName(id, r.newDevices[id]) + " asks to be let in",
				Detail: map[string]string{"device": shorten(id), "address": shorten(r.newDevices[id].Address)},
			})
		}
	}
	return plugin.Keep(c.host.State, seenKey, now)
}

func pendingName(id string, d pendingDevice) string {
	if d.Name != "" {
		return shorten(d.Name)
	}
	return short(id)
}

func (c *collector) deviceEvent(r *reading, d deviceConfig, connected bool) plugin.Event {
	event := plugin.Event{
		Kind: "syncthing_device_left", Severity: plugin.Info, Title: d.name() + " is gone", Detail: map[string]string{"device": short(d.ID)},
	}
	if connected {
		event.Kind, event.Title = "syncthing_device_connected", d.name()+" connected"
		event.Detail["address"] = r.connections.Connections[d.ID].Address
	} else if selected(c.config.Always, d.ID, d.Name) {
		event.Severity = plugin.Warning
	}
	return event
}

func (c *collector) folderEvent(f folderConfig, before, state string) plugin.Event {
	event := plugin.Event{
		Kind: "syncthing_folder_runs", Severity: plugin.Info, Title: f.name() + " is synced again", Detail: map[string]string{"folder": f.ID, "before": before},
	}
	switch state {
	case stateError:
		event.Kind, event.Severity, event.Title = "syncthing_folder_stopped", plugin.Critical, f.name()+" has stopped"
		if status := c.statuses[f.ID]; status != nil && status.Error != "" {
			event.Detail["why"] = shorten(status.Error)
		}
	case statePaused:
		event.Kind, event.Title = "syncthing_folder_paused", f.name()+" is paused"
	}
	return event
}
