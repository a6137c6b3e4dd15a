package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/auth"
)

// auditRow is a row of the table audit.
type auditRow struct {
	bun.BaseModel `bun:"table:audit"`

	ID      int64 `bun:"id,pk"`
	Time    int64
	Actor   string
	Name    string
	Via     string
	Action  string
	Target  string
	Address string
	Refused bool
}

// Record writes down what somebody did.
func (a Accounts) Record(ctx context.Context, entry auth.Entry) error {
	row := auditRow{
		ID: entry.ID, Time: milliseconds(entry.Time), Actor: entry.User, Name: entry.Name, Via: string(entry.Via),
		Action: entry.Action, Target: entry.Target, Address: entry.Address, Refused: entry.Refused,
	}
	_, err := a.write.NewInsert().Model(&row).Exec(ctx)
	return a.fault(err, "writing down what was done")
}

// Entries returns what was done, the newest first.
func (a Accounts) Entries(ctx context.Context, filter auth.EntryFilter) ([]auth.Entry, error) {
	var rows []auditRow
	if strings.ContainsRune(filter.User+strings.Join(filter.Actions, ""), 0) { // which no database takes in a statement
		return nil, nil
	}
	query := a.read.NewSelect().Model(&rows).OrderExpr("id DESC").Limit(int64(filter.Limit))
	if filter.User != "" {
		query = query.Where("actor = ?", filter.User)
	}
	if len(filter.Actions) > 0 {
		query = query.Where("action IN ?", bun.Tuple(filter.Actions))
	}
	if filter.BeforeID > 0 {
		query = query.Where("id < ?", filter.BeforeID)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, a.fault(err, "reading what was done")
	}
	entries := make([]auth.Entry, len(rows))
	for i, row := range rows {
		entries[i] = auth.Entry{
			ID: row.ID, Time: moment(row.Time), User: row.Actor, Name: row.Name, Via: auth.Via(row.Via),
			Action: row.Action, Target: row.Target, Address: row.Address, Refused: row.Refused,
		}
	}
	return entries, nil
}

// ExpireEntries removes what is older than a time.
func (a Accounts) ExpireEntries(ctx context.Context, before time.Time) error {
	_, err := a.write.NewDelete().Table("audit").Where("time < ?", milliseconds(before)).Exec(ctx)
	return a.fault(err, "removing old records of what was done")
}
