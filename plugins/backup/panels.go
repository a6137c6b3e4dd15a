package backup

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// levels say how good the states are.
func levels() plugin.Levels {
	return plugin.Levels{OK: []string{stateOK}, Warning: []string{stateLate}, Critical: []string{stateStale, stateFailed, stateNone}}
}

func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Age of the newest backup", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "backup_age_seconds", Legend: "{group}", Top: 12}},
			Help:    "Each line grows until the next backup is made and falls to nothing then. One that keeps growing is a backup that does not happen.",
		},
		{
			Title: "Things", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "backup_groups", Legend: "{state}"}},
		},
		{
			Title: "Fresh", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "backup_state", Match: map[string]string{"state": stateOK}, Legend: "{group}"}},
			Help:    "Whether the newest backup of each thing is young enough and went well.",
		},
		{
			Title: "Size of the newest backup", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "backup_last_size_bytes", Legend: "{group}", Top: 12}},
			Help:    "What it restores. A sudden fall means that something is not backed up any more.",
		},
		{
			Title: "Repository", Kind: plugin.Area, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{
				{Metric: "backup_repository_bytes", Legend: "size"},
				{Metric: "pbs_datastore_used_bytes", Legend: "{datastore}"},
			},
		},
		{
			Title: "Free", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{
				{Metric: "backup_free_bytes", Legend: "free"},
				{Metric: "pbs_datastore_available_bytes", Legend: "{datastore}"},
			},
		},
		{
			Title: "Restorable points", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "backup_snapshots", Legend: "{group}", Top: 12}},
		},
		{
			Title: "Oldest lock", Kind: plugin.Line, Unit: metric.Seconds, Min: zero, Warning: plugin.Bound(day.Seconds()),
			Queries: []plugin.Query{{Metric: "backup_lock_age_seconds", Legend: "age"}},
			Help:    "A lock lasts as long as the work. One that stays was left behind, and keeps others from working.",
		},
		{
			Title: "Tasks of the last day", Kind: plugin.Bar, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "pbs_tasks", Legend: "{type} {result}"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "Things", Path: "groups", Empty: "There is no backup of anything.",
			Columns: []plugin.Column{
				plugin.TextColumn("group", "Thing"), plugin.StatusColumn("state", "State").With(levels()), plugin.TimeColumn("last", "Newest backup"),
				plugin.DurationColumn("age", "Age"), plugin.DurationColumn("usual", "Usually every"), plugin.NumberColumn("snapshots", "Points", metric.None),
				plugin.NumberColumn("size", "Size", metric.Bytes), plugin.NumberColumn("added", "Added", metric.Bytes), plugin.DurationColumn("duration", "Took"),
				plugin.TimeColumn("next", "Next"), plugin.TextColumn("reason", "Why"),
			},
		},
		{
			Title: "Repository", Path: "repository", Empty: "Nothing was told of the repository.",
			Columns: []plugin.Column{
				plugin.CodeColumn("location", "Location"), plugin.NumberColumn("bytes", "Size", metric.Bytes), plugin.NumberColumn("uncompressed_bytes", "Uncompressed", metric.Bytes),
				plugin.NumberColumn("compression", "Compression", metric.None), plugin.NumberColumn("deduplication", "Deduplication", metric.None), plugin.NumberColumn("free_bytes", "Free", metric.Bytes),
				plugin.TimeColumn("checked", "Checked"), plugin.FlagColumn("check_ok", "Check went well"), plugin.TextColumn("check_said", "It said"),
			},
		},
		{
			Title: "Locks", Path: "locks", Empty: "Nothing locks the repository.",
			Columns: []plugin.Column{plugin.TextColumn("holder", "Held by"), plugin.TimeColumn("since", "Since"), plugin.FlagColumn("exclusive", "Exclusive")},
		},
		{
			Title: "Datastores", Path: "server.datastores", Empty: "There is no datastore.",
			Columns: []plugin.Column{
				plugin.TextColumn("name", "Datastore"), plugin.NumberColumn("size", "Size", metric.Bytes), plugin.NumberColumn("used", "Used", metric.Bytes),
				plugin.NumberColumn("available", "Free", metric.Bytes), plugin.TimeColumn("full", "Full at"), plugin.NumberColumn("dedup", "Deduplication", metric.Ratio),
				plugin.NumberColumn("unverified", "Not verified", metric.None), plugin.NumberColumn("damaged", "Damaged", metric.None), plugin.TextColumn("problem", "Problem"),
			},
		},
		{
			Title: "Jobs", Path: "server.jobs", Empty: "There is no job.",
			Columns: []plugin.Column{
				plugin.TextColumn("kind", "Kind"), plugin.TextColumn("name", "Job"), plugin.TextColumn("datastore", "Datastore"), plugin.StatusColumn("result", "Result"),
				plugin.TimeColumn("ended", "Ended"), plugin.TimeColumn("next", "Next"), plugin.TextColumn("text", "It said"),
			},
		},
		{
			Title: "Tasks that went wrong", Path: "server.failed_tasks", Empty: "None in the last day.",
			Columns: []plugin.Column{
				plugin.TextColumn("type", "Type"), plugin.TextColumn("name", "Of"), plugin.TextColumn("user", "User"), plugin.TimeColumn("began", "Began"), plugin.TextColumn("text", "It said"),
			},
		},
	}
}
