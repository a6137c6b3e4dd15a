package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

// rounds is how often each question is asked; the median counts.
const rounds = 301

// ask measures the questions that people ask most, and starting.
func ask(ctx context.Context, m *month, t *table) error {
	db, err := sqlite.Open(ctx, m.path, m.options())
	if err != nil {
		return err
	}
	if err := m.queries(ctx, db, t); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil {
		return err
	}
	took, err := m.starts(ctx, m.path)
	if err != nil {
		return err
	}
	t.add("start to first answer", "≤ 300 ms", milliseconds(took), "store only, opened and asked for the last hour, after a clean stop")
	return m.afterKill(ctx, t)
}

func (m *month) options() sqlstore.Options {
	return sqlstore.Options{Now: func() time.Time { return m.end }}
}

func (m *month) queries(ctx context.Context, db *sqlstore.DB, t *table) error {
	mix := storetest.NewMix(1, m.series)
	hourly, err := each(func(i int) (int, error) {
		found, err := series.History(ctx, db, series.Query{
			Matchers: matchers(mix.Labels(i * 7 % m.series)), From: m.start, To: m.end, Step: time.Hour, Func: series.Avg,
		})
		return points(found), err
	}, int(m.end.Sub(m.start).Hours())+1)
	if err != nil {
		return err
	}
	t.add("one series, 30 days, average of each hour", "≤ 3 ms", milliseconds(hourly), "median of all kinds of series")
	last, err := each(func(i int) (int, error) {
		found, err := series.History(ctx, db, series.Query{
			Matchers: matchers(mix.Labels(i * 7 % m.series)), From: m.end.Add(-time.Hour + time.Millisecond), To: m.end,
		})
		return points(found), err
	}, 60)
	if err != nil {
		return err
	}
	t.add("last hour of one series", "≤ 0.5 ms", milliseconds(last), "median")
	latest, err := each(func(int) (int, error) {
		found, err := db.Latest(ctx, labels.MustNewMatcher(labels.MatchEqual, "host", "bench"))
		return len(found), err
	}, m.series)
	if err != nil {
		return err
	}
	t.add("latest values of 1,000 series", "≤ 3 ms", milliseconds(latest), "median")
	return nil
}

// each asks many times and returns the median. Each answer must have want parts.
func each(ask func(i int) (int, error), want int) (time.Duration, error) {
	all := make([]time.Duration, rounds)
	for i := range all {
		began := time.Now()
		got, err := ask(i)
		all[i] = time.Since(began)
		if err != nil {
			return 0, err
		}
		if got != want {
			return 0, fmt.Errorf("got an answer of %d parts instead of %d", got, want)
		}
	}
	return median(all), nil
}

func matchers(ls labels.Labels) []*labels.Matcher {
	var all []*labels.Matcher
	ls.Range(func(label labels.Label) {
		all = append(all, labels.MustNewMatcher(labels.MatchEqual, label.Name, label.Value))
	})
	return all
}

func points(found []series.Range) int {
	n := 0
	for _, one := range found {
		n += len(one.Points)
	}
	return n
}

// starts opens the database a few times and returns the median time to the
// first answer.
func (m *month) starts(ctx context.Context, path string) (time.Duration, error) {
	all := make([]time.Duration, 5)
	for i := range all {
		began := time.Now()
		db, err := sqlite.Open(ctx, path, m.options())
		if err != nil {
			return 0, err
		}
		_, err = series.History(ctx, db, series.Query{
			Matchers: matchers(storetest.NewMix(1, 1).Labels(0)), From: m.end.Add(-time.Hour), To: m.end,
		})
		all[i] = time.Since(began)
		if err := errors.Join(err, db.Close()); err != nil {
			return 0, err
		}
	}
	return median(all), nil
}

// afterKill measures a start that has to read four hours from the journal: a
// copy of the files of a running database is what a kill leaves behind.
func (m *month) afterKill(ctx context.Context, t *table) error {
	db, err := sqlite.Open(ctx, m.path, m.options())
	if err != nil {
		return err
	}
	mix := storetest.NewMix(2, m.series)
	ids := make([]series.ID, m.series)
	for i := range ids {
		ids[i] = db.ID(mix.Labels(i))
	}
	for i := range perSeal {
		at := m.end.Add(time.Duration(i+1) * interval)
		if err := db.Commit(ctx, record("bench", at, mix, ids, 0)); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	all := make([]time.Duration, 3)
	for i := range all {
		dir := filepath.Dir(m.path) + fmt.Sprint("-killed-", i)
		if err := os.CopyFS(dir, os.DirFS(filepath.Dir(m.path))); err != nil {
			return errors.Join(err, db.Close())
		}
		began := time.Now()
		killed, err := sqlite.Open(ctx, filepath.Join(dir, "unity.db"), sqlstore.Options{Now: m.options().Now})
		if err != nil {
			return errors.Join(err, db.Close())
		}
		_, err = killed.Latest(ctx, matchers(mix.Labels(0))...)
		all[i] = time.Since(began)
		if err := errors.Join(err, killed.Close(), os.RemoveAll(dir)); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	t.add("start to first answer after kill -9", "≤ 2 s", milliseconds(median(all)),
		fmt.Sprintf("with four hours (%d samples) to read from the journal", perSeal*m.series))
	return db.Close()
}
