package kubernetes

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Pods", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_pods", Legend: "{phase}"}},
		},
		{
			Title: "Nodes", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "kube_node_ready", Legend: "{node}"}},
		},
		{
			Title: "Memory of nodes", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "kube_node_memory_usage_ratio", Legend: "{node}"}},
			Help:    "Needs a metrics-server.",
		},
		{
			Title: "Processors of nodes", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_node_cpu_usage_ratio", Legend: "{node}"}},
			Help:    "Needs a metrics-server.",
		},
		{
			Title: "Asked for, of what nodes have to give", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_node_requests_ratio", Legend: "{node} {resource}"}},
			Help:    "At 1 no pod that asks for more can start there.",
		},
		{
			Title: "Pods missing", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "kube_deployment_replicas_unavailable", Legend: "{namespace}/{name}", Top: 8},
				{Metric: "kube_daemonset_unavailable", Legend: "{namespace}/{name}", Top: 4},
			},
		},
		{
			Title: "Restarts per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_pod_container_restarts_total", Rate: true, Legend: "{namespace}/{pod} {container}", Top: 8}},
		},
		{
			Title: "Memory of pods", Kind: plugin.Stacked, Unit: metric.Bytes, Wide: true, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_pod_memory_working_set_bytes", Legend: "{namespace}/{pod}", Top: 12}},
		},
		{
			Title: "Processors of pods", Kind: plugin.Stacked, Unit: metric.Cores, Wide: true, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_pod_cpu_usage_cores", Legend: "{namespace}/{pod}", Top: 12}},
		},
		{
			Title: "Warnings per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_warning_events_total", Rate: true, Legend: "{namespace}: {reason}", Top: 8}},
		},
		{
			Title: "Volumes", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_volume_used_bytes", Legend: "{namespace}/{pvc}", Top: 10}},
			Help:    "Needs the setting Kubelets.",
		},
		{
			Title: "Answer of the API", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "kube_apiserver_latency_seconds", Legend: "took"}},
		},
		{
			Title: "Traffic of pods", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "kube_pod_network_receive_bytes_total", Rate: true, Legend: "{namespace}/{pod} received", Top: 5},
				{Metric: "kube_pod_network_transmit_bytes_total", Rate: true, Legend: "{namespace}/{pod} sent", Negative: true, Top: 5},
			},
			Help: "Needs the setting Kubelets.",
		},
	}
}

// podLevels are those of the words that Kubernetes has for pods and for why a
// container waits or ended.
func podLevels() plugin.Levels {
	return plugin.Levels{
		OK:      []string{"Succeeded", "Completed"},
		Warning: []string{"Pending", "ContainerCreating", "PodInitializing", "Terminating", "NotReady", "SchedulingGated", "Unknown", "Evicted", "Preempting", "Shutdown"},
		Critical: []string{
			"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
			"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "ContainerCannotRun", "PreCreateHookError", "PostStartHookError",
			"OOMKilled", "DeadlineExceeded", "NodeLost", "NodeAffinity", "OutOfcpu", "OutOfmemory", "UnexpectedAdmissionError", "Unschedulable",
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	column, amount := plugin.ColumnOf, plugin.NumberColumn
	claimLevels := plugin.Levels{OK: []string{"bound", "available"}, Warning: []string{"released"}}
	pods := []plugin.Column{
		column(plugin.CellText, "namespace", "Namespace"), column(plugin.CellText, "pod", "Pod"), plugin.StatusColumn("state", "State").With(podLevels()),
		amount("restarts", "Restarts", metric.None), column(plugin.CellText, "node", "Node"), column(plugin.CellDuration, "age", "Age"),
	}
	return []plugin.Table{
		{
			Title: "Pods in trouble", Path: "problem_pods", Empty: "All pods are as they should be.",
			Columns: append(append([]plugin.Column{}, pods...), column(plugin.CellText, "message", "Message")),
		},
		{Title: "Nodes", Path: "nodes", Empty: "The login may list no nodes.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Node"), column(plugin.CellFlag, "ready", "Ready"), column(plugin.CellList, "roles", "Roles"),
			column(plugin.CellList, "conditions", "Trouble"), amount("cpu", "Processor", metric.Ratio), amount("memory", "Memory", metric.Ratio),
			amount("cpu_requests", "Processor asked for", metric.Ratio), amount("memory_requests", "Memory asked for", metric.Ratio),
			amount("pods", "Pods", metric.None), column(plugin.CellCode, "version", "Version"), column(plugin.CellText, "os", "System"),
			column(plugin.CellCode, "ip", "Address"), column(plugin.CellFlag, "unschedulable", "Cordoned"), column(plugin.CellDuration, "age", "Age"),
		}},
		{Title: "Workloads", Path: "workloads", Empty: "There are none.", Columns: []plugin.Column{
			column(plugin.CellText, "kind", "Kind"), column(plugin.CellText, "namespace", "Namespace"), column(plugin.CellText, "name", "Name"),
			amount("ready", "Ready", metric.None), amount("desired", "Wanted", metric.None), column(plugin.CellList, "images", "Images"),
			column(plugin.CellDuration, "age", "Age"),
		}},
		{Title: "Warnings", Path: "events", Empty: "None within fifteen minutes.", Columns: []plugin.Column{
			column(plugin.CellTime, "time", "Last"), column(plugin.CellText, "namespace", "Namespace"), column(plugin.CellCode, "object", "What"),
			column(plugin.CellText, "reason", "Reason"), column(plugin.CellText, "message", "Message"), amount("count", "Times", metric.None),
		}},
		{Title: "Jobs", Path: "jobs", Empty: "There are none.", Columns: []plugin.Column{
			column(plugin.CellText, "kind", "Kind"), column(plugin.CellText, "namespace", "Namespace"), column(plugin.CellText, "name", "Name"),
			column(plugin.CellStatus, "state", "Latest"), column(plugin.CellCode, "schedule", "Schedule"), column(plugin.CellTime, "last", "Started"),
			column(plugin.CellTime, "success", "Succeeded"),
		}},
		{Title: "Claims of volumes", Path: "pvcs", Empty: "There are none.", Columns: []plugin.Column{
			column(plugin.CellText, "namespace", "Namespace"), column(plugin.CellText, "name", "Name"), plugin.StatusColumn("state", "State").With(claimLevels),
			amount("requested", "Asks for", metric.Bytes), amount("used", "Used", metric.Bytes), amount("capacity", "Size", metric.Bytes),
			column(plugin.CellText, "class", "Class"),
		}},
		{Title: "Ingresses", Path: "ingresses", Empty: "There are none.", Columns: []plugin.Column{
			column(plugin.CellText, "host", "Host"), column(plugin.CellCode, "path", "Path"), column(plugin.CellText, "namespace", "Namespace"),
			column(plugin.CellText, "service", "Service"), column(plugin.CellFlag, "tls", "TLS"),
		}},
		{Title: "Parts of the API server", Path: "components", Empty: "It does not say.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Part"), column(plugin.CellFlag, "healthy", "Ready"),
		}},
		{Title: "Pods", Path: "pods", Empty: "The login may list no pods.", Columns: append(pods, column(plugin.CellFlag, "ready", "Ready"))},
		{Title: "Cluster", Path: "cluster", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Name"), column(plugin.CellText, "version", "Version"), column(plugin.CellText, "platform", "Platform"),
			amount("nodes", "Nodes", metric.None), amount("nodes_ready", "Ready", metric.None), column(plugin.CellCode, "server", "Address"),
			column(plugin.CellText, "login", "Login from"), column(plugin.CellText, "usage", "Usage"), column(plugin.CellText, "note", "Note"),
		}},
	}
}
