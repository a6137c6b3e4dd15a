package mediaserver

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "media_server_monitor", Name: "Media server", Category: plugin.Media, Icon: "film",
		Summary: "Plex, Jellyfin and Emby: who watches what and how, libraries, tasks and remote access.",
		Description: "Asks a Plex, Jellyfin or Emby server who is watching, whether the server has to transcode for it and keeps up, how much goes out " +
			"at home and elsewhere, what is in the libraries, and whether scheduled tasks succeed. Streams that begin and end are events.",
		Tags:     []string{"plex", "jellyfin", "emby", "streaming", "transcoding", "movies", "music"},
		Interval: 30 * time.Second, Timeout: 25 * time.Second,
		Rights: plugin.Rights{
			Network: true,
			Notes:   "Plex: the token of the server's owner. Jellyfin and Emby: an API key, which is an administrator's; nothing is changed with it.",
		},
		Metrics: append(streamMetrics(), serverMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func streamMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("media_server_sessions", metric.None, "Who watches or listens, by state: playing, paused or buffering.", "state"),
		gauge("media_server_streams", metric.None, "The same by how they are served: direct_play, direct_stream (only repacked) or transcode.", "method"),
		gauge("media_server_streams_by_location", metric.None, "The same by where they are: local or remote.", "location"),
		gauge("media_server_streams_by_type", metric.None, "The same by what it is: movie, episode, track, live or other.", "media_type"),
		gauge("media_server_transcodes_hardware", metric.None, "Transcodes that the graphics hardware does."),
		gauge("media_server_transcode_speed_min_ratio", metric.Ratio, "How fast the slowest transcode is made that is not held back, of how fast it is watched; below 1 the viewer waits. Only Plex tells."),
		gauge("media_server_stream_bandwidth_bits_per_second", metric.BitsPerSecond, "What the streams take. Jellyfin and Emby tell it of those that are not played as they are.", "location"),
		counter("media_server_transmit_bytes_total", metric.Bytes, "What was sent since watching began; only with Plex Pass.", "location"),
	}
}

func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("media_server_info", metric.None, "Always 1; its labels say what answers.", "kind", "version"),
		gauge("media_server_cpu_usage_ratio", metric.Ratio, "CPU in use on the host and by the server; only with Plex Pass.", "scope"),
		gauge("media_server_memory_usage_ratio", metric.Ratio, "Memory in use on the host and by the server; only with Plex Pass.", "scope"),
		gauge("media_server_library_items", metric.None, "Things in a library by kind; of Jellyfin and Emby in all together.", "library", "item_type"),
		gauge("media_server_library_bytes", metric.Bytes, "Size of a library; only Plex tells.", "library"),
		gauge("media_server_library_duration_seconds", metric.Seconds, "How long everything in a library plays; only Plex tells.", "library"),
		gauge("media_server_storage_free_bytes", metric.Bytes, "What is free where a folder is; Jellyfin 10.11 and later.", "folder"),
		gauge("media_server_users", metric.None, "Users of Jellyfin or Emby."),
		gauge("media_server_devices_active", metric.None, "Devices that were heard of within 16 minutes."),
		gauge("media_server_task_last_success", metric.Bool, "1 when the latest run of a scheduled task went well, or somebody stopped it.", "task"),
		gauge("media_server_task_running", metric.Bool, "1 while a scheduled task runs.", "task"),
		counter("media_server_auth_failures_total", metric.None, "Refused logins since watching began; only Jellyfin tells."),
		gauge("media_server_plugins_unhealthy", metric.None, "Plugins of Jellyfin that do not work."),
		gauge("media_server_pending_restart", metric.Bool, "1 while the server wants to be restarted."),
		gauge("media_server_update_available", metric.Bool, "1 while there is a newer version."),
		gauge("media_server_remote_access_ok", metric.Bool, "1 while Plex can be reached from outside; absent where it is not signed in."),
	}
}

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "media_server_down", Name: "Media server does not answer", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why; five minutes leave time for a restart.",
		},
		{
			ID: "media_server_many_transcodes", Name: "Many transcodes", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `media_server_streams{method="transcode"} >= 4`,
			Summary: "{{.Labels.source}} transcodes {{.Value}} streams.",
			Hint:    "The table of sessions says why each is transcoded.",
		},
		{
			ID: "media_server_transcode_slow", Name: "Transcode too slow", Severity: plugin.Warning, For: 3 * minute,
			Expr:    `media_server_transcode_speed_min_ratio < 0.9`,
			Summary: "A transcode of {{.Labels.source}} is made at {{.Value}} times the speed at which it is watched.",
			Hint:    "Use hardware transcoding, or a lower quality.",
		},
		{
			ID: "media_server_task_failed", Name: "Task of media server went wrong", Severity: plugin.Warning,
			Expr:    `media_server_task_last_success == 0`,
			Summary: "The latest run of {{.Labels.task}} of {{.Labels.source}} went wrong.",
			Hint:    "The table of tasks says why.",
		},
		{
			ID: "media_server_restart_pending", Name: "Media server wants a restart", Severity: plugin.Info, For: 72 * time.Hour,
			Expr:    `media_server_pending_restart == 1`,
			Summary: "{{.Labels.source}} has wanted to be restarted for three days.",
		},
		{
			ID: "media_server_auth_failures", Name: "Somebody guesses passwords of the media server", Severity: plugin.Warning,
			Expr:    `increase(media_server_auth_failures_total[10m]) > 10`,
			Summary: "{{.Value}} logins were refused by {{.Labels.source}} within ten minutes.",
			Hint:    "Its activity log says from where.",
		},
		{
			ID: "media_server_remote_access", Name: "Remote access lost", Severity: plugin.Warning, For: 30 * minute,
			Expr:    `media_server_remote_access_ok == 0`,
			Summary: "{{.Labels.source}} cannot be reached from outside.",
			Hint:    "See Settings, Remote Access in Plex, and the router's port forwarding.",
		},
	}
}
