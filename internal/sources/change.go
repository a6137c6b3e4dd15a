package sources

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Draft is a source as a person asks for it.
type Draft struct {
	Plugin string
	// ID is empty for one made from the plugin's ID and the name.
	ID      inventory.SourceID
	Name    string // empty for the plugin's name
	Enabled bool
	// Interval and Timeout of zero stand for the plugin's defaults.
	Interval time.Duration
	Timeout  time.Duration
	Tags     []string
	Config   json.RawMessage
	Origin   inventory.Origin
}

// Create keeps a new source and begins to collect it.
func (s *Service) Create(ctx context.Context, draft Draft) (inventory.Source, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	p, err := s.Plugin(draft.Plugin)
	if err != nil {
		return inventory.Source{}, Invalid{{Path: "plugin", Message: err.Error()}}
	}
	now := s.Now().UTC().Truncate(time.Millisecond)
	source := inventory.Source{
		ID:       draft.ID,
		Plugin:   p.ID(),
		Name:     cmp.Or(draft.Name, p.Manifest().Name),
		Host:     s.Host,
		Config:   cmpRaw(draft.Config),
		Enabled:  draft.Enabled,
		Interval: draft.Interval,
		Timeout:  draft.Timeout,
		Tags:     draft.Tags,
		Origin:   cmp.Or(draft.Origin, inventory.User),
		Created:  now,
		Updated:  now,
		Revision: 1,
	}
	if source.ID == "" {
		source.ID = s.freeID(p.ID(), draft.Name)
	}
	if err := validate(p, source); err != nil {
		return inventory.Source{}, err
	}
	if _, err := s.Get(source.ID); err == nil {
		return inventory.Source{}, fault.New(fault.Conflict, "there is a source %q already", source.ID).WithHint("choose another ID")
	}
	if err := s.Store.CreateSource(ctx, source); err != nil {
		return inventory.Source{}, err
	}
	ctx = context.WithoutCancel(ctx) // what is stored is collected, also when whoever asked is gone
	s.remember(source)
	s.tell(ctx, source, "source_created", source.Name+" is watched")
	return source, s.schedule(ctx, source, inventory.State{Source: source.ID, Status: inventory.Unknown})
}

// Change is what a person wants changed of a source; nil leaves as it is.
type Change struct {
	// Revision is the one the change is based on; 0 takes whatever is stored.
	Revision int64
	Name     *string
	Enabled  *bool
	Interval *time.Duration
	Timeout  *time.Duration
	Tags     *[]string
	// Config replaces the whole config; a secret shown as stars is kept.
	Config json.RawMessage
}

// Update changes a source. Another revision than the stored one is a Conflict.
func (s *Service) Update(ctx context.Context, id inventory.SourceID, change Change) (inventory.Source, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	stored, err := s.update(ctx, id, change)
	if err == nil && change.Enabled != nil {
		err = s.endPause(ctx, id)
	}
	return stored, err
}

// update changes a source. The caller holds changing.
func (s *Service) update(ctx context.Context, id inventory.SourceID, change Change) (inventory.Source, error) {
	before, err := s.Get(id)
	if err != nil {
		return inventory.Source{}, err
	}
	p, err := s.Plugin(before.Plugin)
	if err != nil {
		return inventory.Source{}, err
	}
	after := change.apply(p, before)
	if err := validate(p, after); err != nil {
		return inventory.Source{}, err
	}
	after.Updated = s.Now().UTC().Truncate(time.Millisecond)
	stored, err := s.Store.UpdateSource(ctx, after)
	if err != nil {
		return inventory.Source{}, err
	}
	ctx = context.WithoutCancel(ctx) // what is stored is collected, also when whoever asked is gone
	s.remember(stored)
	s.tellChange(ctx, before, stored)
	state, err := s.state(ctx, id)
	if err != nil {
		return inventory.Source{}, err
	}
	return stored, s.schedule(ctx, stored, state)
}

func (c Change) apply(p plugin.Plugin, source inventory.Source) inventory.Source {
	if c.Revision != 0 {
		source.Revision = c.Revision
	}
	set(&source.Name, c.Name)
	set(&source.Enabled, c.Enabled)
	set(&source.Interval, c.Interval)
	set(&source.Timeout, c.Timeout)
	set(&source.Tags, c.Tags)
	if c.Config != nil {
		source.Config = p.Unredact(source.Config, c.Config)
	}
	return source
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func (s *Service) tellChange(ctx context.Context, before, after inventory.Source) {
	switch {
	case before.Enabled && !after.Enabled:
		s.tell(ctx, after, "source_disabled", after.Name+" is paused")
	case !before.Enabled && after.Enabled:
		s.tell(ctx, after, "source_enabled", after.Name+" is watched again")
	default:
		s.tell(ctx, after, "source_changed", "the settings of "+after.Name+" were changed")
	}
}

// Delete removes a source. What it measured stays until it ages.
func (s *Service) Delete(ctx context.Context, id inventory.SourceID) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	source, err := s.Get(id)
	if err != nil {
		return err
	}
	s.Scheduler.Remove(id)
	if err := s.Store.DeleteSource(ctx, id); err != nil {
		return err
	}
	s.forget(id)
	s.Forget(id)
	if err := s.endPause(ctx, id); err != nil {
		s.Log.Warn("the end of a pause is not forgotten", "source", id, "reason", err)
	}
	s.tell(ctx, source, "source_deleted", source.Name+" is no longer watched")
	return nil
}

// Duplicate keeps a copy of a source, secrets included.
func (s *Service) Duplicate(ctx context.Context, id inventory.SourceID, copied Draft) (inventory.Source, error) {
	source, err := s.Get(id)
	if err != nil {
		return inventory.Source{}, err
	}
	copied.Plugin, copied.Config = source.Plugin, source.Config
	copied.Interval, copied.Timeout, copied.Tags = source.Interval, source.Timeout, source.Tags
	copied.Name = cmp.Or(copied.Name, "Copy of "+source.Name)
	if name := []rune(copied.Name); len(name) > maxName {
		copied.Name = string(name[:maxName])
	}
	return s.Create(ctx, copied)
}

func (s *Service) state(ctx context.Context, id inventory.SourceID) (inventory.State, error) {
	states, err := s.Store.States(ctx)
	if err != nil {
		return inventory.State{}, fault.Wrap(err, "reading the state of source %q", id)
	}
	for _, state := range states {
		if state.Source == id {
			return state, nil
		}
	}
	return inventory.State{Source: id, Status: inventory.Unknown}, nil
}

func cmpRaw(config json.RawMessage) json.RawMessage {
	if len(config) == 0 {
		return json.RawMessage("{}")
	}
	return config
}
