package process

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func metrics() []metric.Definition {
	return append(machineMetrics(), groupMetrics()...)
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func machineMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("processes_count", metric.None, "Processes by what they are doing; blocked ones wait for a disk or the network.", "state"),
		gauge("processes_total_count", metric.None, "Processes, threads of the kernel included."),
		gauge("processes_threads_count", metric.None, "Threads of all processes."),
		gauge("processes_cpu_count", metric.None, "Logical processors of the machine."),
		gauge("processes_pid_max", metric.None, "How many threads the kernel allows."),
		gauge("processes_pid_usage_ratio", metric.Ratio, "Share of the threads that the kernel allows."),
		gauge("process_watch_count", metric.None, "Processes that a watch finds.", "name"),
		gauge("process_watch_ok", metric.Bool, "Whether as many processes run as a watch asks for.", "name"),
	}
}

func groupMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("process_group_count", metric.None, "Processes in a group.", "group"),
		counter("process_group_cpu_seconds_total", metric.Seconds,
			"Processor time of a group, that of members that have ended included.", "group", "mode"),
		gauge("process_group_cpu_usage_ratio", metric.Ratio, "Processors that a group keeps busy; 1 is one processor.", "group"),
		gauge("process_group_resident_memory_bytes", metric.Bytes, "Memory of a group's members; what they share counts for each.", "group"),
		gauge("process_group_proportional_memory_bytes", metric.Bytes, "Memory of a group, with shared parts divided among those who share them.", "group"),
		gauge("process_group_swap_bytes", metric.Bytes, "Memory of a group that is swapped out.", "group"),
		counter("process_group_read_bytes_total", metric.Bytes, "Bytes a group read from disks.", "group"),
		counter("process_group_write_bytes_total", metric.Bytes, "Bytes a group sent towards disks.", "group"),
		gauge("process_group_open_fds", metric.None, "Files that a group has open.", "group"),
		gauge("process_group_max_fd_ratio", metric.Ratio, "Share of the open files it may have, of the member that comes closest.", "group"),
		gauge("process_group_threads", metric.None, "Threads of a group.", "group"),
		gauge("process_group_oldest_start_timestamp_seconds", metric.TimestampSeconds, "When the oldest member of a group started, in seconds since 1970.", "group"),
	}
}

func panels() []plugin.Panel {
	state := func(name string) plugin.Query {
		return plugin.Query{Metric: "processes_count", Match: map[string]string{"state": name}, Legend: name}
	}
	return []plugin.Panel{
		{
			Title: "Processes", Kind: plugin.Area, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "processes_total_count", Legend: "processes"}},
		},
		{
			Title: "Busy and stuck", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{state("running"), state("blocked"), state("stopped"), state("zombie")},
			Help:    "Many blocked processes mean that a disk or network drive does not answer; zombies have ended, but nobody asked how.",
		},
		{
			Title: "Watched processes", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "process_watch_ok", Legend: "{name}"}},
		},
		{
			Title: "CPU of groups", Kind: plugin.Stacked, Unit: metric.Ratio, Wide: true, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "process_group_cpu_usage_ratio", Legend: "{group}", Top: 10}},
			Help:    "1 is one processor kept busy.",
		},
		{
			Title: "Memory of groups", Kind: plugin.Stacked, Unit: metric.Bytes, Wide: true, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "process_group_resident_memory_bytes", Legend: "{group}", Top: 10}},
		},
		{
			Title: "Disk traffic of groups", Kind: plugin.Line, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "process_group_read_bytes_total", Rate: true, Legend: "{group} read", Top: 10},
				{Metric: "process_group_write_bytes_total", Rate: true, Legend: "{group} written", Negative: true, Top: 10},
			},
		},
		{
			Title: "Threads", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "processes_threads_count", Legend: "threads"}},
		},
		{
			Title: "Room for processes", Kind: plugin.Gauge, Unit: metric.Ratio,
			Queries: []plugin.Query{{Metric: "processes_pid_usage_ratio"}},
			Min:     plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.7), Critical: plugin.Bound(0.9),
			Help: "Share of the threads that the kernel allows.",
		},
		{
			Title: "Open files of groups", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "process_group_open_fds", Legend: "{group}", Top: 10}},
		},
	}
}

func tables() []plugin.Table {
	pid := plugin.Column{Key: "pid", Title: "PID", Kind: plugin.CellCode}
	name := plugin.Column{Key: "name", Title: "Name", Kind: plugin.CellText}
	cpu := plugin.Column{Key: "cpu_ratio", Title: "CPU", Kind: plugin.CellNumber, Unit: metric.Ratio}
	rss := plugin.Column{Key: "rss_bytes", Title: "Memory", Kind: plugin.CellNumber, Unit: metric.Bytes}
	share := plugin.Column{Key: "memory_ratio", Title: "Of all memory", Kind: plugin.CellNumber, Unit: metric.Ratio}
	read := plugin.Column{Key: "read_bps", Title: "Reads", Kind: plugin.CellNumber, Unit: metric.BytesPerSecond}
	written := plugin.Column{Key: "write_bps", Title: "Writes", Kind: plugin.CellNumber, Unit: metric.BytesPerSecond}
	return []plugin.Table{
		{Title: "Largest processes", Path: "processes", Empty: "No process can be seen.", Columns: []plugin.Column{
			pid, name,
			{Key: "user", Title: "User", Kind: plugin.CellText},
			{Key: "state", Title: "State", Kind: plugin.CellStatus},
			cpu, rss, share, read, written,
			{Key: "fds", Title: "Open files", Kind: plugin.CellNumber},
			{Key: "threads", Title: "Threads", Kind: plugin.CellNumber},
			{Key: "started", Title: "Started", Kind: plugin.CellTime},
			{Key: "unit", Title: "Unit", Kind: plugin.CellCode},
			{Key: "container", Title: "Container", Kind: plugin.CellCode},
			{Key: "cmdline", Title: "Command line", Kind: plugin.CellCode},
		}},
		{Title: "Most CPU", Path: "top.cpu", Columns: []plugin.Column{pid, name, cpu}},
		{Title: "Most memory", Path: "top.memory", Columns: []plugin.Column{pid, name, rss, share}},
		{Title: "Most disk traffic", Path: "top.io", Empty: "Nothing reads or writes, or it cannot be seen.", Columns: []plugin.Column{pid, name, read, written}},
		{Title: "Watched processes", Path: "watches", Empty: "No process is watched; name some in the config.", Columns: []plugin.Column{
			{Key: "name", Title: "Watch", Kind: plugin.CellText},
			plugin.StatusColumn("status", "Status").With(plugin.Levels{Warning: []string{"too many"}, Critical: []string{"missing"}}),
			{Key: "count", Title: "Running", Kind: plugin.CellNumber},
			{Key: "pids", Title: "PIDs", Kind: plugin.CellList},
		}},
		{Title: "Groups", Path: "groups", Empty: "No groups; choose in the config what to group by.", Columns: []plugin.Column{
			{Key: "name", Title: "Group", Kind: plugin.CellText},
			{Key: "count", Title: "Processes", Kind: plugin.CellNumber},
			cpu, rss,
		}},
		{Title: "Zombies", Path: "zombies", Empty: "There are none.", Columns: []plugin.Column{
			pid, name,
			{Key: "ppid", Title: "Parent PID", Kind: plugin.CellCode},
			{Key: "parent", Title: "Parent", Kind: plugin.CellText},
		}},
	}
}

func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "watch_missing", Name: "Watched process missing", Severity: plugin.Critical, For: 2 * time.Minute,
			Expr:    "process_watch_ok == 0",
			Summary: "The watch {{.Labels.name}} finds too few processes, or too many.",
			Hint:    "Look at the service's log and start it again.",
		},
		{
			ID: "zombies", Name: "Many zombies", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    `processes_count{state="zombie"} > 20`,
			Summary: "{{.Value}} processes have ended without anybody asking how.",
			Hint:    "Restart their parent, which the table of zombies names.",
		},
		{
			ID: "processes_exhausted", Name: "No room for processes", Severity: plugin.Critical, For: 5 * time.Minute,
			Expr:    "processes_pid_usage_ratio > 0.9",
			Summary: "More than 90 % of the threads that the kernel allows are in use; soon nothing new can start.",
			Hint:    "Look for a program that starts threads without end, or raise kernel.pid_max and kernel.threads-max.",
		},
		{
			ID: "processes_blocked", Name: "Processes stuck", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `processes_count{state="blocked"} / ignoring(state) processes_cpu_count > 2`,
			Summary: "More than twice as many processes wait for a disk or network drive as there are processors.",
			Hint:    "Look for a failing disk or a network drive that does not answer.",
		},
		{
			ID: "files_exhausted", Name: "Open files nearly exhausted", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    "process_group_max_fd_ratio > 0.9",
			Summary: "A process of {{.Labels.group}} has nearly as many files open as it may.",
			Hint:    "Raise its limit (LimitNOFILE in its unit), or find out why it leaves files open.",
		},
		{
			ID: "restart_loop", Name: "Restarting again and again", Severity: plugin.Warning,
			Expr:    "changes(process_group_oldest_start_timestamp_seconds[15m]) > 3",
			Summary: "{{.Labels.group}} has started anew more than three times within 15 minutes.",
			Hint:    "Its log says why it ends.",
		},
	}
}
