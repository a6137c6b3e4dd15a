package docker

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	const byContainer = "{container}"
	return []plugin.Panel{
		{
			Title: "CPU by container", Kind: plugin.Stacked, Unit: metric.Cores, Wide: true,
			Queries: []plugin.Query{{Metric: "container_cpu_usage_seconds_total", Rate: true, Legend: byContainer, Top: 12}},
			Help:    "1 is one core in full use. The twelve busiest containers.",
		},
		{
			Title: "Memory by container", Kind: plugin.Stacked, Unit: metric.Bytes, Wide: true,
			Queries: []plugin.Query{{Metric: "container_memory_working_set_bytes", Legend: byContainer, Top: 12}},
			Help:    "Without file cache that can be given back. The twelve largest containers.",
		},
		{
			Title: "Containers by state", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "docker_containers", Legend: "{state}"}},
		},
		{
			Title: "Network by container", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "container_network_receive_bytes_total", Rate: true, Legend: "{container} in", Top: 6},
				{Metric: "container_network_transmit_bytes_total", Rate: true, Legend: "{container} out", Negative: true, Top: 6},
			},
			Help: "Received above, sent below the line. Containers on the host's network are not in it.",
		},
		{
			Title: "Unhealthy", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true, Warning: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "container_health", Match: map[string]string{"state": "unhealthy"}, Legend: byContainer}},
			Help:    "When the health check of a container failed. Containers without a check are not listed.",
		},
		{
			Title: "Running", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "container_running", Legend: byContainer}},
		},
		{
			Title: "Memory against its limit", Kind: plugin.Bar, Unit: metric.Ratio,
			Min: plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.9), Critical: plugin.Bound(0.98),
			Queries: []plugin.Query{{Metric: "container_memory_usage_ratio", Legend: byContainer, Top: 12}},
		},
		{
			Title: "CPU against its limit", Kind: plugin.Bar, Unit: metric.Ratio,
			Min: plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.95),
			Queries: []plugin.Query{{Metric: "container_cpu_limit_ratio", Legend: byContainer, Top: 12}},
		},
		{
			Title: "Disk by container", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "container_block_read_bytes_total", Rate: true, Legend: "{container} read", Top: 6},
				{Metric: "container_block_write_bytes_total", Rate: true, Legend: "{container} written", Negative: true, Top: 6},
			},
		},
		{
			Title: "Held back by the CPU limit", Kind: plugin.Line, Unit: metric.Ratio,
			Queries: []plugin.Query{{Metric: "container_cpu_throttled_seconds_total", Rate: true, Legend: byContainer, Top: 6}},
			Help:    "Seconds of waiting per second, over all CPUs.",
		},
		{
			Title: "Restarts", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "container_restarts_total", Legend: byContainer, Top: 6}},
			Help:    "How often the engine started a container again since it was created.",
		},
		{
			Title: "Disk usage", Kind: plugin.Stacked, Unit: metric.Bytes,
			Queries: []plugin.Query{{Metric: "docker_disk_usage_bytes", Legend: "{type}"}},
		},
		{
			Title: "Reclaimable", Kind: plugin.Bar, Unit: metric.Bytes,
			Queries: []plugin.Query{{Metric: "docker_disk_reclaimable_bytes", Legend: "{type}"}},
			Help:    "What pruning would free.",
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, list, moment := plugin.TextColumn, plugin.CodeColumn, plugin.ListColumn, plugin.TimeColumn
	status, flag, number := plugin.StatusColumn, plugin.FlagColumn, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Containers", Path: "containers", Empty: "There are no containers, or all are left out by a filter.", Columns: []plugin.Column{
			text("name", "Name"), status("status", "Status"), code("image", "Image"), text("project", "Project"),
			number("cpu", "CPU", metric.Cores), number("memory", "Memory", metric.Bytes), number("limit", "Limit", metric.Bytes),
			number("rx_bps", "Received", metric.BytesPerSecond), number("tx_bps", "Sent", metric.BytesPerSecond),
			number("pids", "Processes", metric.None), number("restarts", "Restarts", metric.None),
			moment("started", "Started"), list("ports", "Ports"), text("health_log_tail", "Last check"),
		}},
		{Title: "Events", Path: "recent_events", Empty: "Nothing happened lately.", Columns: []plugin.Column{
			moment("time", "Time"), status("status", "Severity"), text("container", "Container"), text("title", "What happened"),
		}},
		{Title: "Images", Path: "images", Empty: "There are no images.", Columns: []plugin.Column{
			list("tags", "Names"), code("id", "ID"), number("size", "Size", metric.Bytes), moment("created", "Made"),
			number("in_use", "Containers", metric.None), flag("dangling", "Dangling"),
		}},
		{Title: "Volumes", Path: "volumes", Empty: "There are no volumes.", Columns: []plugin.Column{
			code("name", "Name"), text("driver", "Driver"), number("size", "Size", metric.Bytes),
			number("refs", "Containers", metric.None), code("mountpoint", "Folder"),
		}},
		{Title: "Networks", Path: "networks", Empty: "There are no networks.", Columns: []plugin.Column{
			text("name", "Name"), text("driver", "Driver"), text("scope", "Scope"), list("subnets", "Subnets"),
			number("containers", "Containers", metric.None),
		}},
		{Title: "Disk usage", Path: "disk_usage", Empty: "The engine has not been asked yet.", Columns: []plugin.Column{
			text("type", "What"), number("size", "Size", metric.Bytes), number("reclaimable", "Reclaimable", metric.Bytes),
		}},
		{Title: "Swarm services", Path: "services", Empty: "There are no services, or collect_swarm is off.", Columns: []plugin.Column{
			text("name", "Name"), text("mode", "Mode"), code("image", "Image"),
			number("running", "Running", metric.None), number("desired", "Desired", metric.None),
		}},
		{Title: "Swarm nodes", Path: "nodes", Empty: "There are no nodes, or collect_swarm is off.", Columns: []plugin.Column{
			text("name", "Name"), text("role", "Role"), status("state", "State"), text("availability", "Availability"),
			code("address", "Address"), text("version", "Version"), flag("leader", "Leader"),
		}},
		{Title: "Engine", Path: "engine", Columns: []plugin.Column{}},
	}
}
