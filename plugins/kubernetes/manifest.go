package kubernetes

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	metrics := append(append(clusterMetrics(), nodeMetrics()...), append(podMetrics(), workloadMetrics()...)...)
	return plugin.Manifest{
		ID: "kubernetes_monitor", Name: "Kubernetes", Category: plugin.Container, Icon: "boxes",
		Summary: "Nodes, pods, workloads, volumes, jobs and warnings of a Kubernetes cluster.",
		Description: "Asks the API of a cluster (k3s, k0s, kubeadm, Talos, MicroK8s) how its nodes are, what runs and what does not and why, " +
			"whether deployments have what they want, whether volumes are bound, whether jobs succeed, and what it warns of. With a " +
			"metrics-server also what nodes and pods use.",
		Tags:     []string{"kubernetes", "k8s", "k3s", "k0s", "microk8s", "talos", "containers", "pods"},
		Interval: time.Minute, Timeout: 30 * time.Second,
		Rights: plugin.Rights{
			Paths: append(usualPlaces(), podFolder), Network: true,
			Notes: "A service account with the ClusterRole of the README, which gets and lists and nothing else, is enough.",
		},
		Metrics: metrics, Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func clusterMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("kube_info", metric.None, "Always 1; its labels say which cluster answers.", "cluster", "version", "platform"),
		gauge("kube_apiserver_latency_seconds", metric.Seconds, "How long the API took to say its version."),
		gauge("kube_component_healthy", metric.Bool, "1 while a part of the API server says that it is ready; poststarthook is all steps of its start.", "check"),
		gauge("kube_nodes", metric.None, "Nodes, ready and not.", "ready"),
		gauge("kube_pods", metric.None, "Pods, by phase.", "phase"),
		gauge("kube_namespaces", metric.None, "Namespaces."),
		gauge("kube_deployments", metric.None, "Deployments."),
		gauge("kube_services", metric.None, "Services."),
		gauge("kube_ingresses", metric.None, "Ingresses."),
		counter("kube_warning_events_total", metric.None, "Warnings, counted since watching began.", "namespace", "reason"),
	}
}

func nodeMetrics() []metric.Definition {
	all := []metric.Definition{
		gauge("kube_node_ready", metric.Bool, "1 while the node is ready.", "node"),
		gauge("kube_node_condition", metric.Bool, "1 while something is wrong with the node: short of memory, disk or process IDs, or without a network.", "node", "condition"),
		gauge("kube_node_unschedulable", metric.Bool, "1 while the node takes no new pods (cordoned).", "node"),
		gauge("kube_node_pods", metric.None, "Pods on the node that have not ended.", "node"),
		gauge("kube_node_requests_ratio", metric.Ratio, "Part of what the node has to give that its pods have asked for.", "node", "resource"),
		gauge("kube_node_cpu_usage_cores", metric.Cores, "Processor time that the node uses.", "node"),
		gauge("kube_node_cpu_usage_ratio", metric.Ratio, "That, as a part of what the node has to give.", "node"),
		gauge("kube_node_memory_working_set_bytes", metric.Bytes, "Memory that the node uses and cannot give back.", "node"),
		gauge("kube_node_memory_usage_ratio", metric.Ratio, "That, as a part of what the node has to give.", "node"),
	}
	for _, of := range []struct{ name, help string }{
		{"kube_node_capacity_", "What the node has"}, {"kube_node_allocatable_", "What the node has to give to pods"},
	} {
		all = append(all,
			gauge(of.name+"cpu_cores", metric.Cores, of.help+": processor cores.", "node"),
			gauge(of.name+"memory_bytes", metric.Bytes, of.help+": memory.", "node"),
			gauge(of.name+"ephemeral_storage_bytes", metric.Bytes, of.help+": disk for what is not kept.", "node"),
			gauge(of.name+"pods", metric.None, of.help+": pods.", "node"),
		)
	}
	for _, of := range []struct{ name, help string }{
		{"kube_node_requests_", "What the pods of the node have asked for"}, {"kube_node_limits_", "What the pods of the node may use at most"},
	} {
		all = append(all,
			gauge(of.name+"cpu_cores", metric.Cores, of.help+": processor cores.", "node"),
			gauge(of.name+"memory_bytes", metric.Bytes, of.help+": memory.", "node"),
		)
	}
	return all
}

func podMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("kube_pod_phase", metric.None, "Always 1; the label says the phase that the pod is in.", "namespace", "pod", "phase"),
		gauge("kube_pod_ready", metric.Bool, "1 while the pod is ready.", "namespace", "pod"),
		counter("kube_pod_container_restarts_total", metric.None, "How often the container was started again.", "namespace", "pod", "container"),
		gauge("kube_pod_container_waiting", metric.None, "1 while the container waits; the label says why.", "namespace", "pod", "container", "reason"),
		gauge("kube_pod_container_last_terminated", metric.None, "1 where the container has ended before; the label says why.", "namespace", "pod", "container", "reason"),
		gauge("kube_pod_cpu_usage_cores", metric.Cores, "Processor time that the pod uses.", "namespace", "pod"),
		gauge("kube_pod_memory_working_set_bytes", metric.Bytes, "Memory that the pod uses and cannot give back.", "namespace", "pod"),
		gauge("kube_pod_requests_cpu_cores", metric.Cores, "Processor cores that the pod has asked for.", "namespace", "pod"),
		gauge("kube_pod_requests_memory_bytes", metric.Bytes, "Memory that the pod has asked for.", "namespace", "pod"),
		gauge("kube_pod_limits_cpu_cores", metric.Cores, "Processor cores that the pod may use at most.", "namespace", "pod"),
		gauge("kube_pod_limits_memory_bytes", metric.Bytes, "Memory that the pod may use at most.", "namespace", "pod"),
		counter("kube_pod_network_receive_bytes_total", metric.Bytes, "Bytes that the pod received.", "namespace", "pod"),
		counter("kube_pod_network_transmit_bytes_total", metric.Bytes, "Bytes that the pod sent.", "namespace", "pod"),
	}
}

func workloadMetrics() []metric.Definition {
	all := make([]metric.Definition, 0, 32)
	for _, of := range []struct{ kind, noun string }{{"deployment", "deployment"}, {"statefulset", "stateful set"}} {
		prefix := "kube_" + of.kind + "_replicas_"
		all = append(all,
			gauge(prefix+"desired", metric.None, "Pods that the "+of.noun+" is to have.", "namespace", "name"),
			gauge(prefix+"ready", metric.None, "Pods of the "+of.noun+" that are ready.", "namespace", "name"),
			gauge(prefix+"available", metric.None, "Pods of the "+of.noun+" that have been ready for long enough.", "namespace", "name"),
			gauge(prefix+"updated", metric.None, "Pods of the "+of.noun+" that are of its newest version.", "namespace", "name"),
		)
	}
	return append(all,
		gauge("kube_deployment_replicas_unavailable", metric.None, "Pods that the deployment lacks.", "namespace", "name"),
		gauge("kube_daemonset_desired", metric.None, "Nodes on which the daemon set is to run.", "namespace", "name"),
		gauge("kube_daemonset_ready", metric.None, "Nodes on which it runs and is ready.", "namespace", "name"),
		gauge("kube_daemonset_misscheduled", metric.None, "Nodes on which it runs and is not to.", "namespace", "name"),
		gauge("kube_daemonset_unavailable", metric.None, "Nodes on which it is missing.", "namespace", "name"),
		gauge("kube_job_active", metric.None, "Pods of the job, or of the jobs of a cron job, that run.", "namespace", "name"),
		gauge("kube_job_succeeded", metric.Bool, "1 when the job, or the latest of a cron job that has ended, succeeded.", "namespace", "name"),
		gauge("kube_job_failed", metric.Bool, "1 when it failed.", "namespace", "name"),
		gauge("kube_cronjob_suspended", metric.Bool, "1 while the cron job is told to rest.", "namespace", "name"),
		gauge("kube_cronjob_active", metric.None, "Jobs of the cron job that run.", "namespace", "name"),
		gauge("kube_cronjob_last_schedule_timestamp_seconds", metric.TimestampSeconds, "When the cron job was last started.", "namespace", "name"),
		gauge("kube_cronjob_last_success_timestamp_seconds", metric.TimestampSeconds, "When it last succeeded.", "namespace", "name"),
		gauge("kube_pvc_state", metric.Bool, "1 for the state that the claim of a volume is in.", "namespace", "pvc", "state"),
		gauge("kube_pvc_requested_bytes", metric.Bytes, "How large a volume the claim asks for.", "namespace", "pvc"),
		gauge("kube_pv_state", metric.Bool, "1 for the state that the volume is in.", "pv", "state"),
		gauge("kube_volume_used_bytes", metric.Bytes, "What is used of the volume of a claim; told by the kubelets.", "namespace", "pvc"),
		gauge("kube_volume_capacity_bytes", metric.Bytes, "Size of the volume of a claim; told by the kubelets.", "namespace", "pvc"),
	)
}
