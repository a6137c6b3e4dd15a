package postgres

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// Size says how much room Unity's tables take, with their indexes.
func (t *tables) Size(ctx context.Context) (sqlstore.Size, error) {
	size := sqlstore.Size{Tiers: make(map[time.Duration]int64)}
	err := t.read.QueryRowContext(ctx, `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
		WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('marks'))
		AND relname IN ('hosts', 'sources', 'source_status', 'source_values', 'runs', 'snapshots', 'events', 'series', 'marks')`).
		Scan(&size.Total)
	if err != nil {
		return size, doing(err, "asking for the size of the database")
	}
	if t.hypertables {
		for _, name := range []string{"runs", "events"} {
			bytes, err := t.pieces.size(ctx, name)
			if err != nil {
				return size, err
			}
			size.Total += bytes
		}
	}
	for _, one := range allTables() {
		bytes, err := t.pieces.size(ctx, one.name)
		if err != nil {
			return size, err
		}
		size.Total += bytes
		if one.step == 0 {
			size.Raw = bytes
		} else {
			size.Tiers[one.step] = bytes
		}
	}
	return size, nil
}

// Check reads every row and says what is wrong: what the server cannot read, and
// samples of series that nothing is known about.
func (t *tables) Check(ctx context.Context) error {
	for _, name := range []string{
		"hosts", "sources", "source_status", "source_values", "runs", "snapshots", "events", "series", "marks",
	} {
		var rows int64
		// The text of a row has all of it, also what is kept beside the table.
		err := t.read.QueryRowContext(ctx, "SELECT count(DISTINCT octet_length(t::text)) FROM "+name+" AS t").Scan(&rows)
		if err != nil {
			return doing(err, "checking the table %s", name)
		}
	}
	for _, one := range allTables() {
		if err := t.checkRows(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (t *tables) checkRows(ctx context.Context, one table) error {
	tx, err := t.read.BeginTx(ctx, nil)
	if err != nil {
		return doing(err, "checking the table %s", one.name)
	}
	defer tx.Rollback()
	// From the rows themselves, not from an index, and however long it takes.
	for _, setting := range []string{
		"statement_timeout = 0", "enable_indexscan = off", "enable_indexonlyscan = off", "enable_bitmapscan = off",
	} {
		if _, err := tx.ExecContext(ctx, "SET LOCAL "+setting); err != nil {
			return doing(err, "checking the table %s", one.name)
		}
	}
	var strangers int64
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT DISTINCT series FROM "+one.name+
		") AS m WHERE NOT EXISTS (SELECT 1 FROM series AS s WHERE s.id = m.series)").Scan(&strangers)
	if err != nil {
		return doing(err, "checking the table %s", one.name)
	}
	if strangers > 0 {
		return fault.New(fault.BadAnswer, "%d series of the table %s have no labels", strangers, one.name).
			WithHint("Their samples cannot be found; delete them, or put back a copy of the table series.")
	}
	return nil
}
