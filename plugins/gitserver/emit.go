package gitserver

import (
	"cmp"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func visibilities() []string { return []string{"public", "internal", "private"} }

// maxRepoSeries bounds the repositories that become series.
const maxRepoSeries = 200

// emit makes samples of what is seen.
func (s *sight) emit(config config, out *plugin.Batch) {
	info := []string{"kind", s.Kind}
	if s.Version != "" {
		info = append(info, "version", s.Version)
	}
	out.Add("git_server_info", 1, info...)
	for _, h := range s.Health {
		out.AddBool("git_server_health", h.Status == "ok", "check", h.Check)
	}
	s.emitRepositories(config, out)
	for part, size := range s.Storage {
		out.Add("git_server_storage_bytes", size, "part", part)
	}
	for name, value := range map[string]*float64{
		"git_server_users": s.Users, "git_server_active_users": s.ActiveUsers, "git_server_organizations": s.Organizations,
		"git_server_open_issues": s.Issues, "git_server_open_pull_requests": s.Pulls, "git_server_notifications_unread": s.Unread,
		"git_server_jobs_failed_total": s.JobsFailed,
	} {
		if value != nil {
			out.Add(name, *value)
		}
	}
	for name, q := range s.Queues {
		out.Add("git_server_job_queue_backlog", q.Backlog, "queue", name)
		out.Add("git_server_job_queue_latency_seconds", q.Latency, "queue", name)
	}
	s.emitCI(out)
	if len(s.Cron) > 0 {
		overdue := 0.0
		for _, t := range s.Cron {
			if t.Overdue {
				overdue++
			}
		}
		out.Add("git_server_cron_overdue", overdue)
	}
}

func (s *sight) emitRepositories(config config, out *plugin.Batch) {
	count := make(map[string]float64)
	var archived, mirrors, empty float64
	var oldest time.Duration
	aged := false
	for i, r := range s.Repositories {
		count[r.Visibility]++
		if r.Archived {
			archived++
		}
		if r.Empty {
			empty++
		}
		if r.Mirror {
			mirrors++
		}
		if r.Mirrored != nil && !r.Archived {
			oldest, aged = max(oldest, s.now.Sub(*r.Mirrored)), true
		}
		if config.PerRepo && i < maxRepoSeries {
			if r.Size != nil {
				out.Add("git_server_repo_size_bytes", *r.Size, "repo", r.Name)
			}
			if r.Issues != nil {
				out.Add("git_server_repo_open_issues", *r.Issues, "repo", r.Name)
			}
		}
	}
	for _, visibility := range visibilities() {
		out.Add("git_server_repositories", count[visibility], "visibility", visibility)
	}
	out.Add("git_server_repositories_archived", archived)
	out.Add("git_server_repositories_mirror", mirrors)
	out.Add("git_server_repositories_empty", empty)
	if more := float64(len(s.Repositories)); s.Total != nil && *s.Total > more {
		out.Add("git_server_repositories_left_out", *s.Total-more)
	}
	if aged {
		out.Add("git_server_mirror_age_max_seconds", oldest.Round(time.Second).Seconds())
	}
}

func (s *sight) emitCI(out *plugin.Batch) {
	if s.CISeen {
		count := make(map[string]float64)
		var running, waiting float64
		for _, r := range s.Runs {
			switch r.Status {
			case runRunning:
				running++
			case runWaiting:
				waiting++
			}
			if s.now.Sub(r.Started) <= recent {
				count[r.Status]++
			}
		}
		for _, status := range runStates() {
			out.Add("git_server_ci_runs", count[status], "status", status)
		}
		out.Add("git_server_ci_running", running)
		out.Add("git_server_ci_waiting", waiting)
		out.Add("git_server_ci_failing_default_branch", float64(len(s.failing)))
	}
	if s.RunnersSeen {
		for _, status := range runnerStates() {
			n := 0.0
			for _, r := range s.Runners {
				if r.Status == status {
					n++
				}
			}
			out.Add("git_server_runners", n, "status", status)
		}
	}
}

// document is what a person wants to see.
type document struct {
	Kind         string        `json:"kind"`
	Version      string        `json:"version,omitempty"`
	LeftOut      []string      `json:"left_out,omitempty"`
	Health       []healthRow   `json:"health,omitempty"`
	Repositories []*repository `json:"repositories"`
	Largest      []*repository `json:"largest,omitempty"`
	Failing      []string      `json:"failing_default_branch,omitempty"`
	CI           []run         `json:"ci,omitempty"`
	Runners      []runnerRow   `json:"runners,omitempty"`
	Cron         []cronRow     `json:"cron,omitempty"`
}

// maxRows bounds each list; largest is how many of the largest there are.
const (
	maxRows = 50
	largest = 10
)

func (s *sight) document() document {
	doc := document{Kind: s.Kind, Version: s.Version, LeftOut: s.leftOut, Health: s.Health, Failing: s.failing, Runners: s.Runners[:min(len(s.Runners), maxRows)], Cron: s.Cron}
	byAge := slices.Clone(s.Repositories)
	slices.SortStableFunc(byAge, func(a, b *repository) int { return b.Updated.Compare(a.Updated) })
	doc.Repositories = append([]*repository{}, byAge[:min(len(byAge), maxRows)]...)
	sized := slices.DeleteFunc(byAge, func(r *repository) bool { return r.Size == nil })
	slices.SortStableFunc(sized, func(a, b *repository) int { return cmp.Compare(*b.Size, *a.Size) })
	doc.Largest = sized[:min(len(sized), largest)]
	doc.CI = s.Runs[:min(len(s.Runs), maxRows)]
	return doc
}
