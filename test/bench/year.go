package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

// year is a database that goes through a long time in a short one.
type year struct {
	path    string
	mix     *storetest.Mix
	now     time.Time
	start   time.Time
	options sqlstore.Options
	db      *sqlstore.DB
	ids     []series.ID

	rolled  time.Duration // processor time that making buckets took
	largest int64         // file
	perDay  []int64       // its length
}

// simulate goes through a year, and then keeps less and less.
func simulate(ctx context.Context, s settings, dir string, t *table) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	y := &year{
		path: filepath.Join(dir, "unity.db"), mix: storetest.NewMix(s.seed, s.series),
		start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	y.now = y.start
	y.options = sqlstore.Options{Now: func() time.Time { return y.now }}
	if err := y.open(ctx); err != nil {
		return err
	}
	for day := range s.year {
		if err := y.day(ctx, day); err != nil {
			return err
		}
	}
	if err := y.report(ctx, t, fmt.Sprintf("%d days", s.year)); err != nil {
		return err
	}
	samples := float64(s.series * perDay * s.year)
	t.add("making buckets", "≤ 5 % of a core at 1,000 samples/s",
		fmt.Sprintf("%.3f %%", 100*y.rolled.Seconds()/(samples/1000)),
		fmt.Sprintf("%v of processor time for %.0f million samples", y.rolled.Round(time.Millisecond), samples/1e6))
	t.add("file, at most", "", mega(y.largest), fmt.Sprintf("after 60 days %s, after 180 %s", y.lengthAt(60), y.lengthAt(180)))
	if err := y.ask(ctx, t); err != nil {
		return err
	}
	for _, less := range []struct {
		what   string
		change func()
	}{
		{"samples for 7 days", func() { y.options.RawRetention = 7 * 24 * time.Hour }},
		{"storage.max_bytes at half", func() { y.options.MaxBytes = y.length() / 2 }},
		{"storage.max_bytes at a third of that", func() { y.options.MaxBytes = y.length() / 3 }},
	} {
		if err := y.db.Close(); err != nil {
			return err
		}
		less.change()
		if err := y.open(ctx); err != nil {
			return err
		}
		began := time.Now()
		if err := y.db.Expire(ctx); err != nil {
			return err
		}
		if err := y.report(ctx, t, fmt.Sprintf("%s, after %v", less.what, time.Since(began).Round(10*time.Millisecond))); err != nil {
			return err
		}
	}
	if err := y.db.Check(ctx); err != nil {
		return err
	}
	return y.db.Close()
}

func (y *year) open(ctx context.Context) error {
	var err error
	if y.db, err = sqlite.Open(ctx, y.path, y.options); err != nil {
		return err
	}
	y.ids = y.ids[:0]
	for i := range y.mix.Len() {
		y.ids = append(y.ids, y.db.ID(y.mix.Labels(i)))
	}
	return nil
}

// day stores a day, with all that is done in the background.
func (y *year) day(ctx context.Context, day int) error {
	for minute := range perDay {
		at := y.start.Add(time.Duration(day*perDay+minute) * interval)
		y.now = at
		samples := make([]series.Sample, len(y.ids))
		for i, id := range y.ids {
			samples[i] = series.Sample{Series: id, Value: y.mix.Next(i)}
		}
		err := y.db.Commit(ctx, &journal.Record{
			Run:  inventory.Run{Source: "bench", Start: at, Duration: time.Second, Attempts: 1, Outcome: inventory.Success},
			Time: at.UnixMilli(), Samples: samples,
		})
		if err != nil {
			return err
		}
		if minute%perSeal != perSeal-1 {
			continue
		}
		if err := y.db.Seal(ctx); err != nil {
			return err
		}
		used := processorTime()
		if err := y.db.Roll(ctx); err != nil {
			return err
		}
		y.rolled += processorTime() - used
		if err := y.db.Merge(ctx); err != nil {
			return err
		}
		if minute%(perDay/2) == perDay/2-1 {
			if err := y.db.Expire(ctx); err != nil {
				return err
			}
		}
	}
	y.perDay = append(y.perDay, y.length())
	y.largest = max(y.largest, y.length())
	if day%10 == 9 {
		fmt.Fprintf(os.Stderr, "day %d: %s\n", day+1, mega(y.length()))
	}
	return nil
}

func (y *year) length() int64 {
	info, err := os.Stat(y.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (y *year) lengthAt(day int) string {
	if day > len(y.perDay) {
		return "—"
	}
	return mega(y.perDay[day-1])
}

func mega(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// report adds what there is of each tier.
func (y *year) report(ctx context.Context, t *table, when string) error {
	file, err := sql.Open("sqlite", "file:"+y.path+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	t.add("file: "+when, "", mega(y.length()), y.notes(ctx))
	keeps := y.db.Tiers()
	var bytes, count, oldest int64
	row := file.QueryRowContext(ctx, "SELECT coalesce(sum(length(data)), 0), coalesce(sum(count), 0), coalesce(min(start), 0) FROM samples")
	if err := row.Scan(&bytes, &count, &oldest); err != nil {
		return err
	}
	t.add("— samples", "", mega(bytes), fmt.Sprintf("%d, %.2f B each, the oldest %s old, to be kept %s",
		count, float64(bytes)/float64(max(count, 1)), y.age(oldest), inDays(keeps[0].Keep)))
	for i, step := range tier.Steps() {
		var rows, newest int64
		row := file.QueryRowContext(ctx,
			"SELECT coalesce(sum(length(data)), 0), count(*), coalesce(min(start), 0), coalesce(max(start), 0) FROM buckets WHERE step = ?", step.Milliseconds())
		if err := row.Scan(&bytes, &rows, &oldest, &newest); err != nil {
			return err
		}
		oldest = max(oldest, y.start.UnixMilli())
		// The newest rows are of a day, and of the fine tier there are none where
		// the samples still are.
		end := min(y.now.UnixMilli(), newest+(24*time.Hour).Milliseconds())
		buckets := float64(end-oldest) / float64(step.Milliseconds()) * float64(len(y.ids))
		t.add(fmt.Sprintf("— buckets of %v", step), "", mega(bytes), fmt.Sprintf("%.1f million, %.2f B each, in %d rows, the oldest %s old, to be kept %s",
			buckets/1e6, float64(bytes)/max(buckets, 1), rows, y.age(oldest), inDays(keeps[i+1].Keep)))
	}
	return nil
}

func (y *year) age(at int64) string { return inDays(y.now.Sub(time.UnixMilli(at))) }

func inDays(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }

func (y *year) notes(ctx context.Context) string {
	stats, err := y.db.Stats(ctx)
	if err != nil || len(stats.Notes) == 0 {
		return ""
	}
	return stats.Notes[0]
}

// ask measures how long history takes that is made of buckets.
func (y *year) ask(ctx context.Context, t *table) error {
	for _, question := range []struct {
		what, bar string
		long      time.Duration
		step      time.Duration
	}{
		{"one series, all of it, average of each hour", "≤ 20 ms for a year", y.now.Sub(y.start), time.Hour},
		{"one series, 90 days, average of each hour", "", 90 * 24 * time.Hour, time.Hour},
		{"one series, 30 days, average of each hour", "", 30 * 24 * time.Hour, time.Hour},
		{"one series, 90 days, average of 5 minutes", "", 90 * 24 * time.Hour, 5 * time.Minute},
	} {
		var took []time.Duration
		var used series.Range
		for i := range 51 {
			ls := y.mix.Labels(i * len(y.ids) / 51)
			var matchers []*labels.Matcher
			ls.Range(func(label labels.Label) {
				matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, label.Name, label.Value))
			})
			began := time.Now()
			found, err := series.History(ctx, y.db, series.Query{
				Matchers: matchers, From: y.now.Add(-question.long), To: y.now, Step: question.step, Func: series.Avg,
			})
			took = append(took, time.Since(began))
			if err != nil || len(found) != 1 {
				return fmt.Errorf("asking for %s: %d series, %w", ls, len(found), err)
			}
			used = found[0]
		}
		slices.Sort(took)
		t.add(question.what, question.bar, milliseconds(took[len(took)/2]), fmt.Sprintf("median of 51 series; p95 %s; %d points of buckets of %v",
			milliseconds(took[len(took)*95/100]), len(used.Points), used.Tier))
	}
	return nil
}
