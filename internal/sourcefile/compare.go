package sourcefile

import (
	"context"
	"encoding/json"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/plugin"
)

// Side says which side of a source was changed since both agreed.
type Side string

// The sides.
const (
	InFile   Side = "file"   // apply makes it so
	InStored Side = "stored" // through the interface or the API; write makes it so
	InBoth   Side = "both"   // apply takes the file's, write takes what is stored
)

// Difference is a source about which the file and what is stored do not agree.
type Difference struct {
	ID   string
	Side Side
	// File and Stored say where it is at all.
	File, Stored bool
	// Changes lead from what is stored to what the file says.
	Changes []inventory.Change
	// Problems say why the file's cannot be used.
	Problems sources.Invalid

	entry Entry
	draft sources.Draft
}

// compare returns the differences, those of the file first.
func (s *Service) compare(ctx context.Context, entries []Entry) ([]Difference, error) {
	agreed, err := s.agreed(ctx)
	if err != nil {
		return nil, err
	}
	var all []Difference
	listed := make(map[string]bool)
	for _, entry := range entries {
		listed[entry.ID] = true
		if d, differs := s.compareEntry(entry, agreed[entry.ID]); differs {
			all = append(all, d)
		}
	}
	// What was in the file and is not any more.
	for _, source := range s.Sources.List() {
		base, was := agreed[string(source.ID)]
		if listed[string(source.ID)] || !was {
			continue
		}
		d := Difference{ID: string(source.ID), Side: InFile, Stored: true}
		if p, err := s.Sources.Plugin(source.Plugin); err == nil && canonical(p, draftOf(source)) != base {
			d.Side = InBoth
		}
		all = append(all, d)
	}
	return all, nil
}

// compareEntry compares an entry with what is stored under its ID.
func (s *Service) compareEntry(entry Entry, base string) (Difference, bool) {
	d := Difference{ID: entry.ID, Side: InFile, File: true, entry: entry}
	source, err := s.Sources.Get(inventory.SourceID(entry.ID))
	d.Stored = err == nil
	p, err := s.Sources.Plugin(entry.Plugin)
	if err != nil {
		d.Problems = sources.Invalid{{Path: "plugin", Message: err.Error()}}
		return d, true
	}
	if d.Stored && source.Plugin != p.ID() {
		d.Problems = sources.Invalid{{Path: "plugin", Message: "cannot be changed; delete the source first, or give this one another ID"}}
		return d, true
	}
	if d.draft, err = entry.draft(p, source.Config); err != nil {
		d.Problems = problemsOf(err)
		return d, true
	}
	if err := s.Sources.Validate(d.draft); err != nil {
		d.Problems = problemsOf(err)
		return d, true
	}
	wanted := canonical(p, d.draft)
	if !d.Stored {
		if base != "" { // it was deleted there
			d.Side = InStored
			if wanted != base {
				d.Side = InBoth
			}
		}
		return d, true
	}
	has := canonical(p, draftOf(source))
	switch {
	case wanted == has:
		return d, false
	case wanted == base:
		d.Side = InStored
	case has != base:
		d.Side = InBoth
	}
	d.Changes = changes(p, has, wanted)
	return d, true
}

func problemsOf(err error) sources.Invalid {
	if invalid, ok := err.(sources.Invalid); ok { //nolint:errorlint // it comes as it is
		return invalid
	}
	return sources.Invalid{{Path: "config", Message: err.Error()}}
}

// maxChanges bounds what is shown of a source.
const maxChanges = 100

// changes returns what leads from one form of a source to another, without
// secrets.
func changes(p plugin.Plugin, from, to string) []inventory.Change {
	found, _, err := inventory.Difference(redacted(p, from), redacted(p, to), maxChanges)
	if err != nil {
		return nil
	}
	if len(found) == 0 { // only secrets differ
		mark := json.RawMessage(`"` + stars + `"`)
		found = []inventory.Change{{Path: "$.config", Old: mark, New: mark}}
	}
	return found
}

func redacted(p plugin.Plugin, text string) json.RawMessage {
	form := object(json.RawMessage(text))
	config, err := json.Marshal(form["config"])
	if err != nil {
		return json.RawMessage("{}")
	}
	form["config"] = p.Redact(config)
	out, err := json.Marshal(form)
	if err != nil {
		return json.RawMessage("{}")
	}
	return out
}
