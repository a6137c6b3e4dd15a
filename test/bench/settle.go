package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

// keepDay commits the records of a day and does what the background does
// meanwhile, at the times at which it does it. It returns how many bytes the
// latter wrote to the disk.
func keepDay(ctx context.Context, db *sqlstore.DB, records []*journal.Record, now *time.Time) (int64, error) {
	var written int64
	for part := 0; part < len(records); part += perSeal {
		for _, record := range records[part:min(part+perSeal, len(records))] {
			*now = record.Run.Start
			if err := db.Commit(ctx, record); err != nil {
				return 0, err
			}
		}
		steps := []func(context.Context) error{db.Seal, db.Merge, db.Roll}
		if part%(perDay/2) == 0 {
			steps = append(steps, db.Expire)
		}
		wrote, err := writing(ctx, steps...)
		if err != nil {
			return 0, err
		}
		written += wrote
	}
	return written, nil
}

// writing takes some steps and returns how many bytes they wrote to the disk.
func writing(ctx context.Context, steps ...func(context.Context) error) (int64, error) {
	before, err := writtenBytes()
	if err != nil {
		return 0, err
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return 0, err
		}
	}
	after, err := writtenBytes()
	return after - before, err
}

// goOn stores some more days, each of which sees one go: as it is for good. It
// returns how many bytes the background writes to the disk for a sample, from
// sealing it to removing it. The month stays as it is.
func (m *month) goOn(ctx context.Context, s settings) (perSample float64, err error) {
	// The month becomes the copy: of a file that was written in large pieces the
	// kernel counts these, whatever is written of them.
	dir := filepath.Dir(m.path) + "-on"
	if err := os.Rename(filepath.Dir(m.path), dir); err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.CopyFS(filepath.Dir(m.path), os.DirFS(dir)); err != nil {
		return 0, err
	}
	now := m.end
	db, err := sqlite.Open(ctx, filepath.Join(dir, "unity.db"), sqlstore.Options{
		Now: func() time.Time { return now }, RawRetention: time.Duration(s.days) * 24 * time.Hour,
	})
	if err != nil {
		return 0, err
	}
	mix := storetest.NewMix(s.seed, s.series)
	ids := make([]series.ID, s.series)
	for i := range ids {
		ids[i] = db.ID(mix.Labels(i))
	}
	var written int64
	// Samples are removed by two days, and pages given back by more.
	const days = 8
	for day := range days {
		wrote, err := keepDay(ctx, db, m.day(mix, ids, s.days+day), &now)
		if err != nil {
			return 0, errors.Join(err, db.Close())
		}
		written += wrote
	}
	return float64(written) / float64(days*s.series*perDay), db.Close()
}
