package gitserver

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "git_server_away", Name: "Git server does not answer", Severity: plugin.Critical, For: 5 * minute,
			Expr: `up == 0`, Summary: "{{.Labels.source}} does not answer usably.",
		},
		{
			ID: "git_server_unhealthy", Name: "Git server is not well", Severity: plugin.Critical, For: 5 * minute,
			Expr: `git_server_health == 0`, Summary: "The check {{.Labels.check}} of {{.Labels.source}} does not pass.",
		},
		{
			ID: "git_server_ci_failing", Name: "A default branch fails", Severity: plugin.Warning, For: 30 * minute,
			Expr: `git_server_ci_failing_default_branch > 0`, Summary: "In {{.Value}} repositories the last run on the default branch did not succeed.",
		},
		{
			ID: "git_server_no_runner", Name: "No runner is online", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `git_server_runners{status="online"} == 0 and on(host, source) git_server_runners{status="offline"} > 0`,
			Summary: "Every runner of {{.Labels.source}} is offline or paused.", Hint: "See whether the machine of the runner is up and its service runs.",
		},
		{
			ID: "git_server_ci_waiting", Name: "Runs wait", Severity: plugin.Warning, For: 30 * minute,
			Expr: `git_server_ci_waiting > 5`, Summary: "{{.Value}} runs wait for a runner.",
		},
		{
			ID: "git_server_mirror_old", Name: "A mirror is not updated", Severity: plugin.Warning, For: time.Hour,
			Expr: `git_server_mirror_age_max_seconds > 2 * 24 * 3600`, Summary: "A mirror was last updated {{.Value}} s ago.",
			Hint: "Its page on the server says why; a token for the other side may be over.",
		},
		{
			ID: "git_server_tasks_overdue", Name: "Regular tasks are not done", Severity: plugin.Warning, For: time.Hour,
			Expr: `git_server_cron_overdue > 0`, Summary: "{{.Value}} regular tasks of {{.Labels.source}} are overdue.",
		},
		{
			ID: "git_server_queue_slow", Name: "Background jobs wait", Severity: plugin.Warning, For: 15 * minute,
			Expr: `git_server_job_queue_latency_seconds > 300`, Summary: "Jobs of {{.Labels.queue}} wait for {{.Value}} s.",
			Hint: "gitlab-ctl status sidekiq",
		},
	}
}
