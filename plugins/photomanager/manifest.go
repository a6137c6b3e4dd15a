package photomanager

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "photo_manager_monitor", Name: "Photo manager", Category: plugin.Media, Icon: "image",
		Summary: "Immich and PhotoPrism: how the library grows, what it takes, and whether its queues get done.",
		Description: "Asks Immich or PhotoPrism how many photos and videos there are, what they take on the disk, how full quotas are, " +
			"and whether the work behind it gets done: jobs that wait, fail or are stuck. Says when a new version is there, and when anybody may look without a login.",
		Tags:     []string{"photos", "immich", "photoprism", "library", "gallery"},
		Interval: 5 * time.Minute, Timeout: 30 * time.Second,
		Rights:  plugin.Rights{Network: true, Notes: "An API key with some permissions for reading is enough for Immich, an app password with the scope metrics for most of PhotoPrism."},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: "photo_manager_" + name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
	}
	return []metric.Definition{
		gauge("info", metric.None, "Always 1; its labels say what server it is.", "platform", "edition", "version"),
		gauge("items", metric.None, "Photos, videos and what else there is.", "kind"),
		gauge("usage_bytes", metric.Bytes, "What originals take on the disk; kind all where the server does not tell photos from videos.", "kind"),
		gauge("users", metric.None, "Users."),
		gauge("albums", metric.None, "Albums of PhotoPrism."),
		gauge("people", metric.None, "People that PhotoPrism knows by their faces."),
		gauge("places", metric.None, "Places of PhotoPrism."),
		gauge("files", metric.None, "Files of PhotoPrism."),
		gauge("favorites", metric.None, "Favourites of PhotoPrism."),
		gauge("archived", metric.None, "Pictures in the archive of PhotoPrism."),
		gauge("review", metric.None, "Pictures that wait for somebody to look at them in PhotoPrism."),
		gauge("disk_size_bytes", metric.Bytes, "Size of the disk that the originals are on."),
		gauge("disk_used_bytes", metric.Bytes, "What is used of that disk, by whatever."),
		gauge("disk_available_bytes", metric.Bytes, "What is free on that disk."),
		gauge("fullest_quota_ratio", metric.Ratio, "How full the quota is of the user whose is the fullest; absent where nobody has one."),
		gauge("user_usage_bytes", metric.Bytes, "What a user's originals take; with per_user.", "user"),
		gauge("user_quota_bytes", metric.Bytes, "What a user may take; with per_user.", "user"),
		gauge("user_items", metric.None, "What a user has; with per_user.", "user", "kind"),
		gauge("queue_jobs", metric.None, "Jobs in a queue of Immich, by state.", "queue", "state"),
		gauge("queue_paused", metric.Bool, "1 while the queue is paused.", "queue"),
		gauge("queue_stuck", metric.Bool, "1 while jobs have waited for long in the queue and it does not get shorter.", "queue"),
		gauge("library_items", metric.None, "Pictures in an external library of Immich; read once an hour.", "library"),
		gauge("library_bytes", metric.Bytes, "Size of an external library of Immich; read once an hour.", "library"),
		gauge("maintenance", metric.Bool, "1 while Immich is in maintenance."),
		gauge("update_available", metric.Bool, "1 while Immich knows of a newer version; read once an hour."),
		gauge("public", metric.Bool, "1 while everybody may look at PhotoPrism without a login."),
		gauge("log_errors", metric.None, "Entries of a level among the last 50 of the log of PhotoPrism.", "level"),
	}
}

// panels are what a person looks at: the first three first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	jobs := func(title, state, help string) plugin.Panel {
		return plugin.Panel{
			Title: title, Kind: plugin.Line, Unit: metric.None, Min: zero, Help: help,
			Queries: []plugin.Query{{Metric: "photo_manager_queue_jobs", Match: map[string]string{"state": state}, Legend: "{queue}"}},
		}
	}
	return []plugin.Panel{
		{
			Title: "Library", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "photo_manager_items", Legend: "{kind}"}},
		},
		{
			Title: "Space", Kind: plugin.Stacked, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "photo_manager_usage_bytes", Legend: "{kind}"}},
		},
		{
			Title: "Free on the disk", Kind: plugin.Stat, Unit: metric.Bytes,
			Queries: []plugin.Query{{Metric: "photo_manager_disk_available_bytes", Legend: "free"}},
		},
		jobs("Jobs that wait", "waiting", "Uploads and scans make many at once; they should get fewer."),
		jobs("Jobs that went wrong", "failed", ""),
		{
			Title: "Stuck queues", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "photo_manager_queue_stuck", Legend: "{queue}"}},
		},
		{
			Title: "Space by user", Kind: plugin.Stacked, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "photo_manager_user_usage_bytes", Legend: "{user}"}},
			Help:    "With the setting per_user.",
		},
		{
			Title: "External libraries", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "photo_manager_library_bytes", Legend: "{library}"}},
		},
		{
			Title: "Errors in the log", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "photo_manager_log_errors", Legend: "{level}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, count := plugin.TextColumn, func(key, title string) plugin.Column { return plugin.NumberColumn(key, title, metric.None) }
	size := func(key, title string) plugin.Column { return plugin.NumberColumn(key, title, metric.Bytes) }
	return []plugin.Table{
		{Title: "Server", Path: "summary", Columns: []plugin.Column{
			text("platform", "Server"), text("version", "Version"), text("release", "Newest"), count("photos", "Photos"), count("videos", "Videos"),
			size("usage", "Takes"), size("available", "Free"), count("users", "Users"),
		}},
		{Title: "Queues", Path: "queues", Empty: "There are no queues that this login may see.", Columns: []plugin.Column{
			plugin.CodeColumn("name", "Queue"),
			plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"idle", "active", "waiting"}, Warning: []string{"paused", "stuck"}}),
			count("active", "Active"), count("waiting", "Waiting"), count("delayed", "Delayed"), count("failed", "Failed"),
		}},
		{Title: "Users", Path: "users", Empty: "There are no users that this login may see.", Columns: []plugin.Column{
			text("name", "User"), count("photos", "Photos"), count("videos", "Videos"), size("usage", "Takes"), size("quota", "Quota"),
			plugin.NumberColumn("quota_ratio", "Of the quota", metric.Ratio),
		}},
		{Title: "External libraries", Path: "libraries", Empty: "There are no external libraries.", Columns: []plugin.Column{
			text("name", "Library"), count("photos", "Photos"), count("videos", "Videos"), size("usage", "Takes"),
		}},
		{Title: "Log", Path: "errors", Empty: "Nothing went wrong lately.", Columns: []plugin.Column{
			plugin.TimeColumn("time", "Time"), plugin.StatusColumn("level", "Level"), text("message", "Message"),
		}},
		{Title: "Left out", Path: "left_out", Empty: "Everything could be read.", Columns: []plugin.Column{
			text("part", "What"), text("needs", "Needs"),
		}},
	}
}

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "photo_manager_down", Name: "Photo manager down", Severity: plugin.Critical, For: 10 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer usably.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "photo_manager_backup_failed", Name: "Backup of Immich's database went wrong", Severity: plugin.Critical,
			Expr:    `photo_manager_queue_jobs{queue="backupDatabase",state="failed"} > 0`,
			Summary: "{{.Value}} backups of the database went wrong.",
			Hint:    "See the log of immich-server: often the folder is full or not writable. Clear the failed jobs of the queue when it is mended.",
		},
		{
			ID: "photo_manager_jobs_failed", Name: "Jobs go wrong", Severity: plugin.Warning,
			Expr:    `delta(photo_manager_queue_jobs{state="failed"}[1h]) > 0`,
			Summary: "Jobs of the queue {{.Labels.queue}} went wrong in the last hour.",
			Hint:    "Administration, Jobs; the log of immich-server says which files.",
		},
		{
			ID: "photo_manager_queue_stuck", Name: "Queue is stuck", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `photo_manager_queue_stuck == 1 unless on (queue) photo_manager_queue_paused == 1`,
			Summary: "Jobs wait in the queue {{.Labels.queue}}, and it does not get shorter.",
			Hint:    "See whether the machine learning container runs, and the log of immich-server.",
		},
		{
			ID: "photo_manager_queue_long", Name: "Queue does not get shorter", Severity: plugin.Warning,
			Expr:    `photo_manager_queue_jobs{state="waiting"} > 1000 and deriv(photo_manager_queue_jobs{state="waiting"}[6h]) >= 0 and photo_manager_queue_jobs{state="waiting"} offset 6h > 1000`,
			Summary: "{{.Value}} jobs wait in the queue {{.Labels.queue}}, and have not become fewer in six hours.",
		},
		{
			ID: "photo_manager_queue_paused", Name: "Queue is paused", Severity: plugin.Info, For: 24 * time.Hour,
			Expr:    `photo_manager_queue_paused == 1`,
			Summary: "The queue {{.Labels.queue}} has been paused for a day.",
		},
		{
			ID: "photo_manager_disk_low", Name: "Disk of the photos is filling", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `photo_manager_disk_available_bytes / photo_manager_disk_size_bytes < 0.10 and photo_manager_disk_available_bytes / photo_manager_disk_size_bytes >= 0.05`,
			Summary: "Less than a tenth of the disk is free.",
		},
		{
			ID: "photo_manager_disk_full", Name: "Disk of the photos is almost full", Severity: plugin.Critical, For: 15 * minute,
			Expr:    `photo_manager_disk_available_bytes / photo_manager_disk_size_bytes < 0.05`,
			Summary: "Less than a twentieth of the disk is free: uploads will be refused.",
		},
		{
			ID: "photo_manager_quota_full", Name: "A quota is almost full", Severity: plugin.Warning, For: time.Hour,
			Expr:    `photo_manager_fullest_quota_ratio > 0.9`,
			Summary: "A user has taken more than nine tenths of the quota.",
			Hint:    "The page lists who; uploads are refused when it is full.",
		},
		{
			ID: "photo_manager_public", Name: "Photos are open to everybody", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `photo_manager_public == 1`,
			Summary: "Whoever reaches {{.Labels.source}} sees and changes all photos without a login.",
			Hint:    "Set PHOTOPRISM_AUTH_MODE to password.",
		},
		{
			ID: "photo_manager_maintenance", Name: "Immich is in maintenance", Severity: plugin.Info, For: 30 * minute,
			Expr:    `photo_manager_maintenance == 1`,
			Summary: "{{.Labels.source}} has been in maintenance for half an hour.",
			Hint:    "Somebody restores a backup, or has forgotten to end it.",
		},
	}
}
