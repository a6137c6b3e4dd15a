// Package systeminfo watches a machine as a whole: processor, memory, swap,
// load, pressure, clock, hardware health, failed services and what it is.
//
// The work is split into parts, one per subject. A part reads one subject and
// puts samples into the batch and facts into the document; a part that cannot
// read its subject spoils nothing but itself. On Linux the parts read /proc and
// /sys through the host's files; elsewhere they ask the operating system.
package systeminfo

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

type config struct {
	CollectNetwork      bool `json:"collect_network" title:"Network totals" help:"Add up the traffic of all physical network interfaces."`
	PerCPU              bool `json:"per_cpu" title:"Each processor" help:"Keep one series per logical processor as well."`
	CollectPressure     bool `json:"collect_pressure" title:"Pressure" help:"Read how long work waited for processor, memory and disks (Linux 4.20 and newer)."`
	CollectHardware     bool `json:"collect_hardware" title:"Hardware" help:"Read model, firmware, batteries, energy use, thermal throttling and memory errors."`
	CollectServices     bool `json:"collect_services" title:"Failed services" help:"Ask systemd for units that stopped with an error."`
	CollectUpdates      bool `json:"collect_updates" title:"Package updates" help:"Count pending package updates every six hours; package lists are never refreshed." group:"advanced"`
	CheckRebootRequired bool `json:"check_reboot_required" title:"Restart needed" help:"Tell when installed updates wait for a restart."`
	ZFSARCAsCache       bool `json:"zfs_arc_as_cache" title:"ZFS cache is available memory" help:"Count what ZFS would give back under pressure as available memory." group:"advanced"`
}

// Plugin returns the plugin system_info.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), config{
		CollectNetwork:      true,
		CollectPressure:     true,
		CollectHardware:     true,
		CollectServices:     true,
		CheckRebootRequired: true,
		ZFSARCAsCache:       true,
	}, open, plugin.WithDetect(detect))
}

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "system_info",
		Name:     "System",
		Category: plugin.System,
		Summary:  "Processor, memory, load, pressure and health of this machine.",
		Description: "Watches a machine as a whole: how busy processor and memory are, how long work waits for them, " +
			"swap, load, network totals, the clock, hardware errors, batteries, failed services and pending restarts, " +
			"and says what machine it is.",
		Tags:     []string{"host", "cpu", "memory", "load", "pressure", "uptime"},
		Icon:     "cpu",
		Interval: 10 * time.Second,
		Timeout:  8 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{"systemctl", "apt-get", "dnf", "apk", "pacman", "needs-restarting"},
			Paths: []string{
				"/proc", "/sys", "/etc/os-release", "/usr/lib/os-release", "/etc/machine-id", "/usr/lib/modules", "/run/utmp",
				"/run/systemd", "/run/reboot-required", "/run/reboot-required.pkgs", "/.dockerenv", "/run/.containerenv",
				"/dev/lxd", "/dev/.lxc",
			},
			Sockets: []string{busSocket},
			Notes: "Needs no rights. The serial number and energy counters (RAPL) can be read by root only and are " +
				"left out otherwise.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

// busSocket is where the system bus listens.
const busSocket = "/run/dbus/system_bus_socket"

func open(ctx context.Context, c config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(ctx, c, host), nil
}

func detect(context.Context, plugin.Host) ([]plugin.Finding, error) {
	return []plugin.Finding{{Config: struct{}{}, Evidence: "the machine Unity runs on", Ready: true}}, nil
}
