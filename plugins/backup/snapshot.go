package backup

import (
	"fmt"
	"time"
)

// document is what a person wants to see.
type document struct {
	Tool    string     `json:"tool"`
	Version string     `json:"version,omitempty"`
	Summary summary    `json:"summary"`
	Groups  []groupRow `json:"groups"`
	Repo    *repoRow   `json:"repository,omitempty"`
	Locks   []lock     `json:"locks,omitempty"`
	Server  *pbsPart   `json:"server,omitempty"`
}

type summary struct {
	Groups  int    `json:"groups"`
	OK      int    `json:"ok"`
	Late    int    `json:"late"`
	Bad     int    `json:"bad"` // stale, failed or none
	Oldest  string `json:"oldest,omitempty"`
	Verdict string `json:"verdict"`
}

type groupRow struct {
	Group     string     `json:"group"`
	State     string     `json:"state"`
	Reason    string     `json:"reason,omitempty"`
	Last      *time.Time `json:"last,omitempty"`
	Age       *float64   `json:"age,omitempty"`
	Usual     *float64   `json:"usual,omitempty"`
	Snapshots *float64   `json:"snapshots,omitempty"`
	Size      *float64   `json:"size,omitempty"`
	Added     *float64   `json:"added,omitempty"`
	Files     *float64   `json:"files,omitempty"`
	Duration  *float64   `json:"duration,omitempty"`
	Next      *time.Time `json:"next,omitempty"`
}

// repoRow is shown as rows of a key and a value.
type repoRow struct {
	Location     string     `json:"location"`
	Bytes        *float64   `json:"bytes,omitempty"`
	Uncompressed *float64   `json:"uncompressed_bytes,omitempty"`
	Compression  *float64   `json:"compression,omitempty"`
	Dedup        *float64   `json:"deduplication,omitempty"`
	Free         *float64   `json:"free_bytes,omitempty"`
	Checked      *time.Time `json:"checked,omitempty"`
	CheckOK      *bool      `json:"check_ok,omitempty"`
	CheckText    string     `json:"check_said,omitempty"`
}

func (c *collector) document(r *report, now time.Time) document {
	doc := document{Tool: r.tool, Version: r.version, Groups: []groupRow{}, Locks: r.locks}
	var oldest *thing
	for _, t := range r.things {
		doc.Groups = append(doc.Groups, t.row(now))
		switch t.State {
		case stateOK:
			doc.Summary.OK++
		case stateLate:
			doc.Summary.Late++
		default:
			doc.Summary.Bad++
		}
		if len(t.Points) > 0 && (oldest == nil || t.last().Before(oldest.last())) {
			oldest = t
		}
	}
	doc.Summary.Groups = len(r.things)
	if oldest != nil {
		doc.Summary.Oldest = fmt.Sprintf("%s, %s ago", oldest.Name, plainAge(max(0, now.Sub(oldest.last()))))
	}
	doc.Summary.Verdict = doc.Summary.verdict()
	row := repoRow{Location: r.location, Bytes: r.bytes, Uncompressed: r.uncompressed, Compression: r.compression, Dedup: r.dedup, Free: r.free}
	if r.check != nil {
		row.Checked, row.CheckOK, row.CheckText = &r.check.At, &r.check.OK, r.check.Text
	}
	doc.Repo = &row
	if r.server != nil {
		doc.Server = &r.server.pbsPart
	}
	return doc
}

func (s summary) verdict() string {
	switch {
	case s.Groups == 0:
		return "there is no backup of anything"
	case s.Bad > 0:
		return fmt.Sprintf("%d of %d things have no good backup", s.Bad, s.Groups)
	case s.Late > 0:
		return fmt.Sprintf("%d of %d things are late", s.Late, s.Groups)
	default:
		return "everything has a fresh backup"
	}
}

func (t *thing) row(now time.Time) groupRow {
	row := groupRow{
		Group: t.Name, State: t.State, Reason: t.Reason, Snapshots: t.Count, Size: t.size(), Added: t.Added, Files: t.Files, Duration: t.Duration, Next: t.Next,
	}
	if len(t.Points) > 0 {
		last := t.last()
		age := max(0, now.Sub(last).Round(time.Second).Seconds())
		row.Last, row.Age = &last, &age
	}
	if t.Usual > 0 {
		usual := t.Usual.Seconds()
		row.Usual = &usual
	}
	return row
}
