package kubernetes

import (
	"context"
	"math"
	"net/url"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// readUsage asks the metrics-server. A cluster without one is no fault.
func (c *collector) readUsage(ctx context.Context, a *api, out *plugin.Batch, s *survey) {
	const path = "/apis/metrics.k8s.io/v1beta1/"
	s.nodeUse = make(map[string]amounts)
	err := list(ctx, a, path+"nodes", nil, func(u *usage) { s.nodeUse[u.Metadata.Name] = u.Usage })
	if fault.Of(err) == fault.NotFound {
		s.document.Cluster.Usage = "there is no metrics-server, so that it is not known what nodes and pods use"
		return
	}
	out.Problem(err)
	if !c.config.PerPod {
		return
	}
	s.podUse = make(map[podKey]amounts)
	out.Problem(list(ctx, a, path+"pods", nil, func(u *usage) {
		sum := make(amounts, 2)
		for _, one := range u.Containers {
			for _, name := range []string{"cpu", "memory"} {
				if value, ok := one.Usage.of(name); ok {
					sum[name] += quantity(value)
				}
			}
		}
		s.podUse[podKey{u.Metadata.Namespace, u.Metadata.Name}] = sum
	}))
}

// readSummaries asks the kubelet of each node, through the API.
func (c *collector) readSummaries(ctx context.Context, a *api, out *plugin.Batch, s *survey) {
	type volumeKey struct{ namespace, name string }
	jobs := make(map[podKey]bool)
	for i := range s.pods {
		if p := &s.pods[i]; p.Metadata.owner("Job") != "" {
			jobs[podKey{p.Metadata.Namespace, p.Metadata.Name}] = true
		}
	}
	volumes := make(map[volumeKey]bool)
	shown := 0
	for i := range s.nodes {
		n := &s.nodes[i]
		if is(n.Status.Conditions, "Ready") != "True" {
			continue // its kubelet would keep us waiting
		}
		var told summary
		if err := a.get(ctx, "/api/v1/nodes/"+url.PathEscape(n.Metadata.Name)+"/proxy/stats/summary", &told); err != nil {
			out.Problem(fault.Wrap(err, "asking the kubelet of %s", n.Metadata.Name))
			continue
		}
		for _, p := range told.Pods {
			if !c.shows(p.Ref.Namespace) {
				continue
			}
			if c.config.PerPod && shown < c.config.MaxPods && !jobs[podKey{p.Ref.Namespace, p.Ref.Name}] {
				shown++
				labels := []string{"namespace", p.Ref.Namespace, "pod", p.Ref.Name}
				addKnown(out, "kube_pod_network_receive_bytes_total", p.Network.Received, labels...)
				addKnown(out, "kube_pod_network_transmit_bytes_total", p.Network.Transmitted, labels...)
			}
			for _, v := range p.Volumes {
				if v.Claim == nil || volumes[volumeKey{v.Claim.Namespace, v.Claim.Name}] {
					continue
				}
				volumes[volumeKey{v.Claim.Namespace, v.Claim.Name}] = true
				labels := []string{"namespace", v.Claim.Namespace, "pvc", v.Claim.Name}
				addKnown(out, "kube_volume_used_bytes", v.Used, labels...)
				addKnown(out, "kube_volume_capacity_bytes", v.Capacity, labels...)
				s.document.fill(v.Claim.Namespace, v.Claim.Name, v.Used, v.Capacity)
			}
		}
	}
}

func addKnown(out *plugin.Batch, metric string, value *float64, labels ...string) {
	if value != nil && *value >= 0 && !math.IsInf(*value, 0) {
		out.Add(metric, *value, labels...)
	}
}
