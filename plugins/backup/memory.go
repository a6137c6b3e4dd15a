package backup

import (
	"maps"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// stateKey is where what was seen is kept in the state of the source. It is
// stored with the run that told of changes, so that none is told of twice.
const stateKey = "seen"

// memory is what the next run needs of this one.
type memory struct {
	Things map[string]remembered `json:"things,omitempty"`
	// What is asked for rarely, and when that was last tried.
	Stats   *stats    `json:"stats,omitempty"`
	StatsAt time.Time `json:"stats_at,omitzero"`
	Check   *check    `json:"check,omitempty"`
	CheckAt time.Time `json:"check_at,omitzero"`
}

// stats is what was measured of a repository.
type stats struct {
	Bytes        *float64 `json:"bytes,omitempty"`
	Uncompressed *float64 `json:"uncompressed,omitempty"`
	Compression  *float64 `json:"compression,omitempty"`
	Dedup        *float64 `json:"dedup,omitempty"`
	// Newest is what is known of the newest points, by their ID.
	Newest map[string]details `json:"newest,omitempty"`
}

// details are those of one point.
type details struct {
	Size     *float64 `json:"size,omitempty"`
	Added    *float64 `json:"added,omitempty"`
	Files    *float64 `json:"files,omitempty"`
	Duration *float64 `json:"duration,omitempty"`
}

// remembered is what is kept of a thing.
type remembered struct {
	State string `json:"state"`
	// Points are seconds since 1970 and bytes, the newest last.
	Points [][2]float64 `json:"points,omitempty"`
	Shrunk bool         `json:"shrunk,omitempty"`
}

func (r remembered) points() []point {
	points := make([]point, 0, len(r.Points))
	for _, p := range r.Points {
		points = append(points, point{At: time.Unix(int64(p[0]), 0).UTC(), Size: p[1]})
	}
	return points
}

func recall(state plugin.State) *memory {
	kept, _ := plugin.Recall[memory](state, stateKey)
	return &kept
}

// due reports whether something that is done rarely is to be done now.
func due(every plugin.Duration, last, now time.Time) bool {
	return every > 0 && (last.IsZero() || now.Sub(last) >= every.Std() || last.After(now))
}

// tell reports what changed since the run before, and keeps what is now.
func (m *memory) tell(r *report, out *plugin.Batch) {
	before, first := m.Things, m.Things == nil
	m.Things = make(map[string]remembered, len(r.things))
	for _, t := range r.things {
		is := remembered{State: t.State, Shrunk: t.Shrunk}
		for _, p := range t.Past {
			is.Points = append(is.Points, [2]float64{float64(p.At.Unix()), p.Size})
		}
		was, known := before[t.Name]
		if !first {
			tellThing(t, was, known, out)
		}
		m.Things[t.Name] = is
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, there := m.Things[name]; !there && before[name].State != stateNone {
			event(out, "backup_gone", plugin.Warning, name, "There is no backup of "+name+" any more")
		}
	}
	if r.check != nil && !r.check.OK && (m.Check == nil || !m.Check.At.Equal(r.check.At)) {
		event(out, "backup_damaged", plugin.Critical, "", "The repository is damaged: "+r.check.Text)
	}
	if r.check != nil {
		m.Check = r.check
	}
}

func tellThing(t *thing, was remembered, known bool, out *plugin.Batch) {
	newest := int64(0)
	if n := len(was.Points); n > 0 {
		newest = int64(was.Points[n-1][0])
	}
	fresh := len(t.Points) > 0 && t.last().Unix() > newest
	if fresh && (!known || was.State == stateOK || t.State != stateOK) {
		event(out, "backup_made", plugin.Info, t.Name, t.Name+" was backed up")
	}
	if t.Shrunk && (!was.Shrunk || fresh) {
		event(out, "backup_shrunk", plugin.Warning, t.Name, "The newest backup of "+t.Name+" is much smaller than those before it")
	}
	if known && was.State == t.State || !known && t.State == stateOK {
		return
	}
	severity := plugin.Critical
	switch t.State {
	case stateOK:
		event(out, "backup_recovered", plugin.Info, t.Name, t.Name+" has a fresh backup again")
		return
	case stateLate:
		severity = plugin.Warning
	}
	event(out, "backup_"+t.State, severity, t.Name, t.Name+": "+t.Reason)
}

func event(out *plugin.Batch, kind string, severity plugin.Severity, name, title string) {
	e := plugin.Event{Kind: kind, Severity: severity, Title: title}
	if name != "" {
		e.Detail = map[string]string{"group": name}
	}
	out.Event(e)
}
