package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

const (
	interval = time.Minute
	perDay   = int(24 * time.Hour / interval)
	// perSeal is how many samples of each series one Seal writes: four hours.
	perSeal = int(4 * time.Hour / interval)
)

// month is the database with the measurements, and what storing them took.
type month struct {
	path       string
	start, end time.Time
	series     int
	samples    int
	took       time.Duration
	processor  time.Duration
	bytes      int64
	xor        float64 // bytes that a sample takes in Prometheus' chunks
	rewritten  float64 // bytes that are written to the disk for a sample, behind the journal
}

// build stores the month, as fast as one processor can.
func build(ctx context.Context, s settings, dir string) (*month, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	m := &month{
		path: filepath.Join(dir, "unity.db"), series: s.series,
		start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	now := m.start
	db, err := sqlite.Open(ctx, m.path, sqlstore.Options{Now: func() time.Time { return now }})
	if err != nil {
		return nil, err
	}
	mix := storetest.NewMix(s.seed, s.series)
	ids := make([]series.ID, s.series)
	for i := range ids {
		ids[i] = db.ID(mix.Labels(i))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for day := range s.days {
		records := m.day(mix, ids, day)
		began, used := time.Now(), processorTime()
		if _, err := keepDay(ctx, db, records, &now); err != nil {
			return nil, err
		}
		m.took += time.Since(began)
		m.processor += processorTime() - used
		m.samples += s.series * perDay
	}
	m.end = now
	if err := db.Close(); err != nil {
		return nil, err
	}
	m.xor = xorSize(s)
	if m.bytes, err = sizeOf(dir); err != nil {
		return nil, err
	}
	m.rewritten, err = m.goOn(ctx, s)
	return m, err
}

// day makes the records of one day: each is a run that measured every series.
func (m *month) day(mix *storetest.Mix, ids []series.ID, day int) []*journal.Record {
	records := make([]*journal.Record, perDay)
	for i := range records {
		at := m.start.Add(time.Duration(day*perDay+i) * interval)
		records[i] = record("bench", at, mix, ids, 0)
	}
	return records
}

// record makes one run that measured the series from first on.
func record(source inventory.SourceID, at time.Time, mix *storetest.Mix, ids []series.ID, first int) *journal.Record {
	samples := make([]series.Sample, len(ids))
	for k, id := range ids {
		samples[k] = series.Sample{Series: id, Value: mix.Next(first + k)}
	}
	return &journal.Record{
		Run: inventory.Run{
			Source: source, Start: at, Duration: 12 * time.Millisecond, Attempts: 1,
			Outcome: inventory.Success, Samples: len(samples),
		},
		State:   inventory.State{Source: source, Status: inventory.Healthy, Since: at, LastRun: at, LastSuccess: at},
		Time:    at.UnixMilli(),
		Samples: samples,
	}
}

// xorSize returns how many bytes a sample of one day takes in the chunks of
// Prometheus, which hold 120 samples.
func xorSize(s settings) float64 {
	mix, bytes := storetest.NewMix(s.seed, s.series), 0
	for i := range s.series {
		for range perDay / 120 {
			xor := chunkenc.NewXORChunk()
			appender, err := xor.Appender()
			if err != nil {
				return 0
			}
			for k := range 120 {
				appender.Append(0, int64(k)*interval.Milliseconds(), mix.Next(i))
			}
			bytes += len(xor.Bytes())
		}
	}
	return float64(bytes) / float64(s.series*perDay)
}

// sizeOf returns the bytes of all files in a folder and below.
func sizeOf(dir string) (int64, error) {
	total := int64(0)
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

func (m *month) report(t *table) {
	t.add("on disk, all files", "≤ 1.5 B/sample", fmt.Sprintf("%.2f B/sample", float64(m.bytes)/float64(m.samples)),
		fmt.Sprintf("%d samples in %.1f MB with the buckets of their hours, after sealing and merging; Prometheus' chunks alone: %.2f",
			m.samples, float64(m.bytes)/1e6, m.xor))
	rate := float64(m.samples) / m.took.Seconds()
	t.add("ingest through journal and store", "≥ 1,000,000 /s", fmt.Sprintf("%.2f M/s", rate/1e6),
		fmt.Sprintf("records of %d samples, GOMAXPROCS=1, sealing, merging and making buckets included; %.2f M/s by processor time",
			m.series, float64(m.samples)/m.processor.Seconds()/1e6))
}
