package kubernetes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// sum adds up what containers ask for, as the scheduler does: all that run
// together, or the largest of those that run before, whichever is more.
func (p *pod) sum(of func(*container) amounts, resource string) (float64, bool) {
	var running, before, most float64
	found := false
	each := func(list []container, take func(*container, float64)) {
		for i := range list {
			if value, ok := of(&list[i]).of(resource); ok {
				found = true
				take(&list[i], value)
			}
		}
	}
	each(p.Spec.Containers, func(_ *container, value float64) { running += value })
	each(p.Spec.Init, func(c *container, value float64) {
		if c.RestartPolicy == "Always" { // a sidecar, which goes on
			running, before = running+value, before+value
			most = max(most, before)
			return
		}
		most = max(most, before+value)
	})
	total := max(running, most)
	if value, ok := p.Spec.Overhead.of(resource); ok && found {
		total += value
	}
	return total, found
}

func (p *pod) requests(resource string) (float64, bool) {
	return p.sum(func(c *container) amounts { return c.Resources.Requests }, resource)
}

func (p *pod) limits(resource string) (float64, bool) {
	return p.sum(func(c *container) amounts { return c.Resources.Limits }, resource)
}

// state is the word that kubectl shows for a pod, with what explains it.
func (p *pod) state() (word, message string) {
	word, message = p.Status.Phase, p.Status.Message
	if p.Status.Reason != "" {
		word = p.Status.Reason // Evicted, NodeLost
	}
	starting := false
	for i, status := range p.Status.Init {
		switch {
		case status.State.Terminated != nil && status.State.Terminated.ExitCode == 0:
			continue
		case status.State.Running != nil && p.sidecar(status.Name):
			continue
		case status.State.Terminated != nil:
			word, message = "Init:"+ended(&status), status.State.Terminated.Message
		case status.State.Waiting != nil && status.State.Waiting.Reason != "" && status.State.Waiting.Reason != "PodInitializing":
			word, message = "Init:"+status.State.Waiting.Reason, status.State.Waiting.Message
		default:
			word = fmt.Sprintf("Init:%d/%d", i, len(p.Spec.Init))
		}
		starting = true
		break
	}
	if !starting {
		for i := range p.Status.Containers {
			status := &p.Status.Containers[i]
			switch {
			case status.State.Waiting != nil && status.State.Waiting.Reason != "":
				word, message = status.State.Waiting.Reason, status.State.Waiting.Message
			case status.State.Terminated != nil:
				word, message = ended(status), status.State.Terminated.Message
			}
		}
	}
	if p.Metadata.Deleted != nil {
		word = "Terminating"
	}
	return plugin.Shorten(word, 60), plugin.Shorten(strings.TrimSpace(message), 300)
}

// ended says how a container ended.
func ended(status *containerStatus) string {
	t := status.State.Terminated
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	default:
		return fmt.Sprintf("ExitCode:%d", t.ExitCode)
	}
}

func (p *pod) sidecar(name string) bool {
	return slices.ContainsFunc(p.Spec.Init, func(c container) bool { return c.Name == name && c.RestartPolicy == "Always" })
}

func (p *pod) ready() bool { return is(p.Status.Conditions, "Ready") == "True" }

// unreadiness is why a pod whose containers all run is not ready, as far as it is told.
func (p *pod) unreadiness() string {
	for _, one := range p.Status.Conditions {
		if one.Type == "Ready" {
			return plugin.Shorten(strings.TrimSpace(one.Message), 300)
		}
	}
	return ""
}

func (p *pod) restarts() float64 {
	sum := 0.0
	for _, status := range append(slices.Clip(p.Status.Init), p.Status.Containers...) {
		sum += status.Restarts
	}
	return sum
}

// leaving is how long a pod may take to go beyond the time that it was given.
const leaving = 5 * time.Minute

// troubled reports whether somebody should look at the pod.
func (p *pod) troubled(state string, now time.Time) bool {
	switch {
	case p.Metadata.Deleted != nil:
		return now.Sub(*p.Metadata.Deleted) > leaving
	case p.Status.Phase == "Succeeded":
		return false
	case p.Status.Phase == "Running" && state == "Running":
		return !p.ready()
	default:
		return true
	}
}

// phases are those that a pod can have.
func phases() []string { return []string{"Pending", "Running", "Succeeded", "Failed", "Unknown"} }

const maxProblemPods = 100

// emitPods tells how the pods are.
func (c *collector) emitPods(s *survey, out *plugin.Batch) {
	if !s.listed["pods"] {
		return
	}
	slices.SortFunc(s.pods, func(a, b pod) int {
		return strings.Compare(a.Metadata.Namespace+"/"+a.Metadata.Name, b.Metadata.Namespace+"/"+b.Metadata.Name)
	})
	counts := make(map[string]int)
	shown := 0
	for i := range s.pods {
		p := &s.pods[i]
		counts[p.Status.Phase]++
		state, message := p.state()
		row := podRow{
			Namespace: p.Metadata.Namespace, Name: p.Metadata.Name, Node: p.Spec.Node, State: state, Ready: p.ready(),
			Restarts: p.restarts(), Age: c.age(p.Metadata),
		}
		if len(s.document.Pods) < maxRows {
			s.document.Pods = append(s.document.Pods, row)
		}
		if p.troubled(state, c.host.Now()) && len(s.document.Problems) < maxProblemPods {
			row.Message = message
			if state == "Running" {
				row.State, row.Message = "NotReady", p.unreadiness()
			}
			s.document.Problems = append(s.document.Problems, row)
		}
		// The pods of jobs have a new name each time; jobs are told by themselves.
		if !c.config.PerPod || shown >= c.config.MaxPods || p.Metadata.owner("Job") != "" {
			continue
		}
		shown++
		c.emitPod(p, s.podUse[podKey{p.Metadata.Namespace, p.Metadata.Name}], out)
	}
	for _, phase := range phases() {
		out.Add("kube_pods", float64(counts[phase]), "phase", phase)
		s.document.Summary.Pods[phase] = counts[phase]
	}
	if c.config.PerPod && len(s.pods) > c.config.MaxPods {
		s.document.Cluster.Note = fmt.Sprintf("%d of %d pods have series (max_pods)", shown, len(s.pods))
	}
}

func (c *collector) emitPod(p *pod, used amounts, out *plugin.Batch) {
	labels := []string{"namespace", p.Metadata.Namespace, "pod", p.Metadata.Name}
	with := func(more ...string) []string { return append(slices.Clip(labels), more...) }
	if slices.Contains(phases(), p.Status.Phase) {
		out.Add("kube_pod_phase", 1, with("phase", p.Status.Phase)...)
	}
	if p.Status.Phase == "Running" || p.Status.Phase == "Pending" {
		out.AddBool("kube_pod_ready", p.ready(), labels...)
	}
	seen := make(map[string]bool)
	for _, status := range append(slices.Clip(p.Status.Init), p.Status.Containers...) {
		if seen[status.Name] {
			continue
		}
		seen[status.Name] = true
		out.Add("kube_pod_container_restarts_total", status.Restarts, with("container", status.Name)...)
		if w := status.State.Waiting; w != nil && w.Reason != "" {
			out.Add("kube_pod_container_waiting", 1, with("container", status.Name, "reason", plugin.Shorten(w.Reason, 60))...)
		}
		if t := status.Last.Terminated; t != nil && t.Reason != "" {
			out.Add("kube_pod_container_last_terminated", 1, with("container", status.Name, "reason", plugin.Shorten(t.Reason, 60))...)
		}
	}
	for resource, suffix := range map[string]string{"cpu": "cpu_cores", "memory": "memory_bytes"} {
		if value, ok := p.requests(resource); ok {
			out.Add("kube_pod_requests_"+suffix, value, labels...)
		}
		if value, ok := p.limits(resource); ok {
			out.Add("kube_pod_limits_"+suffix, value, labels...)
		}
	}
	if cores, ok := used.of("cpu"); ok {
		out.Add("kube_pod_cpu_usage_cores", cores, labels...)
	}
	if bytes, ok := used.of("memory"); ok {
		out.Add("kube_pod_memory_working_set_bytes", bytes, labels...)
	}
}
