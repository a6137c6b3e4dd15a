package smart

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	const byDevice = "{device}"
	one := func(name string) []plugin.Query { return []plugin.Query{{Metric: name, Legend: byDevice}} }
	return []plugin.Panel{
		{
			Title: "Temperature", Kind: plugin.Line, Unit: metric.Celsius, Warning: plugin.Bound(50), Critical: plugin.Bound(70),
			Queries: one("smart_device_temperature_celsius"), Wide: true,
			Help: "Hard disks are best kept below 45 °C; NVMe drives bear 70 °C.",
		},
		{
			Title: "State", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "smart_device_state", Legend: "{state} {device}"}},
			Levels:  plugin.Levels{OK: []string{verdictOK}, Warning: []string{verdictWarning}, Critical: []string{verdictFailing}},
			Help:    "The drive's own verdict and the counts that foretell trouble; unknown where a drive gives no verdict.",
		},
		{
			Title: "Life used up", Kind: plugin.Bar, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(nearlyWornOut), Critical: plugin.Bound(wornOut),
			Queries: one("smart_device_life_used_ratio"),
		},
		{
			Title: "Bad sectors", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "smart_device_reallocated_sectors", Legend: "{device} replaced"},
				{Metric: "smart_device_pending_sectors", Legend: "{device} waiting"},
				{Metric: "smart_device_offline_uncorrectable", Legend: "{device} uncorrectable"},
				{Metric: "smart_device_grown_defects", Legend: "{device} grown defects"},
			},
			Help: "A few replaced sectors are no reason to worry as long as they stay few.",
		},
		{
			Title: "Written and read", Kind: plugin.Line, Unit: metric.BytesPerSecond, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "smart_device_written_bytes_total", Rate: true, Legend: "{device} written"},
				{Metric: "smart_device_read_bytes_total", Rate: true, Legend: "{device} read", Negative: true},
			},
		},
		{
			Title: "Errors", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "smart_device_reported_uncorrectable", Legend: "{device} uncorrectable"},
				{Metric: "smart_device_crc_errors", Legend: "{device} transfers"},
				{Metric: "smart_device_command_timeouts", Legend: "{device} timeouts"},
			},
			Help: "Damaged transfers and timeouts come from cables and power supplies more often than from disks.",
		},
		{
			Title: "Asleep", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: one("smart_device_standby"),
		},
		{
			Title: "Spare blocks", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: one("smart_device_available_spare_ratio"),
		},
	}
}

func tables() []plugin.Table {
	text, code, status, number := plugin.TextColumn, plugin.CodeColumn, plugin.StatusColumn, plugin.NumberColumn
	return []plugin.Table{
		{
			Title: "Disks", Path: "disks", Empty: "smartctl finds no disk. Disks behind a RAID controller or an unknown USB bridge can be named in devices.",
			Columns: []plugin.Column{
				status("status", "State"), code("path", "Path"), text("model", "Model"), code("serial", "Serial"),
				{Key: "warnings", Title: "Why", Kind: plugin.CellList},
				text("note", "Note"),
				number("temperature", "Temperature", metric.Celsius), number("size", "Size", metric.Bytes),
				{Key: "power_on_seconds", Title: "Switched on for", Kind: plugin.CellDuration},
				number("life_used", "Life used", metric.Ratio), number("written_bytes", "Written", metric.Bytes),
				{Key: "standby", Title: "Asleep", Kind: plugin.CellFlag},
				{Key: "last_read", Title: "Read", Kind: plugin.CellTime},
				text("type", "Type"), text("kind", "Kind"),
			},
		},
		{
			Title: "Self-tests", Path: "self_tests", Empty: "No disk has tested itself. smartctl -t long /dev/sda starts a test, which goes on beside other work.",
			Columns: []plugin.Column{
				status("status", "State"), code("disk", "Disk"), text("kind", "Test"), text("result", "Result"),
				{Key: "power_on_seconds", Title: "At time switched on", Kind: plugin.CellDuration},
			},
		},
		{
			Title: "Attributes", Path: "attributes", Empty: "No disk with ATA attributes was read.",
			Columns: []plugin.Column{
				status("state", "State"), code("disk", "Disk"), number("id", "Number", metric.None), text("name", "Attribute"),
				number("value", "Value", metric.None), number("worst", "Worst", metric.None),
				number("threshold", "Threshold", metric.None), code("raw", "Raw"),
			},
		},
	}
}
