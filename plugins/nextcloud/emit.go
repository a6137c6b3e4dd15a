package nextcloud

import (
	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of what was seen.
func (s *sight) emit(out *plugin.Batch) {
	if s.status.Version != "" {
		out.Add("nextcloud_info", 1, "version", plugin.Shorten(s.status.Version, 40))
	}
	out.AddBool("nextcloud_maintenance", s.status.Maintenance)
	if s.status.Installed != nil {
		out.AddBool("nextcloud_needs_db_upgrade", s.status.NeedsUpdate)
	}
	if s.info != nil {
		s.info.emit(out)
		s.info.emitPHP(out)
	}
	if u := s.updates; u != nil {
		add(out, "nextcloud_apps_installed", u.Installed)
		add(out, "nextcloud_app_updates_available", u.Available)
		if u.Server != nil {
			out.AddBool("nextcloud_server_update_available", *u.Server)
		}
	}
}

// add puts in a sample where there is a value.
func add(out *plugin.Batch, name string, value *float64, labels ...string) {
	if value != nil {
		out.Add(name, *value, labels...)
	}
}

// each puts in a sample for each of these that is told, by the value of one label.
func each(out *plugin.Batch, name, label string, said map[string]amount, keys [][2]string) {
	for _, key := range keys {
		add(out, name, said[key[0]].value(), label, key[1])
	}
}

// How the parts of an answer are called here.
func storageKinds() [][2]string {
	return [][2]string{{"num_storages_local", "local"}, {"num_storages_home", "home"}, {"num_storages_other", "other"}}
}

func shareTypes() [][2]string {
	return [][2]string{
		{"num_shares_user", "user"},
		{"num_shares_groups", "group"},
		{"num_shares_link", "link"},
		{"num_shares_mail", "mail"},
		{"num_shares_room", "room"},
		{"num_fed_shares_sent", "fed_sent"},
		{"num_fed_shares_received", "fed_received"},
	}
}

func windows() [][2]string {
	return [][2]string{{"last5minutes", "5m"}, {"last1hour", "1h"}, {"last24hours", "24h"}, {"last7days", "7d"}, {"last1month", "30d"}}
}

func (i *info) emit(out *plugin.Batch) {
	system, storage, shares := &i.Nextcloud.System, i.Nextcloud.Storage, i.Nextcloud.Shares
	for name, value := range map[string]amount{
		"nextcloud_users": storage["num_users"], "nextcloud_users_disabled": storage["num_disabled_users"],
		"nextcloud_files": storage["num_files"], "nextcloud_appdata_files": storage["num_files_appdata"], "nextcloud_appdata_bytes": storage["size_appdata_storage"],
		"nextcloud_shares_link_no_password": shares["num_shares_link_no_password"],
		"nextcloud_free_space_bytes":        system.FreeSpace, "nextcloud_database_size_bytes": i.Server.Database.Size,
	} {
		add(out, name, value.value())
	}
	each(out, "nextcloud_storages", "kind", storage, storageKinds())
	each(out, "nextcloud_shares", "type", shares, shareTypes())
	each(out, "nextcloud_active_users", "window", i.Active, windows())
	if debug, known := yes(system.Debug); known {
		out.AddBool("nextcloud_debug", debug)
	}
	if load := system.Load.Pointer(); load != nil && len(*load) == 3 {
		for at, name := range []string{"nextcloud_load1", "nextcloud_load5", "nextcloud_load15"} {
			add(out, name, (*load)[at].value())
		}
	}
	for name, value := range map[string]amount{
		"nextcloud_memory_total_bytes": system.MemoryTotal, "nextcloud_memory_free_bytes": system.MemoryFree,
		"nextcloud_swap_total_bytes": system.SwapTotal, "nextcloud_swap_free_bytes": system.SwapFree,
	} {
		add(out, name, kibibytes(value))
	}
}

// kibibytes are told of memory. 0 of all memory is what could not be read.
func kibibytes(said amount) *float64 {
	value := said.value()
	if value == nil {
		return nil
	}
	bytes := *value * 1024
	return &bytes
}

// yes reads the two words of the API.
func yes(word string) (is, known bool) { return word == "yes", word == "yes" || word == "no" }

func (i *info) emitPHP(out *plugin.Batch) {
	if cache := i.Server.PHP.OPcache.Pointer(); cache != nil {
		for state, value := range map[string]amount{"used": cache.Memory.Used, "free": cache.Memory.Free, "wasted": cache.Memory.Wasted} {
			add(out, "nextcloud_opcache_memory_bytes", value.value(), "state", state)
		}
		add(out, "nextcloud_opcache_hits_total", cache.Statistics.Hits.value())
		add(out, "nextcloud_opcache_misses_total", cache.Statistics.Misses.value())
		add(out, "nextcloud_opcache_oom_restarts_total", cache.Statistics.Restarts.value())
		if cache.Full != nil {
			out.AddBool("nextcloud_opcache_full", *cache.Full)
		}
	}
	if cache := i.Server.PHP.APCu.Pointer(); cache != nil {
		if counts := cache.Cache.Pointer(); counts != nil {
			add(out, "nextcloud_apcu_hits_total", counts.Hits.value())
			add(out, "nextcloud_apcu_misses_total", counts.Misses.value())
		}
		if memory := cache.Memory.Pointer(); memory != nil {
			segments, size, free := memory.Segments.value(), memory.Size.value(), memory.Available.value()
			if segments != nil && size != nil && free != nil && *segments**size >= *free {
				out.Add("nextcloud_apcu_memory_bytes", *segments**size-*free, "state", "used")
				out.Add("nextcloud_apcu_memory_bytes", *free, "state", "free")
			}
		}
	}
	if pool := i.Server.FPM.Pointer(); pool != nil {
		active, total := pool.Active.value(), pool.Total.value()
		if active != nil && total != nil && *total >= *active {
			out.Add("nextcloud_fpm_processes", *active, "state", "active")
			out.Add("nextcloud_fpm_processes", *total-*active, "state", "idle")
		}
		add(out, "nextcloud_fpm_listen_queue", pool.Queue.value())
		add(out, "nextcloud_fpm_max_children_reached_total", pool.Reached.value())
		add(out, "nextcloud_fpm_slow_requests_total", pool.Slow.value())
	}
}
