package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/plugin"
)

// Store keeps what the pipeline made.
type Store interface {
	series.Index
	// Commit writes the record down as a whole or not at all. It may set the
	// IDs of the events.
	Commit(ctx context.Context, record *journal.Record) error
}

// Snapshots knows the documents that were kept earlier.
type Snapshots interface {
	// Snapshot returns the newest snapshot at or before a time, of all when it
	// is zero, or a fault of kind NotFound.
	Snapshot(ctx context.Context, source inventory.SourceID, at time.Time) (inventory.Snapshot, error)
}

// Sink is told of everything that was committed. It must not block.
type Sink interface {
	Committed(report inventory.Report)
}

// SinkFunc is a function as a Sink.
type SinkFunc func(report inventory.Report)

// Committed implements Sink.
func (f SinkFunc) Committed(report inventory.Report) { f(report) }

// Result is what one run of a source gave.
type Result struct {
	Source inventory.Source
	Plugin plugin.Plugin
	Run    inventory.Run
	// Previous is the state before the run.
	Previous inventory.State
	// Batch is nil unless the run succeeded.
	Batch *plugin.Batch
	// Values are those that the collector changed; null forgets one.
	Values map[string]json.RawMessage
}

// Config is how a Pipeline works. The zero value of each field stands for its
// default.
type Config struct {
	// MaxSeries bounds the series of one source; 2,000.
	MaxSeries int
	// MaxSnapshotBytes bounds the document of one run; 1 MiB.
	MaxSnapshotBytes int
	// Snapshots says what document a source left last, so that it is not kept
	// again after a restart. Nil: it is.
	Snapshots Snapshots
	// Log is told when records cannot be written, and when they can again.
	Log *slog.Logger
	// Now is the wall clock; time.Now.
	Now func() time.Time
}

// Pipeline turns results into records and reports.
type Pipeline struct {
	config Config
	store  Store
	sinks  []Sink

	mu    sync.Mutex
	books map[inventory.SourceID]*book

	runs       atomic.Int64
	samples    atomic.Int64
	refused    atomic.Int64
	cut        atomic.Int64
	unrecorded atomic.Int64
	failing    failing
}

// Stats is what a Pipeline has done since it started.
type Stats struct {
	Runs       int64 // results that came in
	Samples    int64 // that were committed, up included
	Refused    int64 // samples that were not declared, no number, or came twice
	Cut        int64 // samples of series beyond the limit
	Unrecorded int64 // records that the store did not take
	// Problem is why the last record was not written; nil when it was.
	Problem *inventory.Problem
}

// New returns a pipeline to the store and, after it, the sinks.
func New(store Store, config Config, sinks ...Sink) *Pipeline {
	config.MaxSeries = cmp.Or(config.MaxSeries, 2000)
	config.MaxSnapshotBytes = cmp.Or(config.MaxSnapshotBytes, 1<<20)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Pipeline{config: config, store: store, sinks: sinks, books: make(map[inventory.SourceID]*book)}
}

// Commit processes the result of a run. It returns the run as it was recorded
// and the state that it led to. When the store did not take it, the error says
// so; the sinks are told all the same.
func (p *Pipeline) Commit(ctx context.Context, result Result) (inventory.Run, inventory.State, error) {
	p.runs.Add(1)
	b := p.book(result.Source.ID)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open(result.Source, result.Plugin)

	run := result.Run
	run.Source = result.Source.ID
	at := b.timestamp(run.Start, result.Previous.LastRun, p.config.Now())
	run.Start = time.UnixMilli(at).UTC()

	record := journal.Record{Time: at, Values: result.Values}
	report := inventory.Report{Source: result.Source, Previous: result.Previous, Time: at}
	var notes notes
	if result.Batch != nil && run.Outcome.Succeeded() {
		record.Samples, report.Samples = p.samplesOf(b, result.Batch, &notes)
		record.Snapshot = p.snapshotOf(ctx, b, result.Batch, &notes)
		record.Events = eventsOf(result.Source, run, result.Batch.Events(), p.config.Now())
		notes.add(result.Batch.Problems()...)
		run.Samples = len(record.Samples)
		run.Outcome, run.Problem = inventory.Success, notes.problem()
		if run.Problem != nil {
			run.Outcome = inventory.Partial
		}
	} else {
		run.Samples, record.Values = 0, nil
		run.Problem = cleanProblem(run.Problem)
	}
	if run.Problem != nil {
		run.Problem.Message = result.Plugin.Hide(result.Source.Config, run.Problem.Message)
		run.Problem.Hint = result.Plugin.Hide(result.Source.Config, run.Problem.Hint)
	}
	if run.Outcome != inventory.Canceled {
		record.Samples = append(record.Samples, b.upSample(p.store, run.Outcome.Succeeded()))
	}
	state := result.Previous.Next(run)
	state.Source = result.Source.ID
	if event, ok := statusEvent(result.Source, result.Previous, state, run.Start); ok {
		record.Events = append(record.Events, event)
	}
	record.Run, record.State = run, state

	err := p.write(ctx, &record)
	if err == nil {
		p.samples.Add(int64(len(record.Samples)))
	}
	b.last = at
	if record.Snapshot != nil && err == nil {
		b.keepSnapshot(record.Snapshot)
	}
	report.Run, report.State, report.Snapshot, report.Events = run, state, record.Snapshot, record.Events
	p.tell(report)
	return run, state, err
}

// Enter records that a source got a state without a run.
func (p *Pipeline) Enter(ctx context.Context, source inventory.Source, previous, next inventory.State) error {
	next.Source = source.ID
	at := next.Since
	if at.IsZero() {
		at = p.config.Now()
	}
	at = at.UTC().Truncate(time.Millisecond)
	record := journal.Record{Time: at.UnixMilli(), State: next}
	if event, ok := statusEvent(source, previous, next, at); ok {
		record.Events = []inventory.Event{event}
	}
	err := p.write(ctx, &record)
	p.tell(inventory.Report{Source: source, State: next, Previous: previous, Time: record.Time, Events: record.Events})
	return err
}

// Tell records an event that belongs to no run.
func (p *Pipeline) Tell(ctx context.Context, event inventory.Event) error {
	now := p.config.Now()
	event = cleanEvent(event, now, now)
	record := journal.Record{Time: event.Time.UnixMilli(), Events: []inventory.Event{event}}
	err := p.write(ctx, &record)
	p.tell(inventory.Report{Time: record.Time, Events: record.Events})
	return err
}

// Forget drops what is remembered about a source that was removed.
func (p *Pipeline) Forget(id inventory.SourceID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.books, id)
}

// Stats returns what the pipeline has done so far.
func (p *Pipeline) Stats() Stats {
	return Stats{
		Runs: p.runs.Load(), Samples: p.samples.Load(), Refused: p.refused.Load(), Cut: p.cut.Load(),
		Unrecorded: p.unrecorded.Load(), Problem: p.failing.problem(),
	}
}

// write commits a record and notes whether that works.
func (p *Pipeline) write(ctx context.Context, record *journal.Record) error {
	err := p.store.Commit(ctx, record)
	if err != nil {
		p.unrecorded.Add(1)
	}
	p.failing.note(p.config.Log, err)
	return fault.Wrap(err, "recording a run")
}

func (p *Pipeline) tell(report inventory.Report) {
	for _, sink := range p.sinks {
		sink.Committed(report)
	}
}

func (p *Pipeline) book(id inventory.SourceID) *book {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.books[id]
	if !ok {
		b = &book{}
		p.books[id] = b
	}
	return b
}

// failing says once when records cannot be written, once more when the reason
// changes, and once when they can again.
type failing struct {
	bad atomic.Bool // so that the usual case costs nothing

	mu    sync.Mutex
	cause *inventory.Problem
	lost  int64
}

func (f *failing) note(log *slog.Logger, err error) {
	if err == nil && !f.bad.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		if f.cause != nil {
			log.Info("records are written again", "lost", f.lost)
		}
		f.cause, f.lost = nil, 0
		f.bad.Store(false)
		return
	}
	f.lost++
	problem := inventory.ProblemOf(err)
	// The text names the source, which is another one each time.
	if f.cause == nil || f.cause.Kind != problem.Kind || f.cause.Hint != problem.Hint {
		log.Error("records cannot be written", "cause", err, "kind", problem.Kind)
	}
	f.cause = problem
	f.bad.Store(true)
}

func (f *failing) problem() *inventory.Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cause
}
