// Package storetest is the suite that every database runs: what a store
// promises, checked while it is in memory, after it was written to the database,
// and after the store was opened again.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
)

// Store is what a database is to the rest of Unity, and the steps of its
// background work, so that a test can take them when it wants.
type Store interface { //nolint:interfacebloat // it is all that others ask for, put together for the tests
	series.Index
	series.Tiered
	inventory.Sources
	inventory.History
	inventory.Hosts
	Commit(ctx context.Context, rec *journal.Record) error
	// Seal writes everything to the database.
	Seal(ctx context.Context) error
	// Merge rewrites what is stored in a better form.
	Merge(ctx context.Context) error
	// Roll makes the buckets that are due.
	Roll(ctx context.Context) error
	// Expire removes what is old.
	Expire(ctx context.Context) error
	Close() error
}

// Options are what a test asks of a store.
type Options struct {
	Now                                                           func() time.Time
	RawRetention, RunRetention, SnapshotRetention, EventRetention time.Duration
	Tiers                                                         map[time.Duration]time.Duration
}

// Opener opens the one store of a test. After Close it opens the same again.
type Opener func(options Options) (Store, error)

// Run runs the suite. Each test asks for an opener of its own.
func Run(t *testing.T, opener func(t *testing.T) Opener) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, open Opener){
		"sources are kept until they are deleted":    testSources,
		"a change names the revision it is based on": testRevisions,
		"names that differ in case are different":    testNames,
		"hosts are kept":                                     testHosts,
		"runs come newest first":                             testRuns,
		"the last state counts":                              testStates,
		"events get ascending numbers":                       testEvents,
		"the snapshot of a time is the one before it":        testSnapshots,
		"values are kept until they are forgotten":           testValues,
		"deleting a source removes what belongs to it":       testDelete,
		"every sample comes back":                            testSamples,
		"numbers come back to the bit":                       testBits,
		"samples out of order land where they belong":        testOutOfOrder,
		"iterators seek":                                     testSeek,
		"series are found by their labels":                   testMatching,
		"a number stands for one series for good":            testNumbers,
		"merging changes no sample":                          testMerge,
		"what is old goes, what is not stays":                testExpire,
		"reading and writing at the same time see all":       testConcurrent,
		"buckets say what the samples said":                  testTiers,
		"late samples land in their buckets":                 testLateSamples,
		"late samples land in the five minutes made by then": testLateInFineBuckets,
		"buckets are made when they are needed":              testTiersDue,
		"making buckets goes on where it was interrupted":    testTiersResume,
		"history of buckets is that of samples":              testTierHistory,
		"buckets outlive the samples":                        testTiersOutlive,
		"buckets count no sample twice while they are made":  testTiersConcurrent,
		"a canceled or senseless commit leaves nothing":      testRefused,
		"a record without a run brings its state and events": testNoRun,
		"text of any kind does not stop the writer":          testText,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, opener(t))
		})
	}
}

// mustOpen opens a store, which is closed when the test ends.
func mustOpen(t *testing.T, open Opener, options Options) Store {
	t.Helper()
	store, err := open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// stages fills a store and checks it in memory, in the database, and after it
// was opened again. It returns the store that is open then.
func stages(t *testing.T, open Opener, fill, check func(t *testing.T, store Store)) Store {
	t.Helper()
	store := mustOpen(t, open, Options{})
	fill(t, store)
	if t.Failed() {
		t.FailNow()
	}
	check(t, store)
	if t.Failed() {
		t.Fatal("… while it is in memory")
	}
	must(t, store.Seal(t.Context()))
	check(t, store)
	if t.Failed() {
		t.Fatal("… after it was written to the database")
	}
	must(t, store.Merge(t.Context()))
	must(t, store.Close())
	store = mustOpen(t, open, Options{})
	check(t, store)
	if t.Failed() {
		t.Fatal("… after the store was opened again")
	}
	return store
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// epoch is when the made-up runs begin.
func epoch() time.Time { return time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC) }

// succeeded is a run of a source with samples, minutes after the epoch.
func succeeded(source inventory.SourceID, minutes int, samples ...series.Sample) *journal.Record {
	at := epoch().Add(time.Duration(minutes) * time.Minute)
	return &journal.Record{
		Run: inventory.Run{
			Source: source, Start: at, Duration: time.Duration(minutes+1) * time.Microsecond, Attempts: 1,
			Outcome: inventory.Success, Samples: len(samples),
		},
		State:   inventory.State{Source: source, Status: inventory.Healthy, Since: epoch(), LastRun: at, LastSuccess: at},
		Time:    at.UnixMilli(),
		Samples: samples,
	}
}
