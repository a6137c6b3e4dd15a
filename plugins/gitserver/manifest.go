package gitserver

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "git_server_monitor", Name: "Git server", Category: plugin.Application, Icon: "git-branch",
		Summary: "Gitea, Forgejo, Gogs and GitLab: health, repositories, mirrors, actions and runners.",
		Description: "Asks a server of Git for its health, its repositories and their sizes, open issues and pull requests, mirrors that are not updated, " +
			"what ran in the last day and whether default branches fail, runners, and background work.",
		Tags:     []string{"git", "gitea", "forgejo", "gogs", "gitlab", "ci", "actions", "pipelines", "runner", "repository"},
		Interval: 2 * time.Minute, Timeout: time.Minute,
		Rights: plugin.Rights{
			Network: true,
			Notes:   "A token that may read; one of an administrator for users, tasks and runners. When you look for things to watch, ports 3000 and 80 of this machine are asked without it.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
	}
	return []metric.Definition{
		gauge("git_server_info", metric.Bool, "1 with the kind of server and its version.", "kind", "version"),
		gauge("git_server_health", metric.Bool, "1 while a check of the server's own passes: overall, database, cache, redis and so on.", "check"),
		gauge("git_server_repositories", metric.None, "Repositories that the token may see, by visibility.", "visibility"),
		gauge("git_server_repositories_archived", metric.None, "Repositories that are archived."),
		gauge("git_server_repositories_mirror", metric.None, "Repositories that are mirrors of others."),
		gauge("git_server_repositories_empty", metric.None, "Repositories without anything in them."),
		gauge("git_server_repositories_left_out", metric.None, "Repositories beyond the limit, which are not looked at."),
		gauge("git_server_storage_bytes", metric.Bytes, "Space by what it is for: repository, lfs, artifacts, packages, registry. Gitea tells the first only.", "part"),
		gauge("git_server_users", metric.None, "Accounts."),
		gauge("git_server_active_users", metric.None, "Accounts that are not blocked."),
		gauge("git_server_organizations", metric.None, "Organizations, or groups."),
		gauge("git_server_open_issues", metric.None, "Issues that are open."),
		gauge("git_server_open_pull_requests", metric.None, "Pull or merge requests that are open."),
		gauge("git_server_mirror_age_max_seconds", metric.Seconds, "Time since the mirror that was not updated for longest was."),
		gauge("git_server_ci_runs", metric.None, "What ran in the last 24 hours by status: success, failure, cancelled, running, waiting, skipped.", "status"),
		gauge("git_server_ci_failing_default_branch", metric.None, "Repositories in which the last finished run on the default branch did not succeed."),
		gauge("git_server_ci_running", metric.None, "What runs now."),
		gauge("git_server_ci_waiting", metric.None, "What waits for a runner."),
		gauge("git_server_runners", metric.None, "Runners by status: online, offline or paused.", "status"),
		gauge("git_server_cron_overdue", metric.None, "Regular tasks of the server that were due more than 15 minutes ago."),
		gauge("git_server_job_queue_backlog", metric.None, "Background jobs of GitLab that wait.", "queue"),
		gauge("git_server_job_queue_latency_seconds", metric.Seconds, "How long the oldest of them waits.", "queue"),
		{Name: "git_server_jobs_failed_total", Kind: metric.Counter, Unit: metric.None, Help: "Background jobs of GitLab that did not succeed."},
		gauge("git_server_notifications_unread", metric.None, "Notifications of the token's owner that are not read."),
		gauge("git_server_repo_size_bytes", metric.Bytes, "Size of a repository, when asked for.", "repo"),
		gauge("git_server_repo_open_issues", metric.None, "Open issues of a repository, when asked for.", "repo"),
	}
}
