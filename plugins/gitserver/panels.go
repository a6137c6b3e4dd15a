package gitserver

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "What ran in the last day", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_ci_runs", Legend: "{status}"}},
		},
		{
			Title: "Storage", Kind: plugin.Stacked, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_storage_bytes", Legend: "{part}"}},
		},
		{
			Title: "Health", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "git_server_health", Legend: "{check}"}},
			Help:    "What the server says of itself and of what it needs.",
		},
		{
			Title: "Failing default branches", Kind: plugin.Stat, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "git_server_ci_failing_default_branch"}},
		},
		{
			Title: "Open", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "git_server_open_issues", Legend: "issues"}, {Metric: "git_server_open_pull_requests", Legend: "pull requests"},
			},
		},
		{
			Title: "Repositories", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_repositories", Legend: "{visibility}"}},
		},
		{
			Title: "Runners", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_runners", Legend: "{status}"}},
		},
		{
			Title: "Running and waiting", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_ci_running", Legend: "running"}, {Metric: "git_server_ci_waiting", Legend: "waiting"}},
		},
		{
			Title: "Oldest mirror", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_mirror_age_max_seconds", Legend: "age"}},
		},
		{
			Title: "Waiting background jobs", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "git_server_job_queue_latency_seconds", Legend: "{queue}", Top: 8}},
			Help:    "How long the oldest job of each of GitLab's queues waits.",
		},
	}
}

func tables() []plugin.Table {
	repositories := []plugin.Column{
		plugin.TextColumn("name", "Repository"), plugin.TextColumn("visibility", "Visible"), plugin.NumberColumn("size", "Size", metric.Bytes),
		plugin.NumberColumn("stars", "Stars", metric.None), plugin.NumberColumn("open_issues", "Issues", metric.None), plugin.NumberColumn("open_prs", "Pull requests", metric.None),
		plugin.FlagColumn("mirror", "Mirror"), plugin.FlagColumn("archived", "Archived"), plugin.TimeColumn("updated", "Changed"),
	}
	runs := plugin.Levels{OK: []string{runSuccess}, Warning: []string{runCancelled}, Critical: []string{runFailure}}
	return []plugin.Table{
		{Title: "Changed last", Path: "repositories", Columns: repositories, Empty: "The token may see no repository."},
		{Title: "Largest", Path: "largest", Columns: repositories, Empty: "No sizes are told."},
		{
			Title: "Runs", Path: "ci", Empty: "Nothing ran.",
			Columns: []plugin.Column{
				plugin.TextColumn("repo", "Repository"), plugin.TextColumn("workflow", "What"), plugin.TextColumn("branch", "Branch"),
				plugin.StatusColumn("status", "Status").With(runs), plugin.TimeColumn("started", "Started"), plugin.CodeColumn("url", "Address"),
			},
		},
		{
			Title: "Runners", Path: "runners", Empty: "There is no runner, or the token may not see it.",
			Columns: []plugin.Column{
				plugin.TextColumn("name", "Runner"), plugin.StatusColumn("status", "Status"), plugin.FlagColumn("busy", "Busy"),
			},
		},
		{
			Title: "Regular tasks", Path: "cron", Empty: "The token may not see them.",
			Columns: []plugin.Column{
				plugin.TextColumn("name", "Task"), plugin.TimeColumn("prev", "Last"), plugin.TimeColumn("next", "Next"), plugin.FlagColumn("overdue", "Overdue"),
			},
		},
		{
			Title: "Health", Path: "health", Empty: "The server does not tell.",
			Columns: []plugin.Column{plugin.TextColumn("check", "Check"), plugin.StatusColumn("status", "Status")},
		},
	}
}
