package zfsbtrfs

import (
	"fmt"
	"time"
)

// document is what a person wants to see.
type document struct {
	ZFS   *zfsPart   `json:"zfs,omitempty"`
	Btrfs *btrfsPart `json:"btrfs,omitempty"`
}

type zfsPart struct {
	Pools     []poolRow          `json:"pools"`
	Vdevs     []vdevRow          `json:"vdevs"`
	Datasets  []dataset          `json:"datasets,omitempty"`
	LeftOut   int                `json:"datasets_left_out,omitempty"`
	Snapshots []snapshots        `json:"snapshots,omitempty"`
	ARC       map[string]float64 `json:"arc,omitempty"`
}

type poolRow struct {
	Name      string     `json:"name"`
	GUID      string     `json:"guid,omitempty"`
	State     string     `json:"state"`
	Size      *float64   `json:"size,omitempty"`
	Allocated *float64   `json:"allocated,omitempty"`
	Free      *float64   `json:"free,omitempty"`
	Usage     *float64   `json:"usage,omitempty"`
	Fragments *float64   `json:"fragmentation,omitempty"`
	Dedup     *float64   `json:"dedup,omitempty"`
	Scan      *scan      `json:"scan,omitempty"`
	ScanText  string     `json:"scan_text,omitempty"`
	LastScrub *time.Time `json:"last_scrub,omitempty"`
	Status    string     `json:"status_text,omitempty"`
	Action    string     `json:"action,omitempty"`
	Errors    string     `json:"errors_text,omitempty"`
}

type vdevRow struct {
	Pool string `json:"pool"`
	vdev
}

type btrfsPart struct {
	Volumes []volumeRow `json:"volumes"`
	Space   []spaceRow  `json:"space"`
	Devices []memberRow `json:"devices"`
}

type volumeRow struct {
	UUID        string       `json:"uuid"`
	Name        string       `json:"name"`
	Label       string       `json:"label,omitempty"`
	Mounts      []string     `json:"mounts"`
	State       string       `json:"state"` // ok, degraded or failed
	Size        *float64     `json:"size,omitempty"`
	Unallocated *float64     `json:"unallocated,omitempty"`
	Free        *float64     `json:"free_estimated,omitempty"`
	Reserve     *float64     `json:"global_reserve,omitempty"`
	Operation   string       `json:"operation,omitempty"`
	Scrub       *scrubResult `json:"scrub,omitempty"`
	ScrubState  string       `json:"scrub_state,omitempty"`
	ScrubEnded  *time.Time   `json:"scrub_ended,omitempty"`
	Subvolumes  *int         `json:"subvolumes,omitempty"`
	Snapshots   *int         `json:"snapshots,omitempty"`
}

type spaceRow struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Profile string   `json:"profile,omitempty"`
	Used    *float64 `json:"used,omitempty"`
	Total   *float64 `json:"total,omitempty"`
	OnDisk  *float64 `json:"on_disk,omitempty"`
}

type memberRow struct {
	Name    string             `json:"name"`
	ID      string             `json:"id"`
	Path    string             `json:"path,omitempty"`
	State   string             `json:"state"` // ok, missing or errors
	Missing bool               `json:"missing"`
	Errors  float64            `json:"error_count"`
	Kinds   map[string]float64 `json:"errors,omitempty"`
}

func makeDocument(s *sight) document {
	var doc document
	if len(s.pools) > 0 {
		doc.ZFS = &zfsPart{Pools: []poolRow{}, Vdevs: []vdevRow{}, Datasets: s.datasets, LeftOut: s.left, Snapshots: s.snapshots, ARC: arcDocument(s)}
		for _, p := range s.pools {
			doc.ZFS.Pools = append(doc.ZFS.Pools, p.row())
			if p.status == nil {
				continue
			}
			for _, v := range p.status.Vdevs {
				doc.ZFS.Vdevs = append(doc.ZFS.Vdevs, vdevRow{p.Name, v})
			}
		}
	}
	if len(s.volumes) > 0 {
		doc.Btrfs = &btrfsPart{Volumes: []volumeRow{}, Space: []spaceRow{}, Devices: []memberRow{}}
		for _, v := range s.volumes {
			doc.Btrfs.add(v)
		}
	}
	return doc
}

func (p *poolSight) row() poolRow {
	row := poolRow{
		Name: p.Name, GUID: p.GUID, State: p.State, Size: p.Size, Allocated: p.Allocated, Free: p.Free, Usage: p.Usage,
		Fragments: p.Fragments, Dedup: p.Dedup, LastScrub: p.lastScrub,
	}
	if p.status != nil {
		row.Status, row.Action, row.Errors, row.Scan = p.status.Status, p.status.Action, p.status.Errors, p.status.Scan
		if p.status.Scan != nil {
			row.ScanText = p.status.Scan.Text
		}
	}
	return row
}

// arcDocument is what people ask about the cache.
func arcDocument(s *sight) map[string]float64 {
	if len(s.arc) == 0 {
		return nil
	}
	shown := make(map[string]float64)
	for _, name := range []string{"size", "c", "c_min", "c_max", "mru_size", "mfu_size", "hits", "misses", "l2_size"} {
		if value, there := s.arc[name]; there {
			shown[name] = value
		}
	}
	if s.arcRatio != nil {
		shown["hit_ratio"] = *s.arcRatio
	}
	return shown
}

func (b *btrfsPart) add(v *volumeSight) {
	row := volumeRow{
		UUID: v.UUID, Name: v.title(), Label: v.Label, Mounts: append([]string{}, v.Mounts...), State: "ok", Size: v.SizeBytes,
		Unallocated: v.unallocated(), Free: v.estimatedFree(), Reserve: v.Reserve, Operation: v.Operation, Scrub: v.scrub,
	}
	if v.scrub != nil {
		row.ScrubState, row.ScrubEnded = v.scrub.State, v.scrub.Ended
		if v.scrub.Uncorrectable > 0 {
			row.State = "failed"
			row.ScrubState = fmt.Sprintf("%s, %.0f errors beyond repair", v.scrub.State, v.scrub.Uncorrectable)
		}
	}
	if v.more != nil {
		row.Subvolumes, row.Snapshots = &v.more.Count, &v.more.Snapshots
	}
	for _, m := range v.Devices {
		one := memberRow{Name: v.title(), ID: m.ID, Path: m.Path, State: "ok", Missing: m.Missing, Kinds: m.Errors}
		for _, n := range m.Errors {
			one.Errors += n
		}
		switch {
		case m.Missing:
			one.State, row.State = "missing", "degraded"
		case one.Errors > 0:
			one.State = "errors"
		}
		b.Devices = append(b.Devices, one)
	}
	for _, s := range v.Space {
		b.Space = append(b.Space, spaceRow{v.title(), s.Type, s.Profile, s.Used, s.Total, s.DiskTotal})
	}
	b.Volumes = append(b.Volumes, row)
}
