// Package inventory holds what is watched and how it is going: hosts, sources,
// their runs, status, snapshots and events, with the rules they follow and the
// storage they ask for.
//
// A source is one configured plugin. Each collection of it is a run. A run
// leads to a status, may leave a snapshot, and may tell of events.
package inventory

import (
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// HostID names a machine.
type HostID string

// SourceID names a source: a slug, by default the plugin's ID.
type SourceID string

// Origin says who made a source.
type Origin string

// The origins.
const (
	Detected Origin = "detected" // Unity found it and needed nothing more
	User     Origin = "user"
	File     Origin = "file" // unity.yaml
)

// Source is one configured plugin; it watches one target.
type Source struct {
	ID     SourceID
	Plugin string // the plugin's ID
	Name   string // for people
	Host   HostID
	// Config is valid under the plugin's schema and holds secrets in the clear.
	Config  json.RawMessage
	Enabled bool
	// Interval and Timeout of zero stand for the plugin's defaults.
	Interval time.Duration
	Timeout  time.Duration
	Tags     []string
	Origin   Origin
	Created  time.Time
	Updated  time.Time
	// Revision counts changes; a change names the revision it is based on.
	Revision int64
}

// Status is how a source is doing.
type Status string

// The statuses.
const (
	Unknown  Status = "unknown"  // not collected yet
	Healthy  Status = "healthy"  // the last run succeeded
	Degraded Status = "degraded" // 2 to 4 failures in a row
	Failing  Status = "failing"  // 5 or more
	Paused   Status = "paused"   // disabled
)

// Failures in a row that lead to a status.
const (
	DegradedAfter = 2
	FailingAfter  = 5
)

// State is the status of a source with what led to it.
type State struct {
	Source   SourceID
	Status   Status
	Since    time.Time // when it got this status
	Failures int       // in a row
	LastRun  time.Time
	// LastSuccess is zero when there was none.
	LastSuccess time.Time
	// Problem is that of the last run; nil when it succeeded wholly.
	Problem *Problem
}

// Next returns the state after one more run.
func (s State) Next(run Run) State {
	next := s
	next.Source, next.LastRun, next.Problem = run.Source, run.Start, run.Problem
	switch {
	case run.Outcome.Succeeded():
		next.Status, next.Failures, next.LastSuccess = Healthy, 0, run.Start
	case run.Outcome == Canceled:
		return s
	default:
		next.Failures++
		switch {
		case next.Failures >= FailingAfter:
			next.Status = Failing
		case next.Failures >= DegradedAfter:
			next.Status = Degraded
		}
	}
	if next.Status == "" {
		next.Status = Unknown
	}
	if next.Status != s.Status {
		next.Since = run.Start
	}
	return next
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	Success   Outcome = "success"
	Partial   Outcome = "partial" // a success that lacks something
	Failed    Outcome = "failed"
	TimedOut  Outcome = "timed_out"
	Abandoned Outcome = "abandoned" // it ignored its deadline
	Panicked  Outcome = "panicked"
	Canceled  Outcome = "canceled" // Unity stopped, or the source was changed
)

// Succeeded reports whether the run's samples are good.
func (o Outcome) Succeeded() bool { return o == Success || o == Partial }

// Run is the record of one collection of a source.
type Run struct {
	Source   SourceID
	Start    time.Time // the due time when it started on time
	Duration time.Duration
	Attempts int
	Outcome  Outcome
	Samples  int
	// Problem says why it is not a success.
	Problem *Problem
}

// Problem is a fault as it is kept and shown.
type Problem struct {
	Kind    fault.Kind `json:"kind"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
}

// ProblemOf returns err as it is kept and shown; nil for nil.
func ProblemOf(err error) *Problem {
	if err == nil {
		return nil
	}
	return &Problem{Kind: fault.Of(err), Message: err.Error(), Hint: fault.Hint(err)}
}

// Snapshot is the structured document that a run left behind.
type Snapshot struct {
	Source   SourceID
	Time     time.Time
	Document json.RawMessage
}

// Severity says how much an event matters.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Event is something that happened at a time.
type Event struct {
	// ID orders events; it grows with every event Unity writes down.
	ID       int64
	Time     time.Time
	Kind     string // status_changed, source_created, or a plugin's word
	Source   SourceID
	Host     HostID
	Severity Severity
	Title    string
	Detail   map[string]string
}

// Host is a machine that is watched.
type Host struct {
	ID       HostID
	Name     string
	Platform string // GOOS/GOARCH
	Created  time.Time
	LastSeen time.Time
}
