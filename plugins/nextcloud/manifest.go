package nextcloud

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

const (
	bytes = metric.Bytes
	none  = metric.None
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "nextcloud_monitor", Name: "Nextcloud", Category: plugin.Application, Icon: "cloud",
		Summary: "Maintenance, users, files, shares, space, database, caches of PHP and updates of a Nextcloud.",
		Description: "Asks a Nextcloud whether it is in maintenance or wants an upgrade, and its app serverinfo for users, files, shares, free space, " +
			"the size of the database, memory, the caches and processes of PHP, and updates of itself and its apps.",
		Tags:     []string{"cloud", "files", "groupware", "php", "serverinfo"},
		Interval: time.Minute, Timeout: 45 * time.Second,
		Rights: plugin.Rights{
			Network: true, Paths: []string{"/var/www/nextcloud", "/var/www/html/nextcloud", "/var/snap/nextcloud"},
			Notes: "The token of the app serverinfo, which can do nothing else, or an app password of an administrator. When you look for things to watch, ports 80, 8080 and 11000 of this machine are asked without it.",
		},
		Metrics: append(contentMetrics(), serverMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name, help string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: none, Help: help}
}

func contentMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("nextcloud_info", none, "Always 1; its label says the version.", "version"),
		gauge("nextcloud_maintenance", metric.Bool, "1 while it is in maintenance."),
		gauge("nextcloud_needs_db_upgrade", metric.Bool, "1 while the database has to be upgraded before it can be used."),
		gauge("nextcloud_debug", metric.Bool, "1 while debugging is on."),
		gauge("nextcloud_users", none, "Users that have logged in at least once."),
		gauge("nextcloud_users_disabled", none, "Users that may not log in; newer versions tell it."),
		gauge("nextcloud_active_users", none, "Users that were active within a time: 5m, 1h, 24h, and in newer versions 7d and 30d.", "window"),
		gauge("nextcloud_files", none, "Files. Nextcloud counts them every three hours."),
		gauge("nextcloud_appdata_files", none, "Files that apps keep for themselves, such as previews; from version 31 on."),
		gauge("nextcloud_appdata_bytes", bytes, "Size of those."),
		gauge("nextcloud_storages", none, "Storages by kind: local, home or other.", "kind"),
		gauge("nextcloud_shares", none, "Shares by type: user, group, link, mail, room, fed_sent and fed_received.", "type"),
		gauge("nextcloud_shares_link_no_password", none, "Public links without a password."),
		gauge("nextcloud_free_space_bytes", bytes, "Free space where the data is; absent where it cannot be told, as with object storage."),
		gauge("nextcloud_database_size_bytes", bytes, "Size of the database."),
		gauge("nextcloud_apps_installed", none, "Apps that are installed."),
		gauge("nextcloud_app_updates_available", none, "Apps of which there is a newer version."),
		gauge("nextcloud_server_update_available", metric.Bool, "1 while there is a newer Nextcloud; from version 28 on."),
	}
}

func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("nextcloud_load1", none, "Load of its machine over 1 minute."),
		gauge("nextcloud_load5", none, "Load of its machine over 5 minutes."),
		gauge("nextcloud_load15", none, "Load of its machine over 15 minutes."),
		gauge("nextcloud_memory_total_bytes", bytes, "Memory of its machine; absent in restricted mode."),
		gauge("nextcloud_memory_free_bytes", bytes, "Memory that programs can have on its machine."),
		gauge("nextcloud_swap_total_bytes", bytes, "Swap of its machine."),
		gauge("nextcloud_swap_free_bytes", bytes, "Free swap of its machine."),
		gauge("nextcloud_opcache_memory_bytes", bytes, "Memory of OPcache by state: used, free or wasted.", "state"),
		gauge("nextcloud_opcache_full", metric.Bool, "1 while OPcache takes no more scripts."),
		counter("nextcloud_opcache_hits_total", "Scripts that OPcache had."),
		counter("nextcloud_opcache_misses_total", "Scripts that OPcache did not have."),
		counter("nextcloud_opcache_oom_restarts_total", "How often OPcache began anew for lack of memory."),
		counter("nextcloud_apcu_hits_total", "Values that APCu had."),
		counter("nextcloud_apcu_misses_total", "Values that APCu did not have."),
		gauge("nextcloud_apcu_memory_bytes", bytes, "Memory of APCu by state: used or free.", "state"),
		gauge("nextcloud_fpm_processes", none, "Processes of PHP-FPM by state: active or idle.", "state"),
		gauge("nextcloud_fpm_listen_queue", none, "Requests that wait for a process of PHP-FPM."),
		counter("nextcloud_fpm_max_children_reached_total", "How often PHP-FPM had as many processes as it may have."),
		counter("nextcloud_fpm_slow_requests_total", "Requests that PHP-FPM found slow."),
	}
}
