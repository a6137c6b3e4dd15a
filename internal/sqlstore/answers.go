package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// Answers keeps what was answered to requests that may be sent again. It writes
// to the database at once, past the journal.
type Answers struct{ *Store }

// Answers returns the store of answers.
func (db *DB) Answers() Answers { return Answers{db.store} }

// Answer is what was answered to a request.
type Answer struct {
	Request string // a hash of it
	Status  int
	Type    string
	Body    []byte
	Time    time.Time
}

// maxAnswers is how many answers are kept for one owner.
const maxAnswers = 1000

// answerRow is a row of the table answers.
type answerRow struct {
	bun.BaseModel `bun:"table:answers"`

	Owner   string `bun:"owner,pk"`
	Name    string `bun:"name,pk"`
	Request string
	Status  int
	Kind    string
	Body    []byte
	Created int64
}

// Answer returns what is kept for somebody under a name; false for nothing, or
// for what is older than since.
func (s Answers) Answer(ctx context.Context, owner, name string, since time.Time) (Answer, bool, error) {
	var row answerRow
	err := s.read.NewSelect().Model(&row).Where("owner = ?", owner).Where("name = ?", name).
		Where("created >= ?", milliseconds(since)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Answer{}, false, nil
	}
	if err != nil {
		return Answer{}, false, s.fault(err, "looking whether a request was answered before")
	}
	return Answer{Request: row.Request, Status: row.Status, Type: row.Kind, Body: row.Body, Time: moment(row.Created)}, true, nil
}

// KeepAnswer keeps an answer, in place of what was there. Of each owner's, only
// the newest are kept, and none that is older than a day.
func (s Answers) KeepAnswer(ctx context.Context, owner, name string, answer Answer) error {
	row := answerRow{
		Owner: owner, Name: name, Request: answer.Request, Status: answer.Status, Kind: answer.Type,
		Body: append([]byte{}, answer.Body...), Created: milliseconds(answer.Time),
	}
	err := s.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		query := s.dialect.Upsert(tx.NewInsert().Model(&row), []string{"owner", "name"}, []string{"request", "status", "kind", "body", "created"})
		if _, err := query.Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Table("answers").Where("created < ?", milliseconds(answer.Time.Add(-day))).Exec(ctx); err != nil {
			return err
		}
		var oldest []int64
		err := tx.NewSelect().Table("answers").Column("created").Where("owner = ?", owner).
			OrderExpr("created DESC").Offset(maxAnswers).Limit(1).Scan(ctx, &oldest)
		if err != nil || len(oldest) == 0 {
			return err
		}
		_, err = tx.NewDelete().Table("answers").Where("owner = ?", owner).Where("created <= ?", oldest[0]).Exec(ctx)
		return err
	})
	return s.fault(err, "keeping the answer to a request")
}
