package syncthing

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "syncthing_monitor", Name: "Syncthing", Category: plugin.Storage, Icon: "folder-sync",
		Summary: "Whether folders are in sync, what could not be synced and why, and which devices are connected.",
		Description: "Watches one Syncthing: the state of each folder, how much of it is out of sync and for how long, files that could not be synced, " +
			"each device with its connection and how far it is, and who waits to be let in. Tells when a device comes or goes and when a folder stops.",
		Tags:     []string{"sync", "backup", "folders", "devices"},
		Interval: time.Minute, Timeout: 30 * time.Second,
		Rights: plugin.Rights{
			Network: true, Paths: configFiles(),
			Notes: "An API key of Syncthing, which may do everything there; this plugin only asks. Or the right to read its config file, where the key stands.",
		},
		Metrics: slices.Concat(serverMetrics(), folderMetrics(), deviceMetrics()), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("syncthing_info", metric.None, "Always 1; its label says which version answers.", "version"),
		gauge("syncthing_uptime_seconds", metric.Seconds, "Time since Syncthing was started."),
		gauge("syncthing_memory_alloc_bytes", metric.Bytes, "Memory in use."),
		gauge("syncthing_goroutines", metric.None, "Goroutines."),
		counter("syncthing_receive_bytes_total", metric.Bytes, "Bytes received from all devices."),
		counter("syncthing_transmit_bytes_total", metric.Bytes, "Bytes sent to all devices."),
		gauge("syncthing_listener_ok", metric.Bool, "1 while Syncthing can be reached at the address that it listens on.", "listener"),
		gauge("syncthing_discovery_ok", metric.Bool, "1 while the way to find devices works.", "method"),
		gauge("syncthing_relayed_connections", metric.None, "Devices that are connected through a relay, which is slow."),
		gauge("syncthing_pending_devices", metric.None, "Devices that ask to be let in."),
		gauge("syncthing_pending_folders", metric.None, "Folders that devices offer and nobody has accepted."),
		gauge("syncthing_system_errors", metric.None, "Notices that Syncthing shows on its page until somebody dismisses them."),
		gauge("syncthing_update_available", metric.Bool, "1 when there is a newer version; absent where Syncthing cannot look, as with a package of a distribution."),
	}
}

func folderMetrics() []metric.Definition {
	folder := []string{"folder", "name"}
	return []metric.Definition{
		gauge("syncthing_folder_state", metric.Bool, "1 for the state that the folder is in.", "folder", "name", "state"),
		gauge("syncthing_folder_global_bytes", metric.Bytes, "Size of the folder as all devices together have it.", folder...),
		gauge("syncthing_folder_local_bytes", metric.Bytes, "Size of what is here.", folder...),
		gauge("syncthing_folder_need_bytes", metric.Bytes, "What is missing here.", folder...),
		gauge("syncthing_folder_global_files", metric.None, "Files of the folder as all devices together have it.", folder...),
		gauge("syncthing_folder_local_files", metric.None, "Files that are here.", folder...),
		gauge("syncthing_folder_need_items", metric.None, "Files, folders, links and deletions that are missing here.", folder...),
		gauge("syncthing_folder_completion_ratio", metric.Ratio, "Share of the folder that is here and current.", folder...),
		gauge("syncthing_folder_errors", metric.None, "Files that could not be synced.", folder...),
		gauge("syncthing_folder_receive_only_changed_items", metric.None, "Changes made here, in a folder that only receives.", folder...),
		gauge("syncthing_folder_last_scan_timestamp_seconds", metric.TimestampSeconds, "When the folder was last looked through; absent when never.", folder...),
		gauge("syncthing_folder_last_file_timestamp_seconds", metric.TimestampSeconds, "When a file was last received; absent when never.", folder...),
	}
}

func deviceMetrics() []metric.Definition {
	device := []string{"device", "name"}
	return []metric.Definition{
		gauge("syncthing_device_connected", metric.Bool, "1 while the device is connected.", device...),
		gauge("syncthing_device_paused", metric.Bool, "1 while syncing with the device is paused.", device...),
		gauge("syncthing_device_missing", metric.Bool, "1 while a device that should always be connected is not; only of those in the setting.", device...),
		gauge("syncthing_device_stale", metric.Bool, "1 when the device was not seen for longer than the setting says.", device...),
		gauge("syncthing_device_completion_ratio", metric.Ratio, "Share of what is shared with the device that it has.", device...),
		gauge("syncthing_device_need_bytes", metric.Bytes, "What the device lacks.", device...),
		gauge("syncthing_device_last_seen_timestamp_seconds", metric.TimestampSeconds, "When the device was last seen: now while it is connected, absent when never.", device...),
		counter("syncthing_device_receive_bytes_total", metric.Bytes, "Bytes received from the device since it connected.", device...),
		counter("syncthing_device_transmit_bytes_total", metric.Bytes, "Bytes sent to the device since it connected.", device...),
	}
}

// states are those that a folder can be in.
func states() []string {
	return []string{
		"idle", "scanning", "scan_waiting", "sync_waiting", "sync_preparing", "syncing", "cleaning", "clean_waiting", "starting",
		statePaused, stateError, stateUnknown,
	}
}

const (
	statePaused  = "paused"
	stateError   = "error"
	stateUnknown = "unknown"
)

// levels colour the states of folders.
func levels() plugin.Levels {
	return plugin.Levels{
		OK:       []string{"idle", "scanning", "scan_waiting", "sync_waiting", "sync_preparing", "syncing", "cleaning", "clean_waiting", "starting", "in sync"},
		Warning:  []string{"paused", "unknown", "out of sync"},
		Critical: []string{"error"},
	}
}
