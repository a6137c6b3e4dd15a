package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

// sources is how many sources share the series of the live measurement.
const sources = 10

// live commits at the pace of the real thing, ten sources spread over the
// minute, and measures what the process writes to the disk. Sealing comes only
// every four hours, so its share was measured while the month was built, where
// the clock ran faster and the amounts were the real ones.
func live(ctx context.Context, s settings, dir string, built *month, t *table) error {
	const bar, what = "≤ 30 B/sample", "physically written"
	share := fmt.Sprintf("%.1f B of sealing and merging, four hours at a time, of buckets and of removing what is old", built.rewritten)
	if s.written == 0 {
		t.add(what, bar, "–", share+"; the journal was left out")
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	open := func() (*sqlstore.DB, error) {
		return sqlite.Open(ctx, filepath.Join(dir, "unity.db"), sqlstore.Options{SyncInterval: s.sync})
	}
	// The tables are made once, and reach their file when the database is closed.
	db, err := open()
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if db, err = open(); err != nil {
		return err
	}
	mix := storetest.NewMix(s.seed, s.series)
	ids := make([]series.ID, s.series)
	for i := range ids {
		ids[i] = db.ID(mix.Labels(i))
	}
	background, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- db.Run(background) }()
	fmt.Fprintf(os.Stderr, "storing at live pace for %v\n", s.written)
	samples, written, err := pace(ctx, s, db, mix, ids)
	stop()
	if failed := <-done; err == nil {
		err = failed
	}
	if failed := db.Close(); err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	journal := float64(written) / float64(samples)
	t.add(what, bar, fmt.Sprintf("%.1f B/sample", journal+built.rewritten),
		fmt.Sprintf("%.1f B of journal, %v at live pace (%d samples), and %s", journal, s.written, samples, share))
	return nil
}

// pace commits until the time is over.
func pace(ctx context.Context, s settings, db *sqlstore.DB, mix *storetest.Mix, ids []series.ID) (samples int, written int64, err error) {
	share := s.series / sources
	tick := time.NewTicker(interval / sources)
	defer tick.Stop()
	over := time.NewTimer(s.written)
	defer over.Stop()
	before := int64(-1)
	for turn := 0; ; turn++ {
		first := turn % sources * share
		at := time.Now().Truncate(time.Second)
		source := inventory.SourceID(fmt.Sprint("bench-", turn%sources))
		if err := db.Commit(ctx, record(source, at, mix, ids[first:first+share], first)); err != nil {
			return 0, 0, err
		}
		if before < 0 { // what the first record brings, the series, comes once
			if before, err = writtenBytes(); err != nil {
				return 0, 0, err
			}
		} else {
			samples += share
		}
		select {
		case <-tick.C:
		case <-over.C:
			after, err := writtenBytes()
			return samples, after - before, err
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
	}
}
