// Package querytest runs Prometheus' own query tests against a store: what they
// load is committed to it, and what they ask is answered by package promql from
// it. Every database runs them.
//
// Beside the store, Prometheus' storage gets the same samples and answers the
// same questions. Where the two differ, the case has to be named in
// unsupported.txt, and a case that is named there has to differ: so the list is
// exactly what does not work.
package querytest

import (
	"context"
	_ "embed" // the list of what does not work
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prometheus "github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/series"
)

// Store is what the tests need of a database.
type Store interface {
	series.Index
	series.Reader
	Commit(ctx context.Context, rec *journal.Record) error
	// Seal writes what was committed to the database.
	Seal(ctx context.Context) error
	Close() error
}

//go:embed unsupported.txt
var unsupported string

// maxSamples is what the tests are written for.
const maxSamples = promqltest.DefaultMaxSamplesPerQuery

// Run runs the tests on an empty store. They use the five minutes of lookback of
// Prometheus, so the intervals of sources play no part.
func Run(t *testing.T, store Store) {
	t.Helper()
	peer := promqltest.NewTestEngine(t, false, 5*time.Minute, maxSamples)
	found := &findings{}
	lives := 0
	promqltest.RunBuiltinTestsWithStorage(files{t, found}, &engine{peer: peer, found: found}, func(t testing.TB) storage.Storage {
		t.Helper()
		lives++
		return newBoth(t, newLife(store, lives))
	})
	found.compare(t)
}

// files runs one file of tests after the other.
type files struct {
	*testing.T
	found *findings
}

var _ promqltest.TBRun = files{}

// Run implements promqltest.TBRun.
func (f files) Run(name string, test func(t *testing.T)) bool {
	f.found.enter(filepath.Base(name))
	return f.T.Run(filepath.Base(name), test)
}

// findings are the cases whose answers differ from Prometheus'.
type findings struct {
	mu     sync.Mutex
	file   string
	differ []string
}

func (f *findings) enter(file string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.file = file
}

// known reports whether a case is named as one that does not work, and takes
// note of one that was found.
func (f *findings) name(text string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file + ": " + strings.Join(strings.Fields(text), " ")
}

func (f *findings) add(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.differ = append(f.differ, name)
}

func (f *findings) compare(t *testing.T) {
	t.Helper()
	slices.Sort(f.differ)
	got := header() + strings.Join(slices.Compact(f.differ), "\n") + "\n"
	if os.Getenv("UPDATE") == "1" {
		_, file, _, _ := runtime.Caller(0)
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), "unsupported.txt"), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(unsupported, got); diff != "" {
		t.Errorf("what is answered differently from Prometheus is not what unsupported.txt says (-listed +found):\n%s", diff)
	}
}

// header is the first lines of the list.
func header() string {
	return `# What Prometheus answers and Unity does not, by file and query. All of it needs
# what Unity does not store: native histograms, or start timestamps of samples.
`
}

// engine answers a question from both storages. What is handed on is Unity's
// answer, but for what is known not to work.
type engine struct {
	peer  *prometheus.Engine
	found *findings
}

var _ prometheus.QueryEngine = (*engine)(nil)

// NewInstantQuery implements promql.QueryEngine.
func (e *engine) NewInstantQuery(
	ctx context.Context, q storage.Queryable, options prometheus.QueryOpts, text string, at time.Time,
) (prometheus.Query, error) {
	both, _ := q.(*both)
	theirs, err := e.peer.NewInstantQuery(ctx, both.peer, options, text, at)
	if err != nil {
		return nil, err
	}
	return e.ask(theirs, both, promql.Query{Text: text, Start: at}), nil
}

// NewRangeQuery implements promql.QueryEngine.
func (e *engine) NewRangeQuery(
	ctx context.Context, q storage.Queryable, options prometheus.QueryOpts, text string, start, end time.Time, step time.Duration,
) (prometheus.Query, error) {
	both, _ := q.(*both)
	theirs, err := e.peer.NewRangeQuery(ctx, both.peer, options, text, start, end, step)
	if err != nil {
		return nil, err
	}
	return e.ask(theirs, both, promql.Query{Text: text, Start: start, End: end, Step: step}), nil
}

func (e *engine) ask(theirs prometheus.Query, b *both, q promql.Query) prometheus.Query {
	return &question{Query: theirs, ours: b.engine, asked: q, found: e.found}
}

// question is one question to both.
type question struct {
	prometheus.Query // to Prometheus
	ours             *promql.Engine
	asked            promql.Query
	found            *findings
	answer           *promql.Answer
}

// Exec asks both.
func (q *question) Exec(ctx context.Context) *prometheus.Result {
	theirs := q.Query.Exec(ctx)
	ours := &prometheus.Result{}
	if q.answer, ours.Err = q.ours.Query(ctx, q.asked); ours.Err == nil {
		ours.Value, ours.Warnings = q.answer.Value, q.answer.Annotations
	}
	name := q.found.name(q.asked.Text)
	if !same(theirs, ours) {
		q.found.add(name)
	}
	if strings.Contains(unsupported, "\n"+name+"\n") || os.Getenv("UPDATE") == "1" {
		return theirs
	}
	return ours
}

// Close gives the memory of both answers back.
func (q *question) Close() {
	q.Query.Close()
	if q.answer != nil {
		q.answer.Close()
	}
}

// same reports whether two results are the same.
func same(a, b *prometheus.Result) bool {
	if a.Err != nil || b.Err != nil {
		return a.Err != nil && b.Err != nil && strings.HasSuffix(b.Err.Error(), a.Err.Error())
	}
	return a.Value.Type() == b.Value.Type() && ordered(a) == ordered(b) && notes(a) == notes(b)
}
