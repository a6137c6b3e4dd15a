package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// document is what a person wants to see.
type document struct {
	Summary   summary       `json:"summary"`
	Databases []databaseRow `json:"databases"`
	Tables    []tableOf     `json:"tables,omitempty"`
	Findings  []findingRow  `json:"findings,omitempty"`
}

type summary struct {
	Databases int   `json:"databases"`
	Size      int64 `json:"total_size"`
	Failed    int   `json:"failed"`
	LeftOut   int   `json:"left_out"`
}

type databaseRow struct {
	Name      string     `json:"name"`
	Path      string     `json:"path"`
	App       string     `json:"app,omitempty"`
	Status    string     `json:"status"`
	Size      int64      `json:"size"`
	WAL       *int64     `json:"wal,omitempty"`
	Resets    *uint32    `json:"checkpoints,omitempty"` // how often the log was begun anew
	Mode      string     `json:"journal_mode,omitempty"`
	Pages     *int64     `json:"pages,omitempty"`
	PageSize  *int64     `json:"page_size,omitempty"`
	Free      *int64     `json:"free_bytes,omitempty"`
	Behind    bool       `json:"header_behind_log,omitempty"`
	Encoding  string     `json:"encoding,omitempty"`
	User      *int32     `json:"user_version,omitempty"`
	Kind      string     `json:"application_id,omitempty"`
	WrittenBy string     `json:"last_sqlite_version,omitempty"`
	Modified  *time.Time `json:"modified,omitempty"`
	Tables    *int64     `json:"table_count,omitempty"`
	Stale     bool       `json:"stale,omitempty"` // what is in the log was not seen
	Integrity *integrity `json:"integrity,omitempty"`
	Checked   *time.Time `json:"checked,omitempty"`
	Error     string     `json:"error,omitempty"`
}

// tableOf is a table of one of the databases.
type tableOf struct {
	Database string `json:"database"`
	tableRow
}

// findingRow is something that a check found.
type findingRow struct {
	Database string    `json:"database"`
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
}

func (c *collector) document(databases []*database, left int) document {
	doc := document{Summary: summary{Databases: len(databases), LeftOut: left}, Databases: make([]databaseRow, 0, len(databases))}
	for _, d := range databases {
		doc.Summary.Size += d.size + max(0, d.wal) + max(0, d.journal)
		if !d.readable() {
			doc.Summary.Failed++
		}
		doc.Databases = append(doc.Databases, d.row())
		if d.result == nil {
			continue
		}
		if s := d.result.tables; s != nil {
			for _, row := range s.tables {
				doc.Tables = append(doc.Tables, tableOf{d.label, row})
			}
		}
		if i := d.result.integrity; i != nil {
			for _, text := range i.Errors {
				doc.Findings = append(doc.Findings, findingRow{d.label, i.At, text})
			}
		}
	}
	return doc
}

// status is how a database is, in a word.
func (d *database) status() string {
	switch {
	case d.result != nil && d.result.integrity != nil && !d.result.integrity.OK:
		return "damaged"
	case d.locked:
		return "locked"
	case !d.readable():
		return "failed"
	case d.hot:
		return "warning"
	default:
		return "ok"
	}
}

func (d *database) row() databaseRow {
	row := databaseRow{
		Name: d.label, Path: d.path, App: d.app, Status: d.status(), Size: d.size, Resets: d.resets,
		Behind: d.behind() && (d.opened == nil || d.old), Stale: d.stale,
	}
	if d.there {
		row.Modified = &d.modified
	}
	if d.wal >= 0 {
		row.WAL = &d.wal
	}
	if err := errors.Join(d.err, d.note); err != nil {
		// The row says which file it is.
		row.Error = strings.NewReplacer("reading "+d.path+": ", "", "opening "+d.path+": ", "").Replace(err.Error())
	}
	if d.head != nil && d.head.pageSize > 0 {
		head := d.current()
		free := head.freePages * head.pageSize
		row.Pages, row.PageSize, row.Free, row.Encoding, row.User = &head.pages, &head.pageSize, &free, head.encoding, &head.userVersion
		row.WrittenBy = head.writtenBy
		if row.Mode = "rollback"; head.wal {
			row.Mode = "wal"
		}
		if head.applicationID != 0 {
			row.Kind = fmt.Sprintf("0x%08x", head.applicationID)
		}
	}
	if d.opened != nil {
		row.Tables = &d.opened.tables
		if d.opened.journal != "" {
			row.Mode = d.opened.journal
		}
	}
	if d.result != nil && d.result.integrity != nil {
		row.Integrity = d.result.integrity
		row.Checked = &d.result.integrity.At
	}
	return row
}
