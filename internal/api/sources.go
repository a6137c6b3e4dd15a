package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// Source is a source as lists show it.
type Source struct {
	ID              string          `json:"id"`
	Plugin          string          `json:"plugin"`
	Name            string          `json:"name"`
	Host            string          `json:"host"`
	Category        plugin.Category `json:"category"`
	Icon            string          `json:"icon"`
	Enabled         bool            `json:"enabled"`
	IntervalSeconds float64         `json:"interval_seconds"`
	TimeoutSeconds  float64         `json:"timeout_seconds"`
	Tags            []string        `json:"tags" nullable:"false"`
	Origin          string          `json:"origin" enum:"detected,user,file"`
	Created         time.Time       `json:"created"`
	Updated         time.Time       `json:"updated"`
	Revision        int64           `json:"revision" doc:"Grows with every change"`
	Status          Status          `json:"status"`
	Spark           []Point         `json:"spark,omitempty" doc:"The plugin's first panel over the last hour; only with spark=true"`
	SparkTitle      string          `json:"spark_title,omitempty" doc:"What the values of spark are: the title of that panel"`
	SparkUnit       string          `json:"spark_unit,omitempty" doc:"The unit of the values of spark"`
}

// Status is how a source is doing.
type Status struct {
	Status      inventory.Status `json:"status" enum:"unknown,healthy,degraded,failing,paused"`
	Since       *time.Time       `json:"since,omitempty"`
	Failures    int              `json:"failures" doc:"Runs in a row that did not succeed"`
	LastRun     *time.Time       `json:"last_run,omitempty"`
	LastSuccess *time.Time       `json:"last_success,omitempty"`
	NextRun     *time.Time       `json:"next_run,omitempty"`
	PausedUntil *time.Time       `json:"paused_until,omitempty" doc:"When a source that is paused for a time is collected again"`
	Problem     *ProblemNote     `json:"problem,omitempty" doc:"What was wrong with the last run"`
}

// ProblemNote is a fault as it is shown.
type ProblemNote struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// SourceDetail is a source with its config.
type SourceDetail struct {
	Source
	Config json.RawMessage `json:"config" doc:"Secrets are shown as stars"`
}

// SourcePath is the part of a path that names a source.
type SourcePath struct {
	ID string `path:"id" maxLength:"64" doc:"ID of a source"`
}

func (s *server) registerSources() {
	const tag = "Sources"
	handle(s, operation("list-sources", http.MethodGet, "/sources", tag, "List the sources"), s.listSources)
	create := operation("create-source", http.MethodPost, "/sources", tag, "Watch something new")
	create.DefaultStatus, create.Errors = http.StatusCreated, []int{http.StatusConflict}
	handle(s, create, s.createSource)

	one := func(id, method, path, summary string, errs ...int) huma.Operation {
		op := operation(id, method, path, tag, summary)
		op.Errors = append(errs, http.StatusNotFound)
		return op
	}
	handle(s, one("get-source", http.MethodGet, "/sources/{id}", "Get a source with its config"), s.getSource)
	handle(s, one("update-source", http.MethodPut, "/sources/{id}", "Change a source", http.StatusConflict), s.updateSource)
	remove := one("delete-source", http.MethodDelete, "/sources/{id}", "Stop watching; what was measured stays until it ages")
	remove.DefaultStatus = http.StatusNoContent
	handle(s, remove, s.deleteSource)
	handle(s, one("enable-source", http.MethodPost, "/sources/{id}/enable", "Collect a source again"), s.enableSource(true))
	handle(s, one("disable-source", http.MethodPost, "/sources/{id}/disable", "Pause a source"), s.enableSource(false))
	handle(s, one("run-source", http.MethodPost, "/sources/{id}/run", "Collect a source now and wait for the run", http.StatusConflict), s.runSource)
	handle(s, one("list-runs", http.MethodGet, "/sources/{id}/runs", "List the runs of a source, newest first"), s.listRuns)
	handle(s, one("pause-source", http.MethodPost, "/sources/{id}/pause", "Pause a source for a time"), s.pauseSource)
	duplicate := one("duplicate-source", http.MethodPost, "/sources/{id}/duplicate", "Copy a source with its secrets", http.StatusConflict)
	duplicate.DefaultStatus = http.StatusCreated
	handle(s, duplicate, s.duplicateSource)
	handle(s, operation("change-sources", http.MethodPost, "/sources/bulk", tag, "Create, enable, disable, pause or delete several sources"), s.changeSources)
	handle(s, operation("test-source", http.MethodPost, "/sources/test", tag, "Collect once with a config and keep nothing"), s.testSource)
}

func (s *server) sourceOf(source inventory.Source) Source {
	item := Source{
		ID: string(source.ID), Plugin: source.Plugin, Name: source.Name, Host: string(source.Host),
		Enabled: source.Enabled, IntervalSeconds: s.Sources.IntervalOf(source).Seconds(), TimeoutSeconds: source.Timeout.Seconds(),
		Tags: orEmpty(source.Tags), Origin: string(source.Origin), Created: source.Created, Updated: source.Updated,
		Revision: source.Revision, Status: s.statusOf(source),
	}
	if p, err := s.Sources.Plugin(source.Plugin); err == nil {
		m := p.Manifest()
		item.Category, item.Icon = m.Category, m.Icon
		if source.Timeout == 0 {
			item.TimeoutSeconds = m.Timeout.Seconds()
		}
	}
	return item
}

// stateOf returns how a source is doing.
func (s *server) stateOf(source inventory.Source) inventory.State {
	state, ok := s.Latest.State(source.ID)
	if !ok {
		state = inventory.State{Source: source.ID, Status: inventory.Unknown}
	}
	if !source.Enabled {
		state.Status, state.Since = inventory.Paused, source.Updated
	}
	return state
}

// statusOf is stateOf as it is shown.
func (s *server) statusOf(source inventory.Source) Status {
	status := statusNote(s.stateOf(source))
	if source.Enabled {
		status.NextRun = moment(s.Sources.Next(source.ID))
	} else {
		status.PausedUntil = moment(s.Sources.PausedUntil(source.ID))
	}
	return status
}

func statusNote(state inventory.State) Status {
	return Status{
		Status: state.Status, Since: moment(state.Since), Failures: state.Failures,
		LastRun: moment(state.LastRun), LastSuccess: moment(state.LastSuccess), Problem: NoteOf(state.Problem),
	}
}

// NoteOf returns a problem as it is shown; nil for nil.
func NoteOf(problem *inventory.Problem) *ProblemNote {
	if problem == nil {
		return nil
	}
	return &ProblemNote{Kind: string(problem.Kind), Message: problem.Message, Hint: problem.Hint}
}

// moment returns nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (s *server) detailOf(source inventory.Source) (*body[SourceDetail], error) {
	p, err := s.Sources.Plugin(source.Plugin)
	if err != nil {
		return nil, err
	}
	return &body[SourceDetail]{Body: SourceDetail{Source: s.sourceOf(source), Config: p.Redact(source.Config)}}, nil
}

func (s *server) getSource(_ context.Context, in *SourcePath) (*body[SourceDetail], error) {
	source, err := s.Sources.Get(inventory.SourceID(in.ID))
	if err != nil {
		return nil, err
	}
	return s.detailOf(source)
}

// NewSource is what makes a source.
type NewSource struct {
	Plugin          string          `json:"plugin" maxLength:"64"`
	ID              string          `json:"id,omitempty" maxLength:"64" doc:"Made from the plugin and the name when absent"`
	Name            string          `json:"name,omitempty" maxLength:"100"`
	Enabled         *bool           `json:"enabled,omitempty" doc:"True when absent"`
	IntervalSeconds float64         `json:"interval_seconds,omitempty" doc:"The plugin's default when 0 or absent"`
	TimeoutSeconds  float64         `json:"timeout_seconds,omitempty" doc:"The plugin's default when 0 or absent"`
	Tags            []string        `json:"tags,omitempty"`
	Config          json.RawMessage `json:"config,omitempty" doc:"As the plugin's schema has it; what is absent takes its default"`
}

func (n NewSource) draft() sources.Draft {
	return sources.Draft{
		Plugin: n.Plugin, ID: inventory.SourceID(n.ID), Name: n.Name, Enabled: n.Enabled == nil || *n.Enabled,
		Interval: seconds(n.IntervalSeconds), Timeout: seconds(n.TimeoutSeconds), Tags: n.Tags, Config: n.Config,
	}
}

func (s *server) createSource(ctx context.Context, in *struct{ Body NewSource }) (*body[SourceDetail], error) {
	source, err := s.Sources.Create(ctx, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return s.detailOf(source)
}

// SourceChange is what may be changed of a source; what is absent stays.
type SourceChange struct {
	Revision        int64           `json:"revision,omitempty" doc:"The revision the change is based on; another one stored is a conflict"`
	Name            *string         `json:"name,omitempty" maxLength:"100"`
	Enabled         *bool           `json:"enabled,omitempty"`
	IntervalSeconds *float64        `json:"interval_seconds,omitempty"`
	TimeoutSeconds  *float64        `json:"timeout_seconds,omitempty"`
	Tags            *[]string       `json:"tags,omitempty"`
	Config          json.RawMessage `json:"config,omitempty" doc:"Replaces the whole config; a secret shown as stars is kept"`
}

type updateSourceInput struct {
	SourcePath
	Body SourceChange
}

func (s *server) updateSource(ctx context.Context, in *updateSourceInput) (*body[SourceDetail], error) {
	change := sources.Change{
		Revision: in.Body.Revision, Name: in.Body.Name, Enabled: in.Body.Enabled, Tags: in.Body.Tags, Config: in.Body.Config,
	}
	if in.Body.IntervalSeconds != nil {
		interval := seconds(*in.Body.IntervalSeconds)
		change.Interval = &interval
	}
	if in.Body.TimeoutSeconds != nil {
		timeout := seconds(*in.Body.TimeoutSeconds)
		change.Timeout = &timeout
	}
	source, err := s.Sources.Update(ctx, inventory.SourceID(in.ID), change)
	if err != nil {
		return nil, err
	}
	return s.detailOf(source)
}

func (s *server) deleteSource(ctx context.Context, in *SourcePath) (*struct{}, error) {
	return nil, s.Sources.Delete(ctx, inventory.SourceID(in.ID))
}

func (s *server) enableSource(enabled bool) func(context.Context, *SourcePath) (*body[SourceDetail], error) {
	return func(ctx context.Context, in *SourcePath) (*body[SourceDetail], error) {
		source, err := s.Sources.Update(ctx, inventory.SourceID(in.ID), sources.Change{Enabled: &enabled})
		if err != nil {
			return nil, err
		}
		return s.detailOf(source)
	}
}

// Run is the record of one collection.
type Run struct {
	Start           time.Time    `json:"start"`
	DurationSeconds float64      `json:"duration_seconds"`
	Attempts        int          `json:"attempts"`
	Outcome         string       `json:"outcome" enum:"success,partial,failed,timed_out,abandoned,panicked,canceled"`
	Samples         int          `json:"samples"`
	Problem         *ProblemNote `json:"problem,omitempty"`
}

func runOf(run inventory.Run) Run {
	return Run{
		Start: run.Start.UTC(), DurationSeconds: run.Duration.Seconds(), Attempts: run.Attempts,
		Outcome: string(run.Outcome), Samples: run.Samples, Problem: NoteOf(run.Problem),
	}
}

func (s *server) runSource(ctx context.Context, in *SourcePath) (*body[Run], error) {
	run, err := s.Sources.RunNow(ctx, inventory.SourceID(in.ID))
	if err != nil {
		return nil, err
	}
	return &body[Run]{Body: runOf(run)}, nil
}

type listRunsInput struct {
	SourcePath
	Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"At most so many"`
	Before time.Time `query:"before" doc:"Only runs that started before"`
	Failed bool      `query:"failed" doc:"Only runs that did not succeed"`
}

func (s *server) listRuns(ctx context.Context, in *listRunsInput) (*body[list[Run]], error) {
	id := inventory.SourceID(in.ID)
	if _, err := s.Sources.Get(id); err != nil {
		return nil, err
	}
	runs, err := s.History.Runs(ctx, inventory.RunFilter{Source: id, Before: in.Before, Failed: in.Failed, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	var items []Run
	for _, run := range runs {
		items = append(items, runOf(run))
	}
	return listOf(items), nil
}

// Trial is what a config would give.
type Trial struct {
	OK              bool            `json:"ok"`
	DurationSeconds float64         `json:"duration_seconds"`
	Samples         []Sample        `json:"samples" nullable:"false"`
	Snapshot        json.RawMessage `json:"snapshot,omitempty"`
	Problems        []ProblemNote   `json:"problems" nullable:"false"`
}

// TrialConfig is a config to try.
type TrialConfig struct {
	Plugin string          `json:"plugin" maxLength:"64"`
	Source string          `json:"source,omitempty" maxLength:"64" doc:"The source whose secrets stand behind the stars"`
	Config json.RawMessage `json:"config,omitempty"`
}

func (s *server) testSource(ctx context.Context, in *struct{ Body TrialConfig }) (*body[Trial], error) {
	trial, err := s.Sources.Try(ctx, in.Body.Plugin, inventory.SourceID(in.Body.Source), in.Body.Config)
	if err != nil {
		return nil, err
	}
	return &body[Trial]{Body: trialOf(trial)}, nil
}

func trialOf(trial sources.Trial) Trial {
	result := Trial{OK: trial.Err == nil, DurationSeconds: trial.Duration.Seconds(), Samples: []Sample{}, Problems: []ProblemNote{}}
	if !result.OK {
		result.Problems = append(result.Problems, *NoteOf(inventory.ProblemOf(trial.Err)))
		return result
	}
	for _, sample := range trial.Batch.Samples() {
		result.Samples = append(result.Samples, sampleOf(sample))
	}
	for _, problem := range trial.Problems {
		result.Problems = append(result.Problems, *NoteOf(inventory.ProblemOf(problem)))
	}
	result.Snapshot = trial.Batch.Snapshot()
	return result
}

// Sample is one measured value.
type Sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
}

func sampleOf(sample metric.Sample) Sample {
	labels := make(map[string]string, len(sample.Labels))
	for _, label := range sample.Labels {
		labels[label.Name] = label.Value
	}
	return Sample{Name: sample.Name, Labels: labels, Value: sample.Value}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
