package kubernetes

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule { return append(clusterRules(), workRules()...) }

func clusterRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "Kubernetes does not answer", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `up == 0`,
			Summary: "The API of {{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "component", Name: "Part of the API server is not ready", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `kube_component_healthy == 0`,
			Summary: "{{.Labels.check}} of {{.Labels.source}} is not ready.",
		},
		{
			ID: "node_not_ready", Name: "Node is not ready", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `kube_node_ready == 0`,
			Summary: "The node {{.Labels.node}} of {{.Labels.source}} is not ready.",
			Hint:    "See whether the machine runs, and its kubelet: journalctl -u kubelet, or k3s.",
		},
		{
			ID: "node_pressure", Name: "Node is under pressure", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `kube_node_condition == 1`,
			Summary: "The node {{.Labels.node}} of {{.Labels.source}} has {{.Labels.condition}}.",
			Hint:    "Pods are thrown out of a node that is short of memory or disk.",
		},
		{
			ID: "node_cordoned", Name: "Node takes no pods for a day", Severity: plugin.Info, For: 24 * time.Hour,
			Expr:    `kube_node_unschedulable == 1`,
			Summary: "The node {{.Labels.node}} of {{.Labels.source}} has been cordoned for a day.",
			Hint:    "When its maintenance is over: kubectl uncordon.",
		},
		{
			ID: "node_memory", Name: "Memory of a node is almost used up", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `kube_node_memory_usage_ratio > 0.9`,
			Summary: "The node {{.Labels.node}} of {{.Labels.source}} uses more than 90 % of its memory.",
		},
		{
			ID: "claim_not_bound", Name: "Claim has no volume", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `kube_pvc_state{state="bound"} == 0`,
			Summary: "The claim {{.Labels.namespace}}/{{.Labels.pvc}} of {{.Labels.source}} has no volume.",
			Hint:    "kubectl describe pvc says why.",
		},
		{
			ID: "volume_filling", Name: "Volume fills up", Severity: plugin.Warning, For: 5 * minute,
			Expr: `kube_volume_used_bytes / kube_volume_capacity_bytes > 0.85` +
				` and kube_volume_used_bytes / kube_volume_capacity_bytes <= 0.95`,
			Summary: "The volume {{.Labels.namespace}}/{{.Labels.pvc}} of {{.Labels.source}} is more than 85 % full.",
		},
		{
			ID: "volume_full", Name: "Volume is almost full", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `kube_volume_used_bytes / kube_volume_capacity_bytes > 0.95`,
			Summary: "The volume {{.Labels.namespace}}/{{.Labels.pvc}} of {{.Labels.source}} is more than 95 % full.",
		},
	}
}

func workRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "crash_loop", Name: "Container crashes again and again", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `kube_pod_container_waiting{reason="CrashLoopBackOff"} == 1`,
			Summary: "{{.Labels.container}} of {{.Labels.namespace}}/{{.Labels.pod}} crashes again and again.",
			Hint:    "kubectl logs --previous says why.",
		},
		{
			ID: "restarts", Name: "Container is restarted often", Severity: plugin.Warning,
			Expr:    `increase(kube_pod_container_restarts_total[15m]) > 3`,
			Summary: "{{.Labels.container}} of {{.Labels.namespace}}/{{.Labels.pod}} was restarted {{.Value}} times within fifteen minutes.",
			Hint:    "kubectl logs --previous says why.",
		},
		{
			ID: "image", Name: "Image cannot be had", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `kube_pod_container_waiting{reason=~"ImagePullBackOff|ErrImagePull|InvalidImageName"} == 1`,
			Summary: "The image of {{.Labels.container}} of {{.Labels.namespace}}/{{.Labels.pod}} cannot be had.",
			Hint:    "See its name, and whether the registry wants a login.",
		},
		{
			ID: "pending", Name: "Pod does not start", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `kube_pod_phase{phase="Pending"} == 1`,
			Summary: "{{.Labels.namespace}}/{{.Labels.pod}} has not started for fifteen minutes.",
			Hint:    "kubectl describe pod says why: most often no node has room, or a volume is missing.",
		},
		{
			ID: "failed", Name: "Pod has failed", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `kube_pod_phase{phase="Failed"} == 1`,
			Summary: "{{.Labels.namespace}}/{{.Labels.pod}} has failed or was thrown out.",
			Hint:    "The table of pods in trouble says why; kubectl delete pod clears it away.",
		},
		{
			ID: "deployment_short", Name: "Deployment lacks pods", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `kube_deployment_replicas_ready < kube_deployment_replicas_desired`,
			Summary: "{{.Labels.namespace}}/{{.Labels.name}} has fewer ready pods than it wants.",
		},
		{
			ID: "deployment_down", Name: "Deployment is down", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `kube_deployment_replicas_ready == 0 and kube_deployment_replicas_desired > 0`,
			Summary: "{{.Labels.namespace}}/{{.Labels.name}} has no ready pod.",
		},
		{
			ID: "statefulset_short", Name: "Stateful set lacks pods", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `kube_statefulset_replicas_ready < kube_statefulset_replicas_desired`,
			Summary: "{{.Labels.namespace}}/{{.Labels.name}} has fewer ready pods than it wants.",
		},
		{
			ID: "statefulset_down", Name: "Stateful set is down", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `kube_statefulset_replicas_ready == 0 and kube_statefulset_replicas_desired > 0`,
			Summary: "{{.Labels.namespace}}/{{.Labels.name}} has no ready pod.",
		},
		{
			ID: "daemonset_short", Name: "Daemon set is missing on nodes", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `kube_daemonset_unavailable > 0`,
			Summary: "{{.Labels.namespace}}/{{.Labels.name}} is missing on {{.Value}} nodes.",
		},
		{
			ID: "job_failed", Name: "Job has failed", Severity: plugin.Warning,
			Expr:    `kube_job_failed == 1`,
			Summary: "The job {{.Labels.namespace}}/{{.Labels.name}} has failed.",
			Hint:    "kubectl logs job/… says why.",
		},
	}
}
