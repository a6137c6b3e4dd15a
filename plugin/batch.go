package plugin

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
)

// Event is something that happened to what is watched: a container died, a UPS
// went on battery.
type Event struct {
	// Time is when it happened; zero means now.
	Time time.Time
	// Kind is a word of the plugin's, in snake_case: container_die.
	Kind     string
	Severity Severity
	// Title is one line for people.
	Title string
	// Detail holds what else is known; values are short texts.
	Detail map[string]string
}

// Bounds of what one run may leave behind. They keep a collector that runs wild
// from filling the memory; what a source may deliver is bounded far below.
const (
	maxEvents   = 100
	maxSamples  = 100_000
	maxProblems = 100
)

// Batch is what one collection leaves behind. It is not safe for concurrent
// use; a collector that works in parallel gathers first and fills it after.
type Batch struct {
	manifest *Manifest
	defined  map[string]*metric.Definition
	samples  []metric.Sample
	snapshot json.RawMessage
	events   []Event
	problems []error
	// What came beyond the bounds is counted only.
	moreSamples, moreEvents, moreProblems int
}

// NewBatch returns an empty batch for the plugin.
func NewBatch(p Plugin) *Batch {
	b := &Batch{manifest: &p.manifest, defined: make(map[string]*metric.Definition, len(p.manifest.Metrics))}
	for i := range p.manifest.Metrics {
		b.defined[p.manifest.Metrics[i].Name] = &p.manifest.Metrics[i]
	}
	return b
}

// Add puts in a sample of a declared metric. The labels are names and values in
// turn. A value that is not finite, a metric or label that is not declared and
// an odd number of strings each leave the sample out and count as a problem of
// kind Internal. Of more than 100,000 samples in a run the rest is counted only.
func (b *Batch) Add(name string, value float64, labels ...string) {
	definition, ok := b.defined[name]
	switch {
	case !ok:
		b.Problem(fault.New(fault.Internal, "metric %s is not declared by %s", name, b.manifest.ID))
		return
	case len(labels)%2 != 0:
		b.Problem(fault.New(fault.Internal, "metric %s: label without a value in %q", name, labels))
		return
	case math.IsNaN(value) || math.IsInf(value, 0):
		b.Problem(fault.New(fault.Internal, "metric %s: %v is not a number", name, value))
		return
	}
	for i := 0; i < len(labels); i += 2 {
		if !slices.Contains(definition.Labels, labels[i]) {
			b.Problem(fault.New(fault.Internal, "metric %s does not declare the label %s", name, labels[i]))
			return
		}
	}
	if len(b.samples) >= maxSamples {
		b.moreSamples++
		return
	}
	b.samples = append(b.samples, metric.Sample{Name: name, Labels: metric.L(labels...), Value: value})
}

// AddBool puts in 1 for true and 0 for false.
func (b *Batch) AddBool(name string, value bool, labels ...string) {
	v := 0.0
	if value {
		v = 1
	}
	b.Add(name, v, labels...)
}

// AddState puts in one sample for each known state: 1 for the current one, 0
// for the others. The label is called state.
func (b *Batch) AddState(name, current string, known []string, labels ...string) {
	for _, state := range known {
		b.AddBool(name, state == current, append(slices.Clone(labels), "state", state)...)
	}
}

// SetSnapshot keeps the document that a person wants to see: a struct or a map
// that marshals to a JSON object.
func (b *Batch) SetSnapshot(document any) {
	raw, err := json.Marshal(document)
	if err != nil {
		b.Problem(fault.As(fault.Internal, err, "making the snapshot"))
		return
	}
	b.snapshot = raw
}

// Event reports something that happened. Of more than 100 in a run the rest is
// counted only.
func (b *Batch) Event(e Event) {
	if len(b.events) >= maxEvents {
		b.moreEvents++
		return
	}
	b.events = append(b.events, e)
}

// Problem reports that part of the data could not be had, while the rest is
// good. A nil error is ignored. Of more than 100 in a run the rest is counted
// only.
func (b *Batch) Problem(err error) {
	switch {
	case err == nil:
	case len(b.problems) >= maxProblems:
		b.moreProblems++
	default:
		b.problems = append(b.problems, err)
	}
}

// Samples returns the samples put in so far.
func (b *Batch) Samples() []metric.Sample { return b.samples }

// Snapshot returns the document as JSON, or nil.
func (b *Batch) Snapshot() json.RawMessage { return b.snapshot }

// Events returns the events reported so far.
func (b *Batch) Events() []Event { return b.events }

// Problems returns what could not be had.
func (b *Batch) Problems() []error {
	problems := slices.Clip(b.problems)
	for _, more := range []struct {
		count, bound int
		what         string
	}{
		{b.moreSamples, maxSamples, "samples"}, {b.moreEvents, maxEvents, "events"}, {b.moreProblems, maxProblems, "problems"},
	} {
		if more.count > 0 {
			problems = append(problems, fault.New(fault.Partial, "%d %s more than %d in one run were left out", more.count, more.what, more.bound))
		}
	}
	return problems
}
