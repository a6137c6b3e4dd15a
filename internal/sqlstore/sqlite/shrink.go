package sqlite

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"
)

const (
	// sparePages is how many unused pages the file keeps at least, and spareShare
	// which part of it: what is written next goes there.
	sparePages = 64
	spareShare = 16
	// vacuumPages is how many pages one transaction gives back; meanwhile nobody
	// else writes.
	vacuumPages = 128
)

// giveBack makes the file shorter when much of it is unused. Pages from its end
// are moved to where there is room, so it is done only when it pays.
func (s *samples) giveBack(ctx context.Context) error {
	unused, spare, err := s.unused(ctx)
	if err != nil {
		return err
	}
	for pays := unused > 2*spare; pays && unused > spare; {
		before := unused
		err := s.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
			// It gives back one page for each row that is asked for.
			rows, err := tx.Tx.QueryContext(ctx, "PRAGMA incremental_vacuum("+strconv.Itoa(min(vacuumPages, unused-spare))+")")
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
			}
			return rows.Err()
		})
		if err != nil {
			return s.store.Fault(err, "giving back room that is not needed")
		}
		if unused, _, err = s.unused(ctx); err != nil {
			return err
		}
		if unused >= before { // a file that was made without the ability
			break
		}
	}
	// The file gets shorter when the write-ahead log is taken in. While somebody
	// reads, that waits for the next time.
	var busy, length, taken int
	row := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return s.store.Fault(row.Scan(&busy, &length, &taken), "giving back room that is not needed")
}

// unused returns how many pages of the file are, and how many may be.
func (s *samples) unused(ctx context.Context) (unused, spare int, err error) {
	for pragma, count := range map[string]*int{"freelist_count": &unused, "page_count": &spare} {
		if err := s.read.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(count); err != nil {
			return 0, 0, s.store.Fault(err, "asking how much of the file is used")
		}
	}
	return unused, max(sparePages, spare/spareShare), nil
}
