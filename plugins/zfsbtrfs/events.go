package zfsbtrfs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// seenKey is where what was seen is kept in the state of the source. It is
// stored with the run that told of changes, so that none is told of twice.
const seenKey = "seen"

// seen is what the next run is compared with.
type seen struct {
	Pools   map[string]seenPool   `json:"pools,omitempty"`
	Volumes map[string]seenVolume `json:"volumes,omitempty"`
}

type seenPool struct {
	State string              `json:"state"`
	Vdevs map[string]seenVdev `json:"vdevs,omitempty"`
	Data  float64             `json:"data,omitempty"` // damaged files
	// Scan is when the last scan ended, and Scrub when the last scrub did.
	Scan  int64 `json:"scan,omitempty"`
	Scrub int64 `json:"scrub,omitempty"`
}

type seenVdev struct {
	State  string  `json:"state"`
	Errors float64 `json:"errors,omitempty"`
}

type seenVolume struct {
	Missing []string           `json:"missing,omitempty"`
	Errors  map[string]float64 `json:"errors,omitempty"` // by device
	Scrub   int64              `json:"scrub,omitempty"`
}

// compare tells what happened since the run before.
func (c *collector) compare(s *sight, out *plugin.Batch) error {
	before, known := plugin.Recall[seen](c.host.State, seenKey)
	now := seen{Pools: make(map[string]seenPool), Volumes: make(map[string]seenVolume)}
	for _, p := range s.pools {
		was, there := before.Pools[p.Name]
		is := p.remember(was)
		if is.Scrub > 0 {
			at := time.Unix(is.Scrub, 0).In(s.now.Location())
			p.lastScrub = &at
		}
		if there {
			tellPool(p, was, is, out)
		}
		now.Pools[p.Name] = is
	}
	for _, v := range s.volumes {
		was, there := before.Volumes[v.UUID]
		is := v.remember()
		if there {
			tellVolume(v, was, is, out)
		}
		now.Volumes[v.UUID] = is
	}
	if known {
		tellGone(before, now, s, out)
	}
	return plugin.Keep(c.host.State, seenKey, now)
}

// tellGone tells of pools that were there and are not any more.
func tellGone(before, now seen, s *sight, out *plugin.Batch) {
	if len(s.pools) > 0 {
		for _, name := range slices.Sorted(maps.Keys(before.Pools)) {
			if _, there := now.Pools[name]; !there {
				tell(out, "zfs_pool_gone", plugin.Warning, name, "The pool "+name+" is gone")
			}
		}
	}
	if len(s.volumes) > 0 {
		for _, uuid := range slices.Sorted(maps.Keys(before.Volumes)) {
			if _, there := now.Volumes[uuid]; !there {
				tell(out, "btrfs_gone", plugin.Info, uuid, "The file system "+uuid+" is not mounted any more")
			}
		}
	}
}

func tell(out *plugin.Batch, kind string, severity plugin.Severity, pool, title string) {
	out.Event(plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: map[string]string{"pool": pool}})
}

func (p *poolSight) remember(was seenPool) seenPool {
	is := seenPool{State: p.State, Scan: was.Scan, Scrub: was.Scrub, Data: was.Data, Vdevs: was.Vdevs}
	if p.status == nil {
		return is
	}
	is.Vdevs = make(map[string]seenVdev)
	for _, v := range p.status.Vdevs {
		errors := 0.0
		for _, n := range []*float64{v.Read, v.Write, v.Checksum} {
			if n != nil {
				errors += *n
			}
		}
		is.Vdevs[v.key()] = seenVdev{State: v.State, Errors: errors}
	}
	if p.status.DataErrors != nil {
		is.Data = *p.status.DataErrors
	}
	if s := p.status.Scan; s != nil && s.State == scanFinished && s.Ended != nil {
		is.Scan = s.Ended.Unix()
		if s.Function == scrub {
			is.Scrub = is.Scan
		}
	}
	return is
}

func tellPool(p *poolSight, was, is seenPool, out *plugin.Batch) {
	switch {
	case was.State == is.State || was.State == "" || is.State == "":
	case is.State == "online":
		tell(out, "zfs_pool_online", plugin.Info, p.Name, "The pool "+p.Name+" is online again")
	case is.State == "degraded":
		tell(out, "zfs_pool_degraded", plugin.Warning, p.Name, "The pool "+p.Name+" is degraded")
	default:
		tell(out, "zfs_pool_"+word(is.State), plugin.Critical, p.Name, "The pool "+p.Name+" is "+is.State)
	}
	if p.status == nil {
		return
	}
	for _, v := range p.status.Vdevs {
		old, there := was.Vdevs[v.key()]
		if !there || !v.Leaf {
			continue
		}
		if old.State != v.State {
			severity, kind := plugin.Info, "zfs_device_online"
			if !v.well() {
				severity, kind = plugin.Warning, "zfs_device_lost"
			}
			tell(out, kind, severity, p.Name, fmt.Sprintf("%s of the pool %s is %s", v.Name, p.Name, v.State))
		}
		if more := is.Vdevs[v.key()].Errors - old.Errors; more > 0 {
			tell(out, "zfs_device_errors", plugin.Warning, p.Name, fmt.Sprintf("%.0f new errors on %s of the pool %s", more, v.Name, p.Name))
		}
	}
	if is.Data > was.Data {
		tell(out, "zfs_data_errors", plugin.Critical, p.Name, fmt.Sprintf("%.0f new damaged files or blocks in the pool %s", is.Data-was.Data, p.Name))
	}
	if is.Scan > was.Scan && p.status.Scan != nil && p.status.Scan.Errors != nil {
		s := p.status.Scan
		severity := plugin.Info
		if *s.Errors > 0 {
			severity = plugin.Critical
		}
		tell(out, "zfs_"+s.Function+"_finished", severity, p.Name, fmt.Sprintf("The %s of the pool %s ended with %.0f errors", s.Function, p.Name, *s.Errors))
	}
}

// word makes a kind of event of a state, whatever ZFS calls it.
func word(state string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, state)
}

func (v *volumeSight) remember() seenVolume {
	is := seenVolume{Errors: make(map[string]float64)}
	for _, m := range v.Devices {
		if m.Missing {
			is.Missing = append(is.Missing, m.ID)
		}
		for _, n := range m.Errors {
			is.Errors[m.ID] += n
		}
	}
	if v.scrub != nil && v.scrub.State == scanFinished && v.scrub.Ended != nil {
		is.Scrub = v.scrub.Ended.Unix()
	}
	return is
}

func tellVolume(v *volumeSight, was, is seenVolume, out *plugin.Batch) {
	for _, m := range v.Devices {
		missed := slices.Contains(was.Missing, m.ID)
		name := "device " + m.ID
		if m.Path != "" {
			name = m.Path
		}
		switch {
		case m.Missing && !missed:
			tell(out, "btrfs_device_missing", plugin.Critical, v.UUID, fmt.Sprintf("%s of %s is missing", name, v.title()))
		case !m.Missing && missed:
			tell(out, "btrfs_device_back", plugin.Info, v.UUID, fmt.Sprintf("%s of %s is back", name, v.title()))
		}
		if old, there := was.Errors[m.ID]; there && is.Errors[m.ID] > old {
			tell(out, "btrfs_device_errors", plugin.Warning, v.UUID, fmt.Sprintf("%.0f new errors on %s of %s", is.Errors[m.ID]-old, name, v.title()))
		}
	}
	if is.Scrub > was.Scrub {
		severity := plugin.Info
		if v.scrub.Uncorrectable > 0 {
			severity = plugin.Critical
		}
		tell(out, "btrfs_scrub_finished", severity, v.UUID,
			fmt.Sprintf("The scrub of %s ended with %.0f errors, %.0f of them beyond repair", v.title(), v.scrub.Errors, v.scrub.Uncorrectable))
	}
}
