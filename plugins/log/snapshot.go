package log

import (
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/follow"
)

// document is the snapshot.
type document struct {
	Summary  summary      `json:"summary"`
	Files    []fileRow    `json:"files"`
	Patterns []patternRow `json:"patterns"`
	Matches  []match      `json:"recent_matches"`
	Messages []message    `json:"top_messages"`
	Access   *accessRows  `json:"access,omitempty"`
}

// summary is what was counted in all.
type summary struct {
	Lines    int64            `json:"lines"`
	Matches  int64            `json:"matches"`
	Alerts   int64            `json:"alerts"`
	Severity map[string]int64 `json:"by_severity"`
}

// fileRow is a file, or several with dates in their names.
type fileRow struct {
	Path      string     `json:"path"`
	State     string     `json:"state"`
	Size      int64      `json:"size_bytes,omitempty"`
	Lag       int64      `json:"lag_bytes"`
	Lines     int64      `json:"lines"`
	Last      *time.Time `json:"last_line,omitempty"`
	Rotations int64      `json:"rotations"`
	Lost      int64      `json:"lost"`
	Reason    string     `json:"reason,omitempty"`
}

type patternRow struct {
	Name     string `json:"name"`
	Severity string `json:"severity"`
	Count    int64  `json:"count"`
	Alert    bool   `json:"alert"`
}

// accessRows are of the last run that read a request.
type accessRows struct {
	Paths    []ranked `json:"top_paths"`
	Clients  []ranked `json:"top_clients"`
	Failures []ranked `json:"top_errors"`
}

func (p *pass) document(files []follow.File) document {
	d := document{
		Summary: summary{Severity: p.ledger.Severities}, Files: []fileRow{}, Patterns: []patternRow{},
		Matches: p.recent.Matches, Messages: p.recent.Messages,
	}
	if d.Messages == nil {
		d.Messages = []message{}
	}
	rows := make(map[string]int)
	for _, file := range files {
		label := labelOf(p.dates, file.Path)
		at, known := rows[label]
		if !known {
			at = len(d.Files)
			rows[label] = at
			d.Files = append(d.Files, p.fileRow(label))
		}
		row := &d.Files[at]
		row.Size += file.Size
		row.Lag += file.Lag
		if file.Err != nil {
			row.State, row.Reason = "failed", file.Err.Error()
			if fault.Of(file.Err) == fault.NotFound {
				row.State = "missing"
			}
		}
	}
	for _, t := range p.ledger.Files {
		d.Summary.Lines += t.Lines
	}
	for i := range p.c.matcher.patterns {
		one := &p.c.matcher.patterns[i]
		n := p.ledger.Matches[one.Name]
		d.Summary.Matches += n
		d.Summary.Alerts += p.ledger.Alerts[one.Name]
		d.Patterns = append(d.Patterns, patternRow{one.Name, one.severity.String(), n, one.Alert})
	}
	if p.web != nil {
		d.Access = &accessRows{top(p.web.paths), top(p.web.clients), top(p.web.failures)}
	}
	return d
}

// fileRow is what was counted of the files with a label.
func (p *pass) fileRow(label string) fileRow {
	row := fileRow{Path: label, State: "ok"}
	if t := p.ledger.Files[label]; t != nil {
		row.Lines, row.Rotations, row.Lost = t.Lines, t.Rotations, t.Lost
		if t.Last > 0 {
			last := time.Unix(t.Last, 0).UTC()
			row.Last = &last
		}
	}
	return row
}
