package sqlstore

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Notes keeps small things under a name, in areas that have nothing to do with
// each other. It writes to the database at once, past the journal.
type Notes struct{ *Store }

// Notes returns the store of small things.
func (db *DB) Notes() Notes { return Notes{db.store} }

// noteRow is a row of the table notes.
type noteRow struct {
	bun.BaseModel `bun:"table:notes"`

	Area    string `bun:"area,pk"`
	Name    string `bun:"name,pk"`
	Value   string
	Updated int64
}

// Notes returns everything of an area by its name.
func (s Notes) Notes(ctx context.Context, area string) (map[string]string, error) {
	var rows []noteRow
	if err := s.read.NewSelect().Model(&rows).Where("area = ?", area).Scan(ctx); err != nil {
		return nil, s.fault(err, "reading what is kept of %s", area)
	}
	notes := make(map[string]string, len(rows))
	for _, row := range rows {
		notes[row.Name] = row.Value
	}
	return notes, nil
}

// SetNote keeps a value under a name, in place of what was there.
func (s Notes) SetNote(ctx context.Context, area, name, value string) error {
	row := noteRow{Area: area, Name: name, Value: value, Updated: milliseconds(time.Now())}
	query := s.dialect.Upsert(s.write.NewInsert().Model(&row), []string{"area", "name"}, []string{"value", "updated"})
	_, err := query.Exec(ctx)
	return s.fault(err, "keeping %s of %s", name, area)
}

// DeleteNote forgets what is kept under a name, if anything is.
func (s Notes) DeleteNote(ctx context.Context, area, name string) error {
	_, err := s.write.NewDelete().Table("notes").Where("area = ?", area).Where("name = ?", name).Exec(ctx)
	return s.fault(err, "forgetting %s of %s", name, area)
}
