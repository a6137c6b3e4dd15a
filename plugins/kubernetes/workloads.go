package kubernetes

import (
	"context"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// workloads reads deployments, stateful sets or daemon sets.
func (c *collector) workloads(ctx context.Context, a *api, out *plugin.Batch, s *survey, kind string) func(path string) error {
	return func(path string) error {
		count := 0
		err := list(ctx, a, path, nil, func(w *workload) {
			if !c.shows(w.Metadata.Namespace) {
				return
			}
			count++
			c.emitWorkload(w, kind, out, s)
		})
		if err == nil && kind == "deployment" {
			out.Add("kube_deployments", float64(count))
		}
		return err
	}
}

func (c *collector) emitWorkload(w *workload, kind string, out *plugin.Batch, s *survey) {
	labels := []string{"namespace", w.Metadata.Namespace, "name", w.Metadata.Name}
	status := w.Status
	row := workloadRow{Kind: kind, Namespace: w.Metadata.Namespace, Name: w.Metadata.Name, Age: c.age(w.Metadata)}
	if kind == "daemonset" {
		row.Desired, row.Ready = status.Desired, status.NumberReady
		for part, value := range map[string]float64{
			"desired": status.Desired, "ready": status.NumberReady, "misscheduled": status.Misscheduled, "unavailable": status.NotAvailable,
		} {
			out.Add("kube_daemonset_"+part, value, labels...)
		}
	} else {
		row.Desired, row.Ready = 1, status.Ready // what an absent number means
		if w.Spec.Replicas != nil {
			row.Desired = *w.Spec.Replicas
		}
		parts := map[string]float64{"desired": row.Desired, "ready": status.Ready, "available": status.Available, "updated": status.Updated}
		if kind == "deployment" {
			parts["unavailable"] = status.Unavailable
		}
		for part, value := range parts {
			out.Add("kube_"+kind+"_replicas_"+part, value, labels...)
		}
	}
	for _, one := range w.Spec.Template.Spec.Containers {
		row.Images = append(row.Images, plugin.Shorten(one.Image, 120))
	}
	if len(s.document.Workloads) < maxRows {
		s.document.Workloads = append(s.document.Workloads, row)
	}
}

// cronJobs reads what runs by the clock.
func (c *collector) cronJobs(ctx context.Context, a *api, path string, out *plugin.Batch, s *survey) error {
	return list(ctx, a, path, nil, func(j *cronJob) {
		if !c.shows(j.Metadata.Namespace) {
			return
		}
		labels := []string{"namespace", j.Metadata.Namespace, "name", j.Metadata.Name}
		out.AddBool("kube_cronjob_suspended", j.Spec.Suspend, labels...)
		out.Add("kube_cronjob_active", float64(len(j.Status.Active)), labels...)
		if at := j.Status.Last; at != nil {
			out.Add("kube_cronjob_last_schedule_timestamp_seconds", float64(at.Unix()), labels...)
		}
		if at := j.Status.Success; at != nil {
			out.Add("kube_cronjob_last_success_timestamp_seconds", float64(at.Unix()), labels...)
		}
		s.document.addJob(jobRow{
			Kind: "cronjob", Namespace: j.Metadata.Namespace, Name: j.Metadata.Name, Schedule: j.Spec.Schedule,
			Last: j.Status.Last, Success: j.Status.Success,
		})
	})
}

// jobKey is a job, or the cron job that makes one after another.
type jobKey struct{ namespace, name string }

// jobs reads jobs. Those that a cron job makes are told under its name: each has a
// name of its own, of which there is no end.
func (c *collector) jobs(ctx context.Context, a *api, path string, out *plugin.Batch, s *survey) error {
	latest := make(map[jobKey]*job)
	active := make(map[jobKey]float64)
	err := list(ctx, a, path, nil, func(j *job) {
		if !c.shows(j.Metadata.Namespace) {
			return
		}
		key := jobKey{j.Metadata.Namespace, j.Metadata.Name}
		if owner := j.Metadata.owner("CronJob"); owner != "" {
			key.name = owner
		}
		active[key] += j.Status.Active
		if before := latest[key]; j.ended() != "" && (before == nil || j.Status.Started.After(before.Status.Started)) {
			kept := *j
			latest[key] = &kept
		}
	})
	if err != nil {
		return err
	}
	for key, running := range active {
		labels := []string{"namespace", key.namespace, "name", key.name}
		out.Add("kube_job_active", running, labels...)
		row := jobRow{Kind: "job", Namespace: key.namespace, Name: key.name, State: "running"}
		if last := latest[key]; last != nil {
			row.State = last.ended()
			out.AddBool("kube_job_succeeded", row.State == "succeeded", labels...)
			out.AddBool("kube_job_failed", row.State == "failed", labels...)
		}
		s.document.addJob(row)
	}
	s.document.sortJobs()
	return nil
}

// ended says how the job ended, or nothing while it has not.
func (j *job) ended() string {
	switch {
	case is(j.Status.Conditions, "Failed") == "True":
		return "failed"
	case is(j.Status.Conditions, "Complete") == "True":
		return "succeeded"
	default:
		return ""
	}
}

func claimStates() []string { return []string{"bound", "pending", "lost"} }

func volumeStates() []string { return []string{"pending", "available", "bound", "released", "failed"} }

// claims reads what workloads want stored.
func (c *collector) claims(ctx context.Context, a *api, path string, out *plugin.Batch, s *survey) error {
	return list(ctx, a, path, nil, func(p *claim) {
		if !c.shows(p.Metadata.Namespace) {
			return
		}
		labels := []string{"namespace", p.Metadata.Namespace, "pvc", p.Metadata.Name}
		if p.Status.Phase != "" {
			out.AddState("kube_pvc_state", strings.ToLower(p.Status.Phase), claimStates(), labels...)
		}
		row := claimRow{
			Namespace: p.Metadata.Namespace, Name: p.Metadata.Name, State: strings.ToLower(p.Status.Phase), Class: p.Spec.Class, Volume: p.Spec.Volume,
		}
		if bytes, ok := p.Spec.Resources.Requests.of("storage"); ok {
			out.Add("kube_pvc_requested_bytes", bytes, labels...)
			row.Requested = &bytes
		}
		if len(s.document.Claims) < maxRows {
			s.document.Claims = append(s.document.Claims, row)
		}
	})
}

// volumes reads where it is stored.
func (c *collector) volumes(ctx context.Context, a *api, path string, out *plugin.Batch) error {
	return list(ctx, a, path, nil, func(v *volume) {
		if v.Status.Phase != "" {
			out.AddState("kube_pv_state", strings.ToLower(v.Status.Phase), volumeStates(), "pv", v.Metadata.Name)
		}
	})
}

// ingresses reads what is reached from outside.
func (c *collector) ingresses(ctx context.Context, a *api, path string, out *plugin.Batch, s *survey) error {
	count := 0
	err := list(ctx, a, path, nil, func(i *ingress) {
		if !c.shows(i.Metadata.Namespace) {
			return
		}
		count++
		for _, rule := range i.Spec.Rules {
			if rule.HTTP == nil {
				continue
			}
			for _, at := range rule.HTTP.Paths {
				if len(s.document.Ingresses) < maxRows {
					s.document.Ingresses = append(s.document.Ingresses, ingressRow{
						Namespace: i.Metadata.Namespace, Host: rule.Host, Path: at.Path, Service: at.Backend.Service.Name, TLS: len(i.Spec.TLS) > 0,
					})
				}
			}
		}
	})
	if err == nil {
		out.Add("kube_ingresses", float64(count))
	}
	return err
}
