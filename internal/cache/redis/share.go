package redis

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
)

// maxReports is how many reports wait for the other hubs; the oldest give way.
const maxReports = 1000

// maxSharedSamples bounds the samples of a report that comes from another hub.
const maxSharedSamples = 20_000

// shared is a message on the channel unity:live: what a hub tells the others.
type shared struct {
	Origin  string    `json:"origin"` // the hub that tells it
	Group   string    `json:"group"`
	Source  string    `json:"source,omitempty"`
	Time    time.Time `json:"time"`
	Samples []sample  `json:"samples,omitempty"`
	Run     *run      `json:"run,omitempty"`
	Status  *status   `json:"status,omitempty"`
	Before  *status   `json:"before,omitempty"` // the status before the run
	Events  []event   `json:"events,omitempty"`
}

type run struct {
	Start           time.Time          `json:"start"`
	DurationSeconds float64            `json:"duration_seconds"`
	Attempts        int                `json:"attempts"`
	Outcome         inventory.Outcome  `json:"outcome"`
	Samples         int                `json:"samples"`
	Problem         *inventory.Problem `json:"problem,omitempty"`
}

func (m *Mirror) sharedOf(report inventory.Report) shared {
	s := shared{
		Origin: m.origin, Group: m.group, Source: string(report.Source.ID), Time: time.UnixMilli(report.Time).UTC(),
		Samples: samplesOf(report.Samples),
	}
	if r := report.Run; r.Source != "" {
		s.Run = &run{r.Start, r.Duration.Seconds(), r.Attempts, r.Outcome, r.Samples, r.Problem}
	}
	if report.State.Source != "" {
		now, before := statusOf(report.State), statusOf(report.Previous)
		s.Status, s.Before = &now, &before
	}
	for _, e := range report.Events {
		s.Events = append(s.Events, eventOf(e))
	}
	return s
}

// report returns what another hub told as this hub tells it.
func (s shared) report() inventory.Report {
	id := inventory.SourceID(s.Source)
	report := inventory.Report{Source: inventory.Source{ID: id}, Time: s.Time.UnixMilli()}
	for _, each := range s.Samples {
		pairs := make([]string, 0, 2*len(each.Labels))
		for name, value := range each.Labels {
			pairs = append(pairs, name, value)
		}
		report.Samples = append(report.Samples, metric.Sample{Name: each.Name, Labels: metric.L(pairs...), Value: each.Value})
	}
	if r := s.Run; r != nil {
		report.Run = inventory.Run{
			Source: id, Start: r.Start, Duration: time.Duration(r.DurationSeconds * float64(time.Second)), Attempts: r.Attempts,
			Outcome: r.Outcome, Samples: r.Samples, Problem: r.Problem,
		}
	}
	if s.Status != nil {
		report.State = s.Status.state(id)
	}
	if s.Before != nil {
		report.Previous = s.Before.state(id)
	}
	for _, e := range s.Events {
		report.Events = append(report.Events, e.event())
	}
	return report
}

// check says why a message cannot be what a hub tells.
func (s shared) check() error {
	switch {
	case s.Origin == "" || s.Time.IsZero():
		return errors.New("nobody says when it happened, or who says it")
	case (s.Run != nil || s.Status != nil || len(s.Samples) > 0) && s.Source == "":
		return errors.New("a run is of no source")
	case len(s.Samples) > maxSharedSamples:
		return errors.New("there are too many samples")
	default:
		return nil
	}
}

// readShared reads a message of another hub of the group; nil when it is of this
// one or of another group.
func (m *Mirror) readShared(text string) (*inventory.Report, error) {
	var s shared
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading what another hub tells")
	}
	if s.Origin == m.origin || s.Group != m.group {
		return nil, nil //nolint:nilnil // there is nothing to tell, and nothing wrong
	}
	if err := s.check(); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading what another hub tells")
	}
	report := s.report()
	return &report, nil
}

// hear listens to the other hubs until something goes wrong. What they tell
// while nobody listens is missed here, and in the database.
func (m *Mirror) hear(ctx context.Context) error {
	c, err := m.address.connect(ctx)
	if err != nil {
		return m.fault(err, "connecting")
	}
	defer c.close()
	if err := c.ask([]string{"SUBSCRIBE", liveName}); err != nil {
		return m.fault(err, "listening")
	}
	m.noteHearing(nil)
	for {
		message, err := c.next()
		if err != nil {
			return m.fault(err, "listening")
		}
		if message.kind == '-' {
			return m.fault(&refusal{text: message.text}, "listening")
		}
		if len(message.list) != 3 || message.list[0].text != "message" {
			continue // the answer to a question whether it is there
		}
		report, err := m.readShared(message.list[2].text)
		if err != nil {
			m.log.Warn("what another hub tells cannot be understood", "cause", err)
			continue
		}
		if report != nil {
			m.others(*report)
		}
	}
}
