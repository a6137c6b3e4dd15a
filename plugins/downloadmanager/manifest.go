package downloadmanager

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "download_manager_monitor", Name: "Download manager", Category: plugin.Media, Icon: "download",
		Summary: "Speeds, queue, errors and free space of qBittorrent, Transmission, Deluge, SABnzbd or NZBGet.",
		Description: "Watches one download manager: how fast it is, what it has to do, which downloads are stuck or went wrong and why, and how much room there is. " +
			"Tells when a download is added, finished or goes wrong.",
		Tags:     []string{"qbittorrent", "transmission", "deluge", "sabnzbd", "nzbget", "torrent", "usenet"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Network: true, Notes: "A login, for none of them knows a right to look only: user and password, or an API key (SABnzbd, qBittorrent since 5.2). See Set-up.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	define := func(kind metric.Kind, name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: "download_manager_" + name, Kind: kind, Unit: unit, Help: help, Labels: append([]string{"client"}, labels...)}
	}
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return define(metric.Gauge, name, unit, help, labels...)
	}
	counter := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return define(metric.Counter, name, unit, help, labels...)
	}
	return []metric.Definition{
		gauge("info", metric.None, "Always 1; its labels say who answers.", "version"),
		gauge("download_rate_bytes_per_second", metric.BytesPerSecond, "How fast data comes in now."),
		gauge("upload_rate_bytes_per_second", metric.BytesPerSecond, "How fast data goes out now."),
		counter("downloaded_bytes_total", metric.Bytes, "Bytes received, ever; not told by Deluge."),
		counter("uploaded_bytes_total", metric.Bytes, "Bytes sent, ever; not told by Deluge."),
		gauge("items", metric.None, "Downloads by state; of SABnzbd and NZBGet those that ended within the history window too.", "state"),
		gauge("items_by_category", metric.None, "Downloads by category or label, the most frequent ones.", "category"),
		gauge("items_stuck", metric.None, "Downloads that are not finished and that nothing came of for long."),
		gauge("remaining_bytes", metric.Bytes, "What is still to come."),
		gauge("queue_eta_seconds", metric.Seconds, "How long that takes at the present speed; absent when nothing comes."),
		gauge("free_space_bytes", metric.Bytes, "Room where downloads are put (download), and where SABnzbd puts what is done (complete).", "path_role"),
		gauge("disk_size_bytes", metric.Bytes, "Size of that disk.", "path_role"),
		gauge("rate_limit_bytes_per_second", metric.BytesPerSecond, "The limit of speed that holds now; absent without one.", "direction"),
		gauge("paused", metric.Bool, "1 while all is paused; SABnzbd and NZBGet."),
		gauge("alt_speed_enabled", metric.Bool, "1 while the alternative limits hold; qBittorrent and Transmission."),
		gauge("connectable", metric.Bool, "1 while others can connect from outside; qBittorrent and Deluge."),
		gauge("peers", metric.None, "Connections to peers."),
		gauge("dht_nodes", metric.None, "Nodes of the DHT that are known."),
		gauge("share_ratio", metric.Ratio, "Sent in proportion to received, ever."),
		gauge("tracker_errors", metric.None, "Downloads whose tracker complains, by its host.", "tracker"),
		counter("jobs_finished_total", metric.None, "Jobs of SABnzbd and NZBGet that ended since watching began.", "result"),
		counter("server_downloaded_bytes_total", metric.Bytes, "Bytes received from a news server.", "server"),
		gauge("server_active", metric.Bool, "1 while a news server is in use.", "server"),
		gauge("quota_remaining_bytes", metric.Bytes, "What is left of the quota; SABnzbd."),
		gauge("warnings", metric.None, "Warnings that SABnzbd shows until somebody clears them."),
		gauge("post_queue", metric.None, "Jobs that are being checked, repaired or unpacked; SABnzbd and NZBGet."),
	}
}

// levels colour the states of downloads.
func levels() plugin.Levels {
	return plugin.Levels{
		OK:       []string{downloading, seeding, completed, checking, moving, postProcessing},
		Warning:  []string{stalled},
		Critical: []string{failed},
	}
}
