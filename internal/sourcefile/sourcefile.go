package sourcefile

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
)

// Sealer seals what is remembered of the file, in which there may be secrets.
type Sealer interface {
	Seal(plain, place string) string
	Open(sealed, place string) (string, error)
}

// Settings are what a Service is made of. Every field is required, File excepted.
type Settings struct {
	// File is the settings file; it need not be there. Without a name there is
	// nothing to keep together.
	File    string
	Sources *sources.Service
	Notes   sources.Notes
	Sealer  Sealer
	Teller  sources.Teller
	// Auto applies what was changed in the file by itself, unless it was changed on
	// the other side, too.
	Auto bool
	Log  *slog.Logger
	Now  func() time.Time
}

// Service keeps a file and what is stored together. Its methods may be called at
// the same time.
type Service struct {
	Settings

	changing sync.Mutex // held for the whole of a change

	mu      sync.Mutex
	problem *inventory.Problem

	// The file as it was used the last time, and as it was looked at. Both belong
	// to whoever calls Look.
	used, seen []byte
}

// New returns a service.
func New(settings Settings) *Service { return &Service{Settings: settings} }

// lookEvery is how often the file is looked at.
const lookEvery = 5 * time.Second

// noteArea is where it is kept what both sides agreed on.
const noteArea = "file"

// Run looks after the file until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if s.File == "" {
		return nil
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.Look(ctx)
		}
	}
}

// Look reads the file and uses it when it changed and is the same as at the look
// before: an editor may be in the middle of writing it. What is good is applied
// when that is asked for, and told; what is not leaves everything as it is, and is
// told, too. A file that is not there says nothing, not that there are no sources.
func (s *Service) Look(ctx context.Context) {
	text, err := s.read()
	if err != nil {
		s.note(ctx, err)
		return
	}
	first, settled := s.used == nil, bytes.Equal(text, s.seen)
	s.seen = append([]byte{}, text...)
	if len(text) == 0 || bytes.Equal(text, s.used) || !first && !settled {
		return
	}
	s.used = s.seen
	differences, err := s.Compare(ctx)
	if err == nil {
		err = s.use(ctx, differences, first)
	}
	s.note(ctx, err)
}

// use applies what was changed in the file only.
func (s *Service) use(ctx context.Context, differences []Difference, first bool) error {
	var ids []string
	var refused error
	waiting := 0
	for _, d := range differences {
		switch {
		case len(d.Problems) > 0:
			refused = errors.Join(refused, fault.New(fault.Config, "source %s: %s", d.ID, d.Problems))
		case d.Side == InFile && s.Auto:
			ids = append(ids, d.ID)
		case d.Side != InStored:
			waiting++
		}
	}
	if waiting > 0 && !first {
		s.tell(ctx, inventory.Info, "config_changed", "unity.yaml was changed; unity config diff shows what is not applied")
	}
	if len(ids) == 0 {
		return refused
	}
	results, err := s.Apply(ctx, ids)
	for _, result := range results {
		if result.Err != nil {
			refused = errors.Join(refused, fault.Wrap(result.Err, "source %s", result.ID))
		}
	}
	return errors.Join(err, refused)
}

// note keeps in mind what is wrong with the file, and tells it once.
func (s *Service) note(ctx context.Context, err error) {
	problem := inventory.ProblemOf(err)
	s.mu.Lock()
	before := s.problem
	s.problem = problem
	s.mu.Unlock()
	if problem != nil && (before == nil || before.Message != problem.Message) {
		s.tell(ctx, inventory.Warning, "config_refused", "unity.yaml is not used as it is: "+problem.Message)
	}
}

func (s *Service) tell(ctx context.Context, severity inventory.Severity, kind, title string) {
	event := inventory.Event{Time: s.Now(), Kind: kind, Severity: severity, Host: s.Sources.Host, Title: title}
	if err := s.Teller.Tell(ctx, event); err != nil && ctx.Err() == nil {
		s.Log.Warn("event is not written down", "event", title, "reason", err)
	}
}

// Problem returns why something in the file is not used, or nil.
func (s *Service) Problem() *inventory.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

func (s *Service) read() ([]byte, error) {
	if s.File == "" {
		return nil, fault.New(fault.NotFound, "Unity was started without a settings file").WithHint("name one with --config, or make unity.yaml where it is started")
	}
	text, err := os.ReadFile(s.File)
	if errors.Is(err, os.ErrNotExist) {
		return []byte{}, nil
	}
	if err != nil {
		return nil, fault.As(fault.Config, err, "reading the settings file")
	}
	return text, nil
}

// Compare returns where the file and what is stored do not agree.
func (s *Service) Compare(ctx context.Context) ([]Difference, error) {
	text, err := s.read()
	if err != nil {
		return nil, err
	}
	entries, err := Parse(text)
	if err != nil {
		return nil, err
	}
	differences, err := s.compare(ctx, entries)
	if err != nil {
		return nil, err
	}
	return differences, s.agree(ctx, entries, differences)
}

// agree remembers what both sides have alike.
func (s *Service) agree(ctx context.Context, entries []Entry, differences []Difference) error {
	agreed, err := s.agreed(ctx)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if slices.ContainsFunc(differences, func(d Difference) bool { return d.ID == entry.ID }) {
			continue
		}
		if err := s.remember(ctx, entry.ID, agreed[entry.ID]); err != nil {
			return err
		}
		delete(agreed, entry.ID)
	}
	for id, known := range agreed {
		if slices.ContainsFunc(differences, func(d Difference) bool { return d.ID == id }) {
			continue
		}
		if err := s.remember(ctx, id, known); err != nil { // gone on both sides
			return err
		}
	}
	return nil
}

// remember keeps a stored source as what both sides agreed on, unless that is
// known; one that is gone is forgotten.
func (s *Service) remember(ctx context.Context, id, known string) error {
	source, err := s.Sources.Get(inventory.SourceID(id))
	if err != nil {
		return s.Notes.DeleteNote(ctx, noteArea, id)
	}
	p, err := s.Sources.Plugin(source.Plugin)
	if err != nil {
		return err
	}
	form := canonical(p, draftOf(source))
	if form == known {
		return nil
	}
	return s.Notes.SetNote(ctx, noteArea, id, s.Sealer.Seal(form, "file/"+id))
}

// agreed returns what both sides agreed on, by source. What cannot be opened any
// more counts as never agreed on.
func (s *Service) agreed(ctx context.Context) (map[string]string, error) {
	notes, err := s.Notes.Notes(ctx, noteArea)
	if err != nil {
		return nil, fault.Wrap(err, "reading what unity.yaml said of sources")
	}
	for id, sealed := range notes {
		if plain, err := s.Sealer.Open(sealed, "file/"+id); err == nil {
			notes[id] = plain
		} else {
			delete(notes, id)
		}
	}
	return notes, nil
}
