package kubernetes

import (
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// The resources of a node that are measured, with the ends of their metrics.
func nodeResources() []struct{ resource, suffix string } {
	return []struct{ resource, suffix string }{
		{"cpu", "cpu_cores"}, {"memory", "memory_bytes"}, {"ephemeral-storage", "ephemeral_storage_bytes"}, {"pods", "pods"},
	}
}

// pressures are the conditions of a node that are bad when they hold.
func pressures() []string {
	return []string{"MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"}
}

// load is what the pods of a node ask for.
type load struct {
	pods             int
	requests, limits map[string]float64
}

// loads adds up what pods ask for, node by node. Pods that have ended hold
// nothing.
func loads(pods []pod) map[string]*load {
	all := make(map[string]*load)
	for i := range pods {
		p := &pods[i]
		if p.Spec.Node == "" || p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" {
			continue
		}
		one := all[p.Spec.Node]
		if one == nil {
			one = &load{requests: make(map[string]float64), limits: make(map[string]float64)}
			all[p.Spec.Node] = one
		}
		one.pods++
		for _, name := range []string{"cpu", "memory"} {
			if value, ok := p.requests(name); ok {
				one.requests[name] += value
			}
			if value, ok := p.limits(name); ok {
				one.limits[name] += value
			}
		}
	}
	return all
}

// emitNodes tells how the nodes are.
func (c *collector) emitNodes(s *survey, out *plugin.Batch) {
	if !s.listed["nodes"] {
		return
	}
	all := loads(s.pods)
	whole := len(c.config.NamespaceInclude) == 0 && len(c.config.NamespaceExclude) == 0 && s.listed["pods"]
	ready := 0
	for i := range s.nodes {
		n := &s.nodes[i]
		name := n.Metadata.Name
		isReady := is(n.Status.Conditions, "Ready") == "True"
		if isReady {
			ready++
		}
		out.AddBool("kube_node_ready", isReady, "node", name)
		out.AddBool("kube_node_unschedulable", n.Spec.Unschedulable, "node", name)
		for _, kind := range pressures() {
			// A node that is away has Unknown; absent is right for it.
			if status := is(n.Status.Conditions, kind); status == "True" || status == "False" {
				out.AddBool("kube_node_condition", status == "True", "node", name, "condition", kind)
			}
		}
		for _, r := range nodeResources() {
			if value, ok := n.Status.Capacity.of(r.resource); ok {
				out.Add("kube_node_capacity_"+r.suffix, value, "node", name)
			}
			if value, ok := n.Status.Allocatable.of(r.resource); ok {
				out.Add("kube_node_allocatable_"+r.suffix, value, "node", name)
			}
		}
		row := nodeRow{
			Name: name, Roles: roles(n), Ready: isReady, Version: n.Status.Info.Kubelet, OS: n.Status.Info.OS, Kernel: n.Status.Info.Kernel,
			Architecture: n.Status.Info.Architecture, Runtime: n.Status.Info.Runtime, Unschedulable: n.Spec.Unschedulable,
			Age: c.age(n.Metadata), Conditions: n.troubles(), Taints: n.taints(), Address: n.address(),
		}
		if whole { // else some of the pods are not known
			one := all[name]
			if one == nil {
				one = &load{}
			}
			c.emitLoad(n, one, out, &row)
		}
		c.emitNodeUse(n, s, out, &row)
		s.document.Nodes = append(s.document.Nodes, row)
	}
	out.Add("kube_nodes", float64(ready), "ready", "true")
	out.Add("kube_nodes", float64(len(s.nodes)-ready), "ready", "false")
	s.document.Cluster.Ready, s.document.Cluster.Nodes = ready, len(s.nodes)
	slices.SortFunc(s.document.Nodes, func(a, b nodeRow) int { return strings.Compare(a.Name, b.Name) })
}

func (c *collector) emitLoad(n *node, one *load, out *plugin.Batch, row *nodeRow) {
	name := n.Metadata.Name
	out.Add("kube_node_pods", float64(one.pods), "node", name)
	row.Pods = one.pods
	for resource, suffix := range map[string]string{"cpu": "cpu_cores", "memory": "memory_bytes"} {
		out.Add("kube_node_requests_"+suffix, one.requests[resource], "node", name)
		out.Add("kube_node_limits_"+suffix, one.limits[resource], "node", name)
		if most, ok := n.Status.Allocatable.of(resource); ok && most > 0 {
			ratio := one.requests[resource] / most
			out.Add("kube_node_requests_ratio", ratio, "node", name, "resource", resource)
			if resource == "cpu" {
				row.CPURequests = &ratio
			} else {
				row.MemoryRequests = &ratio
			}
		}
	}
}

// emitNodeUse tells what the metrics-server knows.
func (c *collector) emitNodeUse(n *node, s *survey, out *plugin.Batch, row *nodeRow) {
	name := n.Metadata.Name
	used := s.nodeUse[name]
	if cores, ok := used.of("cpu"); ok {
		out.Add("kube_node_cpu_usage_cores", cores, "node", name)
		if most, ok := n.Status.Allocatable.of("cpu"); ok && most > 0 {
			ratio := cores / most
			out.Add("kube_node_cpu_usage_ratio", ratio, "node", name)
			row.CPU = &ratio
		}
	}
	if bytes, ok := used.of("memory"); ok {
		out.Add("kube_node_memory_working_set_bytes", bytes, "node", name)
		if most, ok := n.Status.Allocatable.of("memory"); ok && most > 0 {
			ratio := bytes / most
			out.Add("kube_node_memory_usage_ratio", ratio, "node", name)
			row.Memory = &ratio
		}
	}
}

// roles are those that kubectl shows.
func roles(n *node) []string {
	const prefix = "node-role.kubernetes.io/"
	var names []string
	for label := range n.Metadata.Labels {
		if role, ok := strings.CutPrefix(label, prefix); ok && role != "" {
			names = append(names, role)
		}
	}
	slices.Sort(names)
	return names
}

// troubles are the conditions that are not as they should be.
func (n *node) troubles() []string {
	var names []string
	for _, one := range n.Status.Conditions {
		name, bad := one.Type, one.Status != "False"
		if one.Type == "Ready" {
			name, bad = "NotReady", one.Status != "True"
		}
		if bad {
			names = append(names, plugin.Shorten(strings.TrimSuffix(name+": "+one.Reason, ": "), 80))
		}
	}
	slices.Sort(names)
	return names
}

func (n *node) taints() []string {
	var names []string
	for _, taint := range n.Spec.Taints {
		names = append(names, taint.Key+":"+taint.Effect)
	}
	return names
}

func (n *node) address() string {
	for _, kind := range []string{"InternalIP", "ExternalIP", "Hostname"} {
		for _, at := range n.Status.Addresses {
			if at.Type == kind {
				return at.Address
			}
		}
	}
	return ""
}
