package nextcloud

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Active users", Kind: plugin.Line, Unit: none, Min: zero,
			Queries: []plugin.Query{
				{Metric: "nextcloud_active_users", Match: map[string]string{"window": "5m"}, Legend: "5 minutes"},
				{Metric: "nextcloud_active_users", Match: map[string]string{"window": "1h"}, Legend: "an hour"},
				{Metric: "nextcloud_active_users", Match: map[string]string{"window": "24h"}, Legend: "a day"},
			},
		},
		{
			Title: "Free space", Kind: plugin.Line, Unit: bytes, Min: zero, Warning: plugin.Bound(50 << 30), Critical: plugin.Bound(10 << 30),
			Queries: []plugin.Query{{Metric: "nextcloud_free_space_bytes", Legend: "free"}},
			Help:    "Where the data is.",
		},
		{
			Title: "Out of use", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "nextcloud_maintenance", Legend: "maintenance"}, {Metric: "nextcloud_needs_db_upgrade", Legend: "needs upgrade"}},
		},
		{
			Title: "Users", Kind: plugin.Stat, Unit: none, Queries: []plugin.Query{{Metric: "nextcloud_users", Legend: "users"}},
		},
		{
			Title: "Files", Kind: plugin.Line, Unit: none,
			Queries: []plugin.Query{{Metric: "nextcloud_files", Legend: "files"}}, Help: "Nextcloud counts them every three hours.",
		},
		{
			Title: "Shares", Kind: plugin.Stacked, Unit: none, Min: zero, Queries: []plugin.Query{{Metric: "nextcloud_shares", Legend: "{type}"}},
		},
		{
			Title: "Database", Kind: plugin.Line, Unit: bytes, Min: zero, Queries: []plugin.Query{{Metric: "nextcloud_database_size_bytes", Legend: "size"}},
		},
		{
			Title: "Updates of apps", Kind: plugin.Stat, Unit: none, Queries: []plugin.Query{{Metric: "nextcloud_app_updates_available", Legend: "updates"}},
		},
		{
			Title: "Processes of PHP", Kind: plugin.Stacked, Unit: none, Min: zero,
			Queries: []plugin.Query{{Metric: "nextcloud_fpm_processes", Legend: "{state}"}},
			Help:    "Nextcloud is slow while all of them are active.",
		},
		{
			Title: "Waiting for PHP", Kind: plugin.Line, Unit: none, Min: zero, Queries: []plugin.Query{{Metric: "nextcloud_fpm_listen_queue", Legend: "requests"}},
		},
		{
			Title: "OPcache", Kind: plugin.Stacked, Unit: bytes, Min: zero, Queries: []plugin.Query{{Metric: "nextcloud_opcache_memory_bytes", Legend: "{state}"}},
		},
		{
			Title: "Misses of the caches", Kind: plugin.Line, Unit: none, Min: zero,
			Queries: []plugin.Query{
				{Metric: "nextcloud_opcache_misses_total", Rate: true, Legend: "OPcache"}, {Metric: "nextcloud_apcu_misses_total", Rate: true, Legend: "APCu"},
			},
			Help: "A second. Of OPcache there should be almost none.",
		},
		{
			Title: "Load", Kind: plugin.Line, Unit: none, Min: zero,
			Queries: []plugin.Query{{Metric: "nextcloud_load1", Legend: "1 minute"}, {Metric: "nextcloud_load5", Legend: "5 minutes"}, {Metric: "nextcloud_load15", Legend: "15 minutes"}},
			Help:    "Of the machine that Nextcloud is on.",
		},
		{
			Title: "Memory", Kind: plugin.Line, Unit: bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "nextcloud_memory_total_bytes", Legend: "all"}, {Metric: "nextcloud_memory_free_bytes", Legend: "free"}},
			Help:    "Of the machine that Nextcloud is on.",
		},
	}
}
