package sqlstore

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// runRow is a row of the table runs.
type runRow struct {
	bun.BaseModel `bun:"table:runs"`

	Source   string
	Start    int64
	Duration int64 // nanoseconds
	Attempts int
	Outcome  string
	Samples  int
	Problem  string `bun:",nullzero"` // JSON
}

func runRowOf(run inventory.Run) (runRow, error) {
	problem, err := encodeProblem(run.Problem)
	return runRow{
		Source: string(run.Source), Start: milliseconds(run.Start), Duration: int64(run.Duration),
		Attempts: run.Attempts, Outcome: string(run.Outcome), Samples: run.Samples, Problem: problem,
	}, err
}

func (r runRow) run() (inventory.Run, error) {
	problem, err := decodeProblem(r.Problem)
	return inventory.Run{
		Source: inventory.SourceID(r.Source), Start: moment(r.Start), Duration: time.Duration(r.Duration),
		Attempts: r.Attempts, Outcome: inventory.Outcome(r.Outcome), Samples: r.Samples, Problem: problem,
	}, err
}

// statusRow is a row of the table source_status.
type statusRow struct {
	bun.BaseModel `bun:"table:source_status"`

	Source      string `bun:"source,pk"`
	Status      string
	Since       int64
	Failures    int
	LastRun     int64
	LastSuccess int64
	Problem     string `bun:",nullzero"`
}

func statusRowOf(state inventory.State) (statusRow, error) {
	problem, err := encodeProblem(state.Problem)
	return statusRow{
		Source: string(state.Source), Status: string(state.Status), Since: milliseconds(state.Since),
		Failures: state.Failures, LastRun: milliseconds(state.LastRun),
		LastSuccess: milliseconds(state.LastSuccess), Problem: problem,
	}, err
}

func (r statusRow) state() (inventory.State, error) {
	problem, err := decodeProblem(r.Problem)
	return inventory.State{
		Source: inventory.SourceID(r.Source), Status: inventory.Status(r.Status), Since: moment(r.Since),
		Failures: r.Failures, LastRun: moment(r.LastRun), LastSuccess: moment(r.LastSuccess), Problem: problem,
	}, err
}

// eventRow is a row of the table events.
type eventRow struct {
	bun.BaseModel `bun:"table:events"`

	ID       int64 `bun:"id,pk"`
	Time     int64
	Kind     string
	Source   string
	Host     string
	Severity string
	Title    string
	Detail   string `bun:",nullzero"` // JSON
}

func eventRowOf(event inventory.Event) (eventRow, error) {
	row := eventRow{
		ID: event.ID, Time: milliseconds(event.Time), Kind: event.Kind, Source: string(event.Source),
		Host: string(event.Host), Severity: string(event.Severity), Title: event.Title,
	}
	if len(event.Detail) > 0 {
		detail, err := json.Marshal(event.Detail)
		if err != nil {
			return row, fault.As(fault.Internal, err, "encoding event %d", event.ID)
		}
		row.Detail = string(detail)
	}
	return row, nil
}

func (r eventRow) event() (inventory.Event, error) {
	event := inventory.Event{
		ID: r.ID, Time: moment(r.Time), Kind: r.Kind, Source: inventory.SourceID(r.Source),
		Host: inventory.HostID(r.Host), Severity: inventory.Severity(r.Severity), Title: r.Title,
	}
	if r.Detail != "" {
		if err := json.Unmarshal([]byte(r.Detail), &event.Detail); err != nil {
			return event, fault.As(fault.BadAnswer, err, "reading event %d", r.ID)
		}
	}
	return event, nil
}

// snapshotRow is a row of the table snapshots.
type snapshotRow struct {
	bun.BaseModel `bun:"table:snapshots"`

	Source   string
	Time     int64
	Document []byte // zstd
}

func (r snapshotRow) size() int { return len(r.Document) }

// valueRow is a row of the table source_values.
type valueRow struct {
	bun.BaseModel `bun:"table:source_values"`

	Source string `bun:"source,pk"`
	Name   string `bun:"name,pk"`
	Value  string // JSON
}

func (r valueRow) size() int { return len(r.Value) }

// seriesRow is a row of the table series.
type seriesRow struct {
	bun.BaseModel `bun:"table:series"`

	ID     int64  `bun:"id,pk"`
	Labels string // JSON
}

// markRow is a row of the table marks.
type markRow struct {
	bun.BaseModel `bun:"table:marks"`

	Name  string `bun:"name,pk"`
	Value int64
}

func encodeProblem(problem *inventory.Problem) (string, error) {
	if problem == nil {
		return "", nil
	}
	text, err := json.Marshal(problem)
	if err != nil {
		return "", fault.As(fault.Internal, err, "encoding a problem")
	}
	return string(text), nil
}

func decodeProblem(text string) (*inventory.Problem, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no problem is the usual case, and no fault
	}
	problem := new(inventory.Problem)
	if err := json.Unmarshal([]byte(text), problem); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading a problem")
	}
	return problem, nil
}
