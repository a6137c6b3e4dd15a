package systeminfo

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	return append(firstPanels(), morePanels()...)
}

// firstPanels answer whether the machine is all right.
func firstPanels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "CPU", Kind: plugin.Area, Unit: metric.Ratio,
			Queries: []plugin.Query{{Metric: "system_cpu_usage_ratio", Legend: "in use"}},
			Min:     plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.85), Critical: plugin.Bound(0.95),
		},
		{
			Title: "Memory", Kind: plugin.Area, Unit: metric.Ratio,
			Queries: []plugin.Query{{Metric: "system_memory_usage_ratio", Legend: "in use"}},
			Min:     plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.9), Critical: plugin.Bound(0.96),
		},
		{
			Title: "Load", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{
				{Metric: "system_load1", Legend: "1 minute"},
				{Metric: "system_load5", Legend: "5 minutes"},
				{Metric: "system_load15", Legend: "15 minutes"},
			},
			Min:  plugin.Bound(0),
			Help: "How many tasks run or wait. Compare it with the number of processors.",
		},
		{
			Title: "CPU by mode", Kind: plugin.Stacked, Unit: metric.Ratio, Wide: true,
			Queries: []plugin.Query{
				mode("user"), mode("system"), mode("nice"), mode("irq"), mode("iowait"), mode("steal"),
			},
			Min: plugin.Bound(0), Max: plugin.Bound(1),
			Help: "iowait is idle time spent waiting for disks; steal is time that the hypervisor gave to others.",
		},
		{
			Title: "Memory by use", Kind: plugin.Stacked, Unit: metric.Bytes, Wide: true,
			Queries: []plugin.Query{
				{Metric: "system_memory_used_bytes", Legend: "used"},
				{Metric: "system_memory_available_bytes", Legend: "available"},
			},
			Min:  plugin.Bound(0),
			Help: "Available memory includes what caches give back when programs ask for it.",
		},
		{
			Title: "Pressure", Kind: plugin.Line, Unit: metric.Ratio,
			Queries: []plugin.Query{{Metric: "system_pressure_ratio", Legend: "{resource} {kind}"}},
			Min:     plugin.Bound(0), Warning: plugin.Bound(0.1),
			Help: "Share of time in which some or all work waited for processor, memory or disks.",
		},
		{
			Title: "Network", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "system_network_receive_bytes_total", Rate: true, Legend: "received"},
				{Metric: "system_network_transmit_bytes_total", Rate: true, Legend: "sent", Negative: true},
			},
		},
		{
			Title: "Uptime", Kind: plugin.Stat, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "system_uptime_seconds"}},
		},
		{
			Title: "Failed units", Kind: plugin.Stat, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "system_units_failed"}}, Warning: plugin.Bound(1),
		},
	}
}

func mode(name string) plugin.Query {
	return plugin.Query{Metric: "system_cpu_mode_ratio", Match: map[string]string{"mode": name}, Legend: name}
}

func morePanels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Swap", Kind: plugin.Stacked, Unit: metric.Bytes,
			Queries: []plugin.Query{
				{Metric: "system_swap_used_bytes", Legend: "used"},
				{Metric: "system_swap_free_bytes", Legend: "free"},
			},
			Min: plugin.Bound(0),
		},
		{
			Title: "Swapping", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "system_swap_in_bytes_total", Rate: true, Legend: "in"},
				{Metric: "system_swap_out_bytes_total", Rate: true, Legend: "out", Negative: true},
			},
			Help: "Swap that is only full does no harm; traffic to and from it does.",
		},
		{
			Title: "Caches", Kind: plugin.Line, Unit: metric.Bytes,
			Queries: []plugin.Query{
				{Metric: "system_memory_cached_bytes", Legend: "files"},
				{Metric: "system_memory_buffers_bytes", Legend: "buffers"},
				{Metric: "system_memory_shared_bytes", Legend: "shared"},
				{Metric: "system_memory_dirty_bytes", Legend: "to be written"},
			},
			Min: plugin.Bound(0),
		},
		{
			Title: "Each processor", Kind: plugin.Line, Unit: metric.Ratio, Wide: true,
			Queries: []plugin.Query{{Metric: "system_cpu_core_usage_ratio", Legend: "{cpu}"}},
			Min:     plugin.Bound(0), Max: plugin.Bound(1),
		},
		{
			Title: "Tasks", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{
				{Metric: "system_processes_running", Legend: "running"},
				{Metric: "system_processes_blocked", Legend: "waiting for a disk"},
			},
			Min: plugin.Bound(0),
		},
		{
			Title: "Kernel work per second", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{
				{Metric: "system_context_switches_total", Rate: true, Legend: "context switches"},
				{Metric: "system_interrupts_total", Rate: true, Legend: "interrupts"},
				{Metric: "system_forks_total", Rate: true, Legend: "new tasks"},
			},
			Min: plugin.Bound(0),
		},
		{
			Title: "Processor clock", Kind: plugin.Line, Unit: metric.Hertz,
			Queries: []plugin.Query{{Metric: "system_cpu_frequency_hertz"}}, Min: plugin.Bound(0),
		},
		{
			Title: "Power", Kind: plugin.Line, Unit: metric.Watts,
			Queries: []plugin.Query{{Metric: "system_energy_joules_total", Rate: true, Legend: "{zone}"}}, Min: plugin.Bound(0),
		},
		{
			Title: "Battery", Kind: plugin.Gauge, Unit: metric.Ratio,
			Queries: []plugin.Query{{Metric: "system_battery_charge_ratio", Legend: "{supply}"}},
			Min:     plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.3), Critical: plugin.Bound(0.1),
		},
		{
			Title: "Clock offset", Kind: plugin.Line, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "system_time_offset_seconds"}},
		},
		{
			Title: "Open files", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "system_file_descriptors_allocated"}}, Min: plugin.Bound(0),
		},
		{
			Title: "Pending updates", Kind: plugin.Stat, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "system_updates_pending", Legend: "{type}"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{Title: "This machine", Path: "host", Columns: []plugin.Column{
			{Key: "hostname", Title: "Name", Kind: plugin.CellText},
			{Key: "os", Title: "Operating system", Kind: plugin.CellText},
			{Key: "kernel", Title: "Kernel", Kind: plugin.CellCode},
			{Key: "arch", Title: "Architecture", Kind: plugin.CellText},
			{Key: "vendor", Title: "Maker", Kind: plugin.CellText},
			{Key: "model", Title: "Model", Kind: plugin.CellText},
			{Key: "board", Title: "Board", Kind: plugin.CellText},
			{Key: "bios", Title: "Firmware", Kind: plugin.CellText},
			{Key: "serial", Title: "Serial number", Kind: plugin.CellCode},
			{Key: "virtualization", Title: "Virtual machine", Kind: plugin.CellText},
			{Key: "container", Title: "Container", Kind: plugin.CellText},
			{Key: "machine_id", Title: "Machine ID", Kind: plugin.CellCode},
			{Key: "note", Title: "Note", Kind: plugin.CellText},
		}},
		{Title: "Processor", Path: "cpu", Columns: []plugin.Column{
			{Key: "model", Title: "Model", Kind: plugin.CellText},
			{Key: "physical", Title: "Cores", Kind: plugin.CellNumber},
			{Key: "logical", Title: "Logical processors", Kind: plugin.CellNumber},
			{Key: "mhz", Title: "MHz", Kind: plugin.CellNumber},
		}},
		{Title: "Root file system", Path: "root_disk", Columns: []plugin.Column{
			{Key: "total", Title: "Size", Kind: plugin.CellNumber, Unit: metric.Bytes},
			{Key: "used", Title: "Used", Kind: plugin.CellNumber, Unit: metric.Bytes},
			{Key: "avail", Title: "Available", Kind: plugin.CellNumber, Unit: metric.Bytes},
			{Key: "ratio", Title: "In use", Kind: plugin.CellNumber, Unit: metric.Ratio},
		}},
		{Title: "Failed units", Path: "failed_units", Empty: "No unit has failed.", Columns: []plugin.Column{
			{Key: "name", Title: "Unit", Kind: plugin.CellCode},
			{Key: "description", Title: "Description", Kind: plugin.CellText},
			{Key: "since", Title: "Since", Kind: plugin.CellTime},
		}},
		{Title: "Restart", Path: "reboot_required", Columns: []plugin.Column{
			{Key: "required", Title: "Needed", Kind: plugin.CellFlag},
			{Key: "reason", Title: "Because", Kind: plugin.CellText},
			{Key: "packages", Title: "Packages", Kind: plugin.CellList},
		}},
		{Title: "Pending updates", Path: "updates.packages", Empty: "No updates are pending, or they are not counted.", Columns: []plugin.Column{
			{Key: "name", Title: "Package", Kind: plugin.CellCode},
			{Key: "current", Title: "Installed", Kind: plugin.CellText},
			{Key: "new", Title: "Available", Kind: plugin.CellText},
			{Key: "security", Title: "Security", Kind: plugin.CellFlag},
		}},
		{Title: "Logged in", Path: "users", Empty: "Nobody is logged in.", Columns: []plugin.Column{
			{Key: "name", Title: "User", Kind: plugin.CellText},
			{Key: "tty", Title: "Terminal", Kind: plugin.CellCode},
			{Key: "from", Title: "From", Kind: plugin.CellCode},
			{Key: "since", Title: "Since", Kind: plugin.CellTime},
		}},
		{Title: "Power supplies", Path: "power_supplies", Empty: "The machine does not tell of batteries or mains.", Columns: []plugin.Column{
			{Key: "name", Title: "Name", Kind: plugin.CellCode},
			{Key: "type", Title: "Type", Kind: plugin.CellText},
			plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"full", "charging", "not charging"}, Warning: []string{"discharging"}}),
			{Key: "charge", Title: "Charge", Kind: plugin.CellNumber, Unit: metric.Ratio},
			{Key: "online", Title: "Online", Kind: plugin.CellFlag},
		}},
	}
}
