package downloadmanager

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const (
	// maxCategories, maxTrackers and maxServers bound what has series.
	maxCategories = 50
	maxTrackers   = 20
	maxServers    = 20
)

// emit makes samples of what was read.
func (r *reading) emit(config config, now time.Time, out *plugin.Batch) {
	client := []string{"client", r.client}
	info := client
	if r.version != "" {
		info = append(slices.Clone(client), "version", r.version)
	}
	out.Add("download_manager_info", 1, info...)
	for name, value := range map[string]*float64{
		"download_rate_bytes_per_second": r.down, "upload_rate_bytes_per_second": r.up, "downloaded_bytes_total": r.downloaded, "uploaded_bytes_total": r.uploaded,
		"share_ratio": r.ratio, "peers": r.peers, "dht_nodes": r.dht, "quota_remaining_bytes": r.quota, "warnings": r.warnings, "post_queue": r.postQueue,
		"remaining_bytes": r.left(), "queue_eta_seconds": r.eta(),
	} {
		if value != nil {
			out.Add("download_manager_"+name, max(0, *value), client...)
		}
	}
	for name, value := range map[string]*bool{"paused": r.paused, "alt_speed_enabled": r.alt, "connectable": r.connectable} {
		if value != nil {
			out.AddBool("download_manager_"+name, *value, client...)
		}
	}
	for direction, value := range map[string]*float64{"download": r.downLimit, "upload": r.upLimit} {
		if value != nil {
			out.Add("download_manager_rate_limit_bytes_per_second", *value, append(client, "direction", direction)...)
		}
	}
	for _, d := range r.disks {
		if d.Free != nil {
			out.Add("download_manager_free_space_bytes", *d.Free, append(client, "path_role", d.Role)...)
		}
		if d.Size != nil {
			out.Add("download_manager_disk_size_bytes", *d.Size, append(client, "path_role", d.Role)...)
		}
	}
	seen := make(map[string]bool)
	for _, s := range r.servers {
		if seen[s.Name] || len(seen) >= maxServers {
			continue
		}
		seen[s.Name] = true
		if s.Active != nil {
			out.AddBool("download_manager_server_active", *s.Active, append(client, "server", s.Name)...)
		}
		if s.Downloaded != nil {
			out.Add("download_manager_server_downloaded_bytes_total", *s.Downloaded, append(client, "server", s.Name)...)
		}
	}
	r.emitItems(config, now, out, client)
}

func (r *reading) emitItems(config config, now time.Time, out *plugin.Batch, client []string) {
	count, categories, stuck := make(map[string]float64), make(map[string]float64), 0.0
	for i := range r.items {
		one := &r.items[i]
		if one.old(now, config.History.Std()) {
			continue
		}
		count[one.state]++
		if one.stuck(now, config.StuckAfter.Std()) {
			stuck++
		}
		if !one.past {
			categories[cmp.Or(one.category, "none")]++
		}
	}
	for _, state := range states() {
		out.Add("download_manager_items", count[state], append(client, "state", state)...)
	}
	out.Add("download_manager_items_stuck", stuck, client...)
	if config.PerCategory {
		for _, category := range most(categories, maxCategories) {
			out.Add("download_manager_items_by_category", categories[category], append(client, "category", category)...)
		}
	}
	for _, tracker := range most(r.trackers, maxTrackers) {
		out.Add("download_manager_tracker_errors", r.trackers[tracker], append(client, "tracker", tracker)...)
	}
}

// old reports whether a job of the past is so old that it does not count.
func (i *item) old(now time.Time, window time.Duration) bool {
	return i.past && (i.finished.IsZero() || now.Sub(i.finished) > window)
}

// most returns the names with the most, at most so many.
func most(of map[string]float64, bound int) []string {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	return names[:min(len(names), bound)]
}

// left is what is still to come.
func (r *reading) left() *float64 {
	if r.remaining != nil {
		return r.remaining
	}
	sum := 0.0
	for i := range r.items {
		one := &r.items[i]
		if one.remaining != nil && !one.done {
			sum += *one.remaining
		}
	}
	return &sum
}

// eta is for how long it takes at the present speed, of what is not paused.
func (r *reading) eta() *float64 {
	sum := 0.0
	for i := range r.items {
		one := &r.items[i]
		if one.remaining != nil && !one.done && (one.state == downloading || one.state == stalled || one.state == queued) {
			sum += *one.remaining
		}
	}
	if r.down == nil || *r.down < 1 || sum <= 0 {
		return nil
	}
	seconds := sum / *r.down
	return &seconds
}
