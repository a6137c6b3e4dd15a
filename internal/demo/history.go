package demo

import (
	"encoding/json"
	"iter"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/transfer"
)

const (
	// runsFor is for how long the runs before the demo are written down, and
	// snapshotEvery how far its snapshots are apart.
	runsFor       = 12 * time.Hour
	snapshotEvery = 3 * time.Hour
	// posedFor is how long likenesses have been there: they have so many series
	// that a week of them would take long to make.
	posedFor = 24 * time.Hour
)

// past is a source of the lab with what became of it before the demo.
type past struct {
	source
	kind     kind
	thing    thing
	interval time.Duration
	age      time.Duration // for how long it has been measured
	phase    time.Duration
	measures int // samples of a run
	state    inventory.State
}

func (l *Lab) past(s source) past {
	k := l.kindOf(s.kind)
	p := past{source: s, kind: k, thing: l.thing(s.kind, s.config), interval: s.interval, age: l.history}
	if k.posed != nil {
		p.age = min(p.age, posedFor)
	}
	if p.interval == 0 {
		p.interval = k.manifest.Interval
	}
	p.phase = time.Duration(seedOf(s.id).chance(0) * float64(p.interval)).Truncate(time.Millisecond)
	p.measures = len(k.lines(p.thing))
	p.state = inventory.State{Source: inventory.SourceID(s.id), Status: inventory.Healthy, Since: l.at(-p.age)}
	return p
}

// at returns a time that lies so long before or after the start.
func (l *Lab) at(after time.Duration) time.Time {
	return time.UnixMilli(int64(l.start * 1000)).Add(after).UTC()
}

// runs gives the times of the runs of a span before the demo.
func (l *Lab) runs(p past, span time.Duration) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		if p.paused {
			return
		}
		first := l.at(-span).Truncate(p.interval).Add(p.phase)
		for at := first; !at.After(l.at(0)); at = at.Add(p.interval) {
			if at.Before(l.at(-span)) {
				continue
			}
			if !yield(at) {
				return
			}
		}
	}
}

// Items gives everything of the lab that a database holds: the machines, the
// sources, and what they measured.
func (l *Lab) Items() iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		var all []past
		for _, s := range l.sourcesOf() {
			all = append(all, l.past(s))
		}
		w := &writer{lab: l, yield: yield}
		_ = w.hosts() && w.sources(all) && w.lives(all) && w.happened(all) && w.series(all)
	}
}

// writer hands items on, until nobody wants more.
type writer struct {
	lab    *Lab
	yield  func(transfer.Item, error) bool
	events []inventory.Event
}

func (w *writer) put(item transfer.Item) bool { return w.yield(item, nil) }

func (w *writer) hosts() bool {
	for _, h := range hosts() {
		item := &transfer.Host{
			ID: h.id, Name: h.id, Platform: h.platform,
			Created: w.lab.at(-w.lab.history).UnixMilli(), LastSeen: w.lab.at(0).UnixMilli(),
		}
		if !w.put(item) {
			return false
		}
	}
	return true
}

func (w *writer) sources(all []past) bool {
	for _, p := range all {
		created := w.lab.at(-p.age).UnixMilli()
		raw, err := p.raw(p.kind)
		tags, tagsErr := json.Marshal(p.tags)
		if err != nil || tagsErr != nil {
			return w.yield(nil, fault.New(fault.Internal, "writing down the made-up source %s", p.id)) && false
		}
		item := &transfer.Source{
			ID: p.id, Plugin: p.source.kind, Name: p.name, Host: p.host, Config: raw, Enabled: !p.paused, Interval: int64(p.source.interval),
			Tags: tags, Origin: string(inventory.User), Created: created, Updated: created, Revision: 1,
		}
		if !w.put(item) {
			return false
		}
	}
	return true
}

// lives writes down the runs of the last hours and where they led to, and the
// snapshots.
func (w *writer) lives(all []past) bool {
	for i := range all {
		p := &all[i]
		if p.paused {
			p.state.Status = inventory.Paused
		}
		for at := range w.lab.runs(*p, runsFor) {
			run := p.run(at)
			if !w.put(itemOf(run)) {
				return false
			}
			before := p.state
			p.state = p.state.Next(run)
			w.changed(*p, before)
		}
		if !w.put(stateOf(p.state)) || !w.snapshots(*p) {
			return false
		}
	}
	return true
}

// run is what one collection came to.
func (p past) run(at time.Time) inventory.Run {
	run := inventory.Run{
		Source: inventory.SourceID(p.id), Start: at, Duration: p.thing.lateness(seconds(at)).Truncate(10 * time.Microsecond),
		Attempts: 1, Outcome: inventory.Success, Samples: p.measures,
	}
	if err := p.thing.refusal(seconds(at)); err != nil {
		run.Outcome, run.Samples, run.Attempts, run.Problem = inventory.Failed, 0, 3, inventory.ProblemOf(err)
	} else if lack := p.kind.problem(p.thing); lack != nil {
		run.Outcome, run.Problem = inventory.Partial, inventory.ProblemOf(lack)
	}
	return run
}

func (w *writer) snapshots(p past) bool {
	if p.kind.document == nil || p.paused || p.thing.Mood == away {
		return true
	}
	for at := w.lab.at(-min(p.age, 2*24*time.Hour)); !at.After(w.lab.at(0)); at = at.Add(snapshotEvery) {
		document, err := json.Marshal(p.kind.document(p.thing, seconds(at)))
		if err != nil {
			return w.yield(nil, fault.As(fault.Internal, err, "writing down what %s left behind", p.id)) && false
		}
		if !w.put(&transfer.Snapshot{Source: p.id, Time: at.UnixMilli(), Document: document}) {
			return false
		}
	}
	return true
}

// series writes down what was measured.
func (w *writer) series(all []past) bool {
	for _, p := range all {
		times := make([]int64, 0, int(p.age/p.interval)+1)
		for at := range w.lab.runs(p, p.age) {
			times = append(times, at.UnixMilli())
		}
		for _, l := range p.kind.lines(p.thing) {
			names := append([]string{series.NameLabel, l.metric, "host", p.host, "source", p.id}, l.labels...)
			if !w.samples(names, p.answered(times), l.value) {
				return false
			}
		}
		up := []string{series.NameLabel, "up", "host", p.host, "plugin", p.source.kind, "source", p.id}
		if !w.samples(up, times, p.up) {
			return false
		}
	}
	return true
}

// up is whether a run succeeds.
func (p past) up(at float64) float64 {
	if p.thing.refusal(at) != nil {
		return 0
	}
	return 1
}

// answered keeps the times at which there was an answer.
func (p past) answered(times []int64) []int64 {
	if p.thing.Mood == well {
		return times
	}
	var answered []int64
	for _, at := range times {
		if p.thing.refusal(float64(at)/1000) == nil {
			answered = append(answered, at)
		}
	}
	return answered
}

func (w *writer) samples(names []string, times []int64, value signal) bool {
	if !w.put(&transfer.Series{Labels: labels.FromStrings(names...)}) {
		return false
	}
	for len(times) > 0 {
		n := min(len(times), chunk.MaxPoints)
		columns := chunk.Columns{Times: times[:n], Values: make([]float64, n)}
		for i, at := range columns.Times {
			columns.Values[i] = value(float64(at) / 1000)
		}
		if !w.put(&transfer.Samples{Columns: columns}) {
			return false
		}
		times = times[n:]
	}
	return true
}

func itemOf(run inventory.Run) *transfer.Run {
	return &transfer.Run{
		Source: string(run.Source), Start: run.Start.UnixMilli(), Duration: int64(run.Duration), Attempts: run.Attempts,
		Outcome: string(run.Outcome), Samples: run.Samples, Problem: problemOf(run.Problem),
	}
}

func stateOf(state inventory.State) *transfer.State {
	return &transfer.State{
		Source: string(state.Source), Status: string(state.Status), Since: state.Since.UnixMilli(), Failures: state.Failures,
		LastRun: millis(state.LastRun), LastSuccess: millis(state.LastSuccess), Problem: problemOf(state.Problem),
	}
}

func problemOf(problem *inventory.Problem) json.RawMessage {
	if problem == nil {
		return nil
	}
	raw, err := json.Marshal(problem)
	if err != nil {
		return nil // texts always can be written
	}
	return raw
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
