package syncthing

import (
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// maxServices bounds the listeners and ways of discovery that have series.
const maxServices = 20

func (c *collector) emitServer(r *reading, out *plugin.Batch) {
	out.Add("syncthing_info", 1, "version", shorten(r.version.Version))
	for name, value := range map[string]*float64{
		"syncthing_uptime_seconds": r.status.Uptime, "syncthing_memory_alloc_bytes": r.status.Alloc, "syncthing_goroutines": r.status.Goroutines,
		"syncthing_receive_bytes_total": r.connections.Total.In, "syncthing_transmit_bytes_total": r.connections.Total.Out,
	} {
		if value != nil {
			out.Add(name, *value)
		}
	}
	for _, name := range some(r.status.Listeners) {
		out.AddBool("syncthing_listener_ok", r.status.Listeners[name].ok(), "listener", shorten(name))
	}
	for _, name := range some(r.status.Discovery) {
		out.AddBool("syncthing_discovery_ok", r.status.Discovery[name].ok(), "method", shorten(name))
	}
	relayed := 0
	for id, one := range r.connections.Connections {
		if id != r.status.ID && one.Connected && strings.HasPrefix(one.Type, "relay") {
			relayed++
		}
	}
	out.Add("syncthing_relayed_connections", float64(relayed))
	if r.newDevices != nil {
		out.Add("syncthing_pending_devices", float64(len(r.newDevices)))
	}
	if r.newFolders != nil {
		out.Add("syncthing_pending_folders", float64(len(r.newFolders)))
	}
	out.Add("syncthing_system_errors", float64(len(r.notices.Errors)))
	if c.update != nil {
		out.AddBool("syncthing_update_available", *c.update)
	}
}

// some returns the first names of services, in order.
func some(services map[string]service) []string {
	names := make([]string, 0, len(services))
	for name := range services {
		names = append(names, name)
	}
	slices.Sort(names)
	return names[:min(len(names), maxServices)]
}

func (c *collector) emitFolders(r *reading, out *plugin.Batch) {
	for _, f := range r.folders {
		labels := []string{"folder", f.ID, "name", f.name()}
		if state := c.state(f); state != "" {
			out.AddState("syncthing_folder_state", state, states(), labels...)
		}
		stats := r.folderStats[f.ID]
		addTime(out, "syncthing_folder_last_scan_timestamp_seconds", stats.LastScan, labels)
		addTime(out, "syncthing_folder_last_file_timestamp_seconds", stats.LastFile.At, labels)
		status := c.statuses[f.ID]
		if status == nil {
			continue
		}
		out.Add("syncthing_folder_global_bytes", status.GlobalBytes, labels...)
		out.Add("syncthing_folder_local_bytes", status.LocalBytes, labels...)
		out.Add("syncthing_folder_need_bytes", status.NeedBytes, labels...)
		out.Add("syncthing_folder_global_files", status.GlobalFiles, labels...)
		out.Add("syncthing_folder_local_files", status.LocalFiles, labels...)
		out.Add("syncthing_folder_need_items", status.NeedItems, labels...)
		out.Add("syncthing_folder_completion_ratio", status.ratio(), labels...)
		out.Add("syncthing_folder_errors", status.Errors, labels...)
		if status.ReceiveOnly != nil {
			out.Add("syncthing_folder_receive_only_changed_items", *status.ReceiveOnly, labels...)
		}
	}
}

// state is the state of a folder, one of those that are known; empty when the
// folder did not say.
func (c *collector) state(f folderConfig) string {
	status := c.statuses[f.ID]
	switch {
	case f.Paused:
		return statePaused
	case status == nil:
		return ""
	case status.Error != "":
		return stateError
	}
	if state := strings.ReplaceAll(status.State, "-", "_"); slices.Contains(states(), state) {
		return state
	}
	return stateUnknown
}

// ratio is how much of the folder is here and current; an empty one is in sync.
func (s *folderStatus) ratio() float64 {
	if s.GlobalBytes <= 0 {
		return 1
	}
	return min(1, max(0, s.InSyncBytes/s.GlobalBytes))
}

func (c *collector) emitDevices(r *reading, out *plugin.Batch) {
	for _, d := range r.devices {
		labels := []string{"device", short(d.ID), "name", d.name()}
		connection := r.connections.Connections[d.ID]
		out.AddBool("syncthing_device_connected", connection.Connected, labels...)
		out.AddBool("syncthing_device_paused", d.Paused, labels...)
		if selected(c.config.Always, d.ID, d.Name) {
			out.AddBool("syncthing_device_missing", !connection.Connected, labels...)
		}
		seen := r.lastSeen(d)
		addTime(out, "syncthing_device_last_seen_timestamp_seconds", seen, labels)
		if sensible(seen) {
			out.AddBool("syncthing_device_stale", c.stale(r, d), labels...)
		}
		if connection.Connected {
			out.Add("syncthing_device_receive_bytes_total", connection.In, labels...)
			out.Add("syncthing_device_transmit_bytes_total", connection.Out, labels...)
		}
		if known := c.completions[d.ID]; known != nil {
			out.Add("syncthing_device_completion_ratio", min(1, max(0, known.Completion/100)), labels...)
			out.Add("syncthing_device_need_bytes", known.NeedBytes, labels...)
		}
	}
}

// lastSeen is when a device was last connected: now while it is.
func (r *reading) lastSeen(d deviceConfig) time.Time {
	if r.connections.Connections[d.ID].Connected {
		return r.now
	}
	return r.deviceStats[d.ID].LastSeen
}

// stale reports whether a device was not seen for long. A paused one is left
// alone on purpose.
func (c *collector) stale(r *reading, d deviceConfig) bool {
	return !d.Paused && sensible(r.lastSeen(d)) && r.now.Sub(r.lastSeen(d)) > c.config.StaleAfter.Std()
}

// sensible reports whether a time is one: Syncthing writes never as the year 1 or
// as 1970.
func sensible(at time.Time) bool { return at.Year() > 1970 && at.Year() < 3000 }

func addTime(out *plugin.Batch, name string, at time.Time, labels []string) {
	if sensible(at) {
		out.Add(name, float64(at.Unix()), labels...)
	}
}
