package promql

import (
	"cmp"
	"context"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/prometheus/prometheus/util/stats"

	"github.com/unity-homelab/unity/internal/series"
)

// Options are what an engine is made of. Only Reader is required.
type Options struct {
	Reader series.Reader
	// Intervals says how often series are measured. Without it every value
	// stands for five minutes, as in Prometheus.
	Intervals Intervals
	// Timeout bounds a query, waiting included; 30 s when 0.
	Timeout time.Duration
	// MaxSamples bounds the samples that a query holds in memory at once, 16
	// bytes each; 2,000,000 when 0.
	MaxSamples int
	// MaxRead bounds the samples that a query may read; they pass by packed, a
	// byte or two each. 50,000,000 when 0.
	MaxRead int
	// Concurrency is how many queries run at once, 4 when 0; Waiting is how
	// many more may wait for their turn, 64 when 0.
	Concurrency, Waiting int
	// Experimental switches on what Prometheus hides behind feature flags.
	Experimental bool
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// subqueryStep is how far the evaluations of a subquery are apart that names no
// step: Prometheus' default.
const subqueryStep = time.Minute

// maxPoints bounds the points of one series of an answer, as in Prometheus.
const maxPoints = 11_000

// maxText bounds the length of a query.
const maxText = 64 << 10

// Engine answers queries. Its methods may be called at the same time.
type Engine struct {
	Options
	engine *promql.Engine
	parser parser.Parser
	gate   gate
}

// New returns an engine.
func New(options Options) *Engine {
	options.Timeout = cmp.Or(options.Timeout, 30*time.Second)
	options.MaxSamples = cmp.Or(options.MaxSamples, 2_000_000)
	options.MaxRead = cmp.Or(options.MaxRead, 50_000_000)
	if options.Now == nil {
		options.Now = time.Now
	}
	p := parser.NewParser(parser.Options{
		EnableExperimentalFunctions:  options.Experimental,
		ExperimentalDurationExpr:     options.Experimental,
		EnableExtendedRangeSelectors: options.Experimental,
		EnableBinopFillModifiers:     options.Experimental,
	})
	return &Engine{
		Options: options,
		parser:  p,
		gate:    newGate(cmp.Or(options.Concurrency, 4), cmp.Or(options.Waiting, 64)),
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples:               options.MaxSamples,
			Timeout:                  options.Timeout,
			LookbackDelta:            lookback(options.Intervals),
			NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep.Milliseconds() },
			EnableAtModifier:         true,
			EnableNegativeOffset:     true,
			EnablePerStepStats:       true,
			EnableDelayedNameRemoval: options.Experimental,
			UseStartTimestamps:       options.Experimental,
			Parser:                   p,
		}),
	}
}

// lookback returns how far the engine looks back. It has to be enough for the
// slowest source.
func lookback(intervals Intervals) time.Duration {
	if intervals == nil {
		return unknownInterval * 5 / 2
	}
	return maxLookback
}

// Query is a question.
type Query struct {
	Text string
	// Start and End are the first and the last time that is asked for, Step
	// apart. A step of zero asks for Start only.
	Start, End time.Time
	Step       time.Duration
	// Timeout, when it is not zero, bounds the query further.
	Timeout time.Duration
	// Lookback, when it is not zero, is how long every value stands, whatever
	// the interval of its source.
	Lookback time.Duration
	// Sources, when there are any, are the IDs of the only sources that are read.
	Sources []string
	// PerStep asks for statistics of each step.
	PerStep bool
}

// Answer is what a query gave. It has to be closed.
type Answer struct {
	Value parser.Value
	// Annotations are what is to be said of it; see Notes.
	Annotations annotations.Annotations
	// Tier is the step of the coarsest buckets that the answer was made of, 0
	// when it was made of samples only.
	Tier  time.Duration
	Stats *stats.Statistics

	query promql.Query
	text  string
}

// Notes returns the annotations as texts, with their place in the query. Beyond
// ten of a kind they are only counted.
func (a *Answer) Notes() (warnings, infos []string) {
	return a.Annotations.AsStrings(a.text, maxNotes, maxNotes)
}

// Close gives the memory of the answer back; Value must not be used then.
func (a *Answer) Close() { a.query.Close() }

// Query answers a question. What is wrong with it is a fault of kind Config that
// wraps a *Mistake where the question itself is to blame, and not what was found.
func (e *Engine) Query(ctx context.Context, q Query) (*Answer, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, min(cmp.Or(q.Timeout, e.Timeout), e.Timeout))
	defer cancel()
	leave, err := e.gate.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()

	reading := &queryable{
		reader: e.Reader, intervals: e.Intervals, lookback: cmp.Or(q.Lookback, lookback(e.Intervals)),
		asIs: e.Intervals == nil || q.Lookback != 0, only: only(q.Sources), budget: int64(e.MaxRead), origins: make(map[*labels.Matcher]origin),
	}
	prepared, err := e.prepare(ctx, reading, q)
	if err != nil {
		return nil, mistakeOf(err, q.Text)
	}
	rewriting := rewriting{tiers: tiersOf(e.Reader, e.Now()), subStep: subqueryStep, origins: reading.origins}
	if statement, ok := prepared.Statement().(*parser.EvalStmt); ok && len(rewriting.tiers.kept) > 0 {
		statement.Expr = rewriting.expr(statement.Expr, q.grid())
	}
	result := prepared.Exec(ctx)
	if result.Err != nil {
		prepared.Close()
		return nil, e.faultOf(ctx, result.Err)
	}
	result.Warnings.Merge(rewriting.notes)
	return &Answer{
		Value: result.Value, Annotations: result.Warnings, Tier: rewriting.coarse, Stats: prepared.Stats(),
		query: prepared, text: q.Text,
	}, nil
}

// maxNotes bounds the warnings and infos of an answer; more are counted.
const maxNotes = 10

func (e *Engine) prepare(ctx context.Context, reading *queryable, q Query) (promql.Query, error) {
	options := promql.NewPrometheusQueryOpts(q.PerStep, q.Lookback)
	if q.Step == 0 {
		return e.engine.NewInstantQuery(ctx, reading, options, q.Text, q.Start)
	}
	return e.engine.NewRangeQuery(ctx, reading, options, q.Text, q.Start, q.End, q.Step)
}

// grid returns the times that are asked for.
func (q Query) grid() grid {
	if q.Step == 0 {
		return at(q.Start.UnixMilli())
	}
	return grid{first: q.Start.UnixMilli(), last: q.End.UnixMilli(), step: q.Step.Milliseconds()}
}

func (q Query) validate() error {
	switch {
	case len(q.Text) > maxText:
		return refuse("the query is longer than %d bytes", maxText)
	case q.Step < 0:
		return refuse("zero or negative query resolution step widths are not accepted. Try a positive integer")
	case q.Step > 0 && q.Step < time.Millisecond:
		return refuse("a step of %v is shorter than a millisecond", q.Step)
	case q.Step > 0 && q.End.Before(q.Start):
		return refuse("end timestamp must not be before start time")
	case q.Step > 0 && q.End.Sub(q.Start)/q.Step > maxPoints:
		return refuse("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
	case q.Lookback < 0:
		return refuse("a lookback of %v is negative", q.Lookback)
	case q.Timeout < 0:
		return refuse("a timeout of %v is negative", q.Timeout)
	default:
		return nil
	}
}
