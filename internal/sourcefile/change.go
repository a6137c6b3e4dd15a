package sourcefile

import (
	"context"
	"slices"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
)

// Action is what was done to a source.
type Action string

// The actions.
const (
	Created Action = "created"
	Changed Action = "changed"
	Deleted Action = "deleted"
	Kept    Action = "kept" // it is as it should be, or was not to be touched
)

// Result is what became of one source.
type Result struct {
	ID     string
	Action Action
	Err    error
}

// Apply makes what is stored as the file says, for some sources, or for all of
// which the file was changed. What cannot be used leaves that source as it is.
func (s *Service) Apply(ctx context.Context, ids []string) ([]Result, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	differences, err := s.Compare(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(differences, ids, InFile)
	if err != nil {
		return nil, err
	}
	var results []Result
	for _, d := range chosen {
		result := s.apply(ctx, d)
		if result.Err == nil {
			result.Err = s.remember(ctx, d.ID, "")
		}
		results = append(results, result)
	}
	return results, nil
}

// choose returns the differences that are named, or without names those of a
// side.
func choose(differences []Difference, ids []string, side Side) ([]Difference, error) {
	var chosen []Difference
	for _, d := range differences {
		if len(ids) == 0 && d.Side == side || slices.Contains(ids, d.ID) {
			chosen = append(chosen, d)
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(differences, func(d Difference) bool { return d.ID == id }) {
			return nil, fault.New(fault.NotFound, "there is no difference about a source %q", id)
		}
	}
	return chosen, nil
}

func (s *Service) apply(ctx context.Context, d Difference) Result {
	result := Result{ID: d.ID}
	switch {
	case len(d.Problems) > 0:
		result.Err = d.Problems
	case !d.File:
		result.Action, result.Err = Deleted, s.Sources.Delete(ctx, inventory.SourceID(d.ID))
	default:
		result.Action, result.Err = s.make(ctx, d.draft, d.Stored)
	}
	return result
}

// make creates a source, or changes a stored one.
func (s *Service) make(ctx context.Context, draft sources.Draft, stored bool) (Action, error) {
	if !stored {
		_, err := s.Sources.Create(ctx, draft)
		return Created, err
	}
	tags := draft.Tags
	if tags == nil {
		tags = []string{}
	}
	_, err := s.Sources.Update(ctx, draft.ID, sources.Change{
		Name: &draft.Name, Enabled: &draft.Enabled, Interval: &draft.Interval, Timeout: &draft.Timeout, Tags: &tags, Config: draft.Config,
	})
	return Changed, err
}

// Write makes the file as what is stored, for some sources, for all that are in
// it and were changed there, or, with all, for every source.
func (s *Service) Write(ctx context.Context, ids []string, all bool) ([]Result, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	text, err := s.read()
	if err != nil {
		return nil, err
	}
	differences, err := s.Compare(ctx)
	if err != nil {
		return nil, err
	}
	if all {
		ids = s.allIDs(differences)
	} else if len(ids) == 0 {
		for _, d := range differences {
			if d.Side == InStored {
				ids = append(ids, d.ID)
			}
		}
	}
	var set []written
	var remove []string
	var results []Result
	for _, id := range ids {
		source, err := s.Sources.Get(inventory.SourceID(id))
		if err != nil {
			if !slices.ContainsFunc(differences, func(d Difference) bool { return d.ID == id }) {
				return nil, err
			}
			remove = append(remove, id)
			results = append(results, Result{ID: id, Action: Deleted})
			continue
		}
		p, err := s.Sources.Plugin(source.Plugin)
		if err != nil {
			results = append(results, Result{ID: id, Err: err})
			continue
		}
		entry, secrets := EntryOf(p, source)
		set = append(set, written{entry, secrets})
		results = append(results, Result{ID: id, Action: Changed})
	}
	if len(set)+len(remove) == 0 {
		return results, nil
	}
	after, err := edit(text, set, remove)
	if err != nil {
		return nil, err
	}
	if err := replace(s.File, text, after); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := s.remember(ctx, id, ""); err != nil {
			return results, err
		}
	}
	return results, nil
}

func (s *Service) allIDs(differences []Difference) []string {
	var ids []string
	for _, source := range s.Sources.List() {
		ids = append(ids, string(source.ID))
	}
	for _, d := range differences {
		if !d.Stored {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// Export returns stored sources as a file; without IDs, all of them.
func (s *Service) Export(ids []string) ([]byte, error) {
	var entries []Entry
	secret := make(map[string]bool)
	for _, source := range s.Sources.List() {
		if len(ids) > 0 && !slices.Contains(ids, string(source.ID)) {
			continue
		}
		p, err := s.Sources.Plugin(source.Plugin)
		if err != nil {
			continue // a plugin that this Unity does not have says nothing of its secrets
		}
		entry, secrets := EntryOf(p, source)
		secret[entry.ID] = secrets
		entries = append(entries, entry)
	}
	for _, id := range ids {
		if _, err := s.Sources.Get(inventory.SourceID(id)); err != nil {
			return nil, err
		}
	}
	return Format(entries, secret)
}

// Import makes the sources of a file. Those that are there already are changed
// only when replace says so. A trial says what would be done and does nothing.
func (s *Service) Import(ctx context.Context, text []byte, replace, trial bool) ([]Result, error) {
	entries, err := Parse(text)
	if err != nil {
		return nil, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	var results []Result
	for _, entry := range entries {
		result := Result{ID: entry.ID, Action: Kept}
		d, differs := s.compareEntry(entry, "")
		d.draft.Origin = inventory.User
		switch {
		case len(d.Problems) > 0:
			result.Action, result.Err = "", d.Problems
		case !differs || d.Stored && !replace:
		case trial && d.Stored:
			result.Action = Changed
		case trial:
			result.Action = Created
		default:
			result.Action, result.Err = s.make(ctx, d.draft, d.Stored)
		}
		results = append(results, result)
	}
	return results, nil
}
