package api

import (
	"context"
	"fmt"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
)

type pauseSourceInput struct {
	SourcePath
	Body SourcePause
}

// SourcePause is until when a source rests.
type SourcePause struct {
	Until   time.Time `json:"until,omitempty" doc:"When it is collected again"`
	Seconds float64   `json:"seconds,omitempty" minimum:"0" maximum:"31622400" example:"3600" doc:"How long, instead of a time"`
}

func (p SourcePause) at(now time.Time) time.Time {
	if p.Seconds > 0 {
		return now.Add(seconds(p.Seconds))
	}
	return p.Until
}

func (s *server) pauseSource(ctx context.Context, in *pauseSourceInput) (*body[SourceDetail], error) {
	source, err := s.Sources.Pause(ctx, inventory.SourceID(in.ID), in.Body.at(s.Now()))
	if err != nil {
		return nil, err
	}
	return s.detailOf(source)
}

// SourceCopy is what is different of a copy.
type SourceCopy struct {
	ID      string `json:"id,omitempty" maxLength:"64" doc:"Made from the plugin and the name when absent"`
	Name    string `json:"name,omitempty" maxLength:"100"`
	Enabled bool   `json:"enabled,omitempty" doc:"False when absent, as a copy watches what its model watches until it is changed"`
}

type duplicateSourceInput struct {
	SourcePath
	Body SourceCopy
}

func (s *server) duplicateSource(ctx context.Context, in *duplicateSourceInput) (*body[SourceDetail], error) {
	source, err := s.Sources.Duplicate(ctx, inventory.SourceID(in.ID), sources.Draft{
		ID: inventory.SourceID(in.Body.ID), Name: in.Body.Name, Enabled: in.Body.Enabled,
	})
	if err != nil {
		return nil, err
	}
	visitOf(ctx).target = string(source.ID)
	return s.detailOf(source)
}

// BulkChange is what is done to several sources.
type BulkChange struct {
	Action string      `json:"action" enum:"create,enable,disable,pause,delete"`
	IDs    []string    `json:"ids,omitempty" maxItems:"500" nullable:"false" doc:"To which; not for create"`
	Create []NewSource `json:"create,omitempty" maxItems:"500" nullable:"false" doc:"What is made; for create only"`
	SourcePause
}

// BulkResult is what became of every source.
type BulkResult struct {
	Items     []BulkItem `json:"items" nullable:"false" doc:"One for each source, in the order of the request"`
	Succeeded int        `json:"succeeded"`
	Failed    int        `json:"failed"`
}

// BulkItem is what became of one source.
type BulkItem struct {
	ID      string       `json:"id" doc:"Empty for one that was not made and asked for no ID"`
	OK      bool         `json:"ok"`
	Problem *ProblemNote `json:"problem,omitempty"`
	Errors  []FieldError `json:"errors,omitempty" nullable:"false" doc:"What is wrong with which part of it"`
}

// changeSources does something to several sources. One that cannot be changed
// keeps nobody from changing the others.
func (s *server) changeSources(ctx context.Context, in *struct{ Body BulkChange }) (*body[BulkResult], error) {
	if err := in.Body.check(s.Now()); err != nil {
		return nil, err
	}
	result := BulkResult{Items: []BulkItem{}}
	add := func(id string, err error) {
		item := BulkItem{ID: id, OK: err == nil}
		if err == nil {
			result.Succeeded++
		} else {
			result.Failed++
			problem := s.problemOf(ctx, "change-sources", err)
			item.Problem = &ProblemNote{Kind: string(problem.Kind), Message: problem.Detail, Hint: problem.Hint}
			item.Errors = problem.Errors
		}
		result.Items = append(result.Items, item)
	}
	for _, wanted := range in.Body.Create {
		source, err := s.Sources.Create(ctx, wanted.draft())
		if source.ID == "" {
			source.ID = inventory.SourceID(wanted.ID)
		}
		add(string(source.ID), err)
	}
	for _, id := range in.Body.IDs {
		add(id, s.changeOne(ctx, in.Body, inventory.SourceID(id)))
	}
	visitOf(ctx).target = fmt.Sprintf("%s: %d", in.Body.Action, result.Succeeded)
	return &body[BulkResult]{Body: result}, nil
}

// check returns what is wrong with the request as a whole.
func (b BulkChange) check(now time.Time) error {
	var found sources.Invalid
	switch creates := b.Action == "create"; {
	case creates && len(b.IDs) > 0:
		found = append(found, sources.Problem{Path: "ids", Message: "is not for create; each source names its own"})
	case !creates && len(b.Create) > 0:
		found = append(found, sources.Problem{Path: "create", Message: "is for the action create only"})
	case creates && len(b.Create) == 0:
		found = append(found, sources.Problem{Path: "create", Message: "must be at least one source"})
	case !creates && len(b.IDs) == 0:
		found = append(found, sources.Problem{Path: "ids", Message: "must be at least one source"})
	}
	if b.Action == "pause" && !b.at(now).After(now) {
		found = append(found, sources.Problem{Path: "until", Message: "must be in the future"})
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

func (s *server) changeOne(ctx context.Context, change BulkChange, id inventory.SourceID) error {
	var err error
	switch change.Action {
	case "delete":
		return s.Sources.Delete(ctx, id)
	case "pause":
		_, err = s.Sources.Pause(ctx, id, change.at(s.Now()))
	default:
		enabled := change.Action == "enable"
		_, err = s.Sources.Update(ctx, id, sources.Change{Enabled: &enabled})
	}
	return err
}
