// Package sources manages what is watched: it creates, changes, tests and
// removes sources, so that the database, the schedule and the event list always
// agree.
//
// A change goes one way: it is validated against the plugin, stored, handed to
// the schedule, and told as an event. What was refused leaves everything as it
// was.
package sources

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

// Store keeps the sources and knows what became of them.
type Store interface {
	inventory.Sources
	States(ctx context.Context) ([]inventory.State, error)
	Values(ctx context.Context, source inventory.SourceID) (map[string]json.RawMessage, error)
}

// Notes keeps small things by area and name.
type Notes interface {
	Notes(ctx context.Context, area string) (map[string]string, error)
	SetNote(ctx context.Context, area, name, value string) error
	DeleteNote(ctx context.Context, area, name string) error
}

// Scheduler collects the sources it is given.
type Scheduler interface {
	Set(ctx context.Context, target schedule.Target, state inventory.State, values map[string]json.RawMessage)
	Remove(id inventory.SourceID)
	RunNow(ctx context.Context, id inventory.SourceID) (inventory.Run, error)
	Next(id inventory.SourceID) time.Time
}

// Teller writes down what happened outside of any run.
type Teller interface {
	Tell(ctx context.Context, event inventory.Event) error
}

// Settings are what a Service is made of. Every field is required.
type Settings struct {
	Plugins   []plugin.Plugin
	Store     Store
	Notes     Notes
	Scheduler Scheduler
	Teller    Teller
	// Forget is called with a source that is gone.
	Forget func(id inventory.SourceID)
	// HostFor returns the world as a collector may touch it.
	HostFor schedule.HostFor
	Host    inventory.HostID
	Log     *slog.Logger
	Now     func() time.Time
}

// Service manages the sources. Its methods may be called at the same time.
type Service struct {
	Settings

	plugins   map[string]plugin.Plugin // by ID
	intervals atomic.Pointer[map[string]time.Duration]

	changing sync.Mutex // held for the whole of a change
	reading  sync.RWMutex
	sources  map[inventory.SourceID]inventory.Source
	list     []inventory.Source               // of them, sorted by ID; nil when it has to be made
	pauses   map[inventory.SourceID]time.Time // when those that are paused for a time wake
	waking   chan struct{}                    // says that pauses changed
}

// New returns a service that knows no sources yet; see Start.
func New(settings Settings) *Service {
	plugins := make(map[string]plugin.Plugin, len(settings.Plugins))
	for _, p := range settings.Plugins {
		plugins[p.ID()] = p
	}
	return &Service{
		Settings: settings, plugins: plugins, sources: make(map[inventory.SourceID]inventory.Source),
		pauses: make(map[inventory.SourceID]time.Time), waking: make(chan struct{}, 1),
	}
}

// Start reads the sources and hands them to the schedule.
func (s *Service) Start(ctx context.Context) error {
	stored, err := s.Store.Sources(ctx)
	if err != nil {
		return fault.Wrap(err, "reading the sources")
	}
	states, err := s.Store.States(ctx)
	if err != nil {
		return fault.Wrap(err, "reading the states of the sources")
	}
	byID := make(map[inventory.SourceID]inventory.State, len(states))
	for _, state := range states {
		byID[state.Source] = state
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	for _, source := range stored {
		s.remember(source)
		if err := s.schedule(ctx, source, byID[source.ID]); err != nil {
			s.Log.Warn("source is not collected", "source", source.ID, "reason", err)
		}
	}
	return s.recallPauses(ctx)
}

// Plugin returns the plugin a person may have meant, or a fault of kind
// NotFound.
func (s *Service) Plugin(typed string) (plugin.Plugin, error) {
	// Lists ask for the plugin of each source, and sources have it right.
	if p, known := s.plugins[typed]; known {
		return p, nil
	}
	return plugin.Find(s.Plugins, typed)
}

// List returns every source, sorted by ID. It is shared and must not be changed.
func (s *Service) List() []inventory.Source {
	s.reading.RLock()
	list := s.list
	s.reading.RUnlock()
	if list != nil {
		return list
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.list == nil {
		s.list = slices.SortedFunc(maps.Values(s.sources), func(a, b inventory.Source) int { return cmp.Compare(a.ID, b.ID) })
	}
	return s.list
}

// Get returns one source, or a fault of kind NotFound.
func (s *Service) Get(id inventory.SourceID) (inventory.Source, error) {
	s.reading.RLock()
	defer s.reading.RUnlock()
	source, ok := s.sources[id]
	if !ok {
		return inventory.Source{}, fault.New(fault.NotFound, "there is no source %q", id)
	}
	return source, nil
}

// Next returns when the source is collected next; zero when it is not.
func (s *Service) Next(id inventory.SourceID) time.Time { return s.Scheduler.Next(id) }

// RunNow collects a source at once and waits for the run.
func (s *Service) RunNow(ctx context.Context, id inventory.SourceID) (inventory.Run, error) {
	source, err := s.Get(id)
	if err != nil {
		return inventory.Run{}, err
	}
	if !source.Enabled {
		return inventory.Run{}, fault.New(fault.Conflict, "source %q is disabled", id).WithHint("enable it first")
	}
	return s.Scheduler.RunNow(ctx, id)
}

// schedule hands a source to the scheduler, which lets a disabled one rest.
func (s *Service) schedule(ctx context.Context, source inventory.Source, state inventory.State) error {
	p, err := s.Plugin(source.Plugin)
	if err != nil {
		return err
	}
	values, err := s.Store.Values(ctx, source.ID)
	if err != nil {
		return fault.Wrap(err, "reading what source %q keeps between runs", source.ID)
	}
	s.Scheduler.Set(ctx, schedule.Target{
		Source: source, Plugin: p, Interval: s.IntervalOf(source), Group: group(source.Config),
	}, state, values)
	return nil
}

func (s *Service) remember(source inventory.Source) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.sources[source.ID] = source
	s.list = nil
}

func (s *Service) forget(id inventory.SourceID) {
	s.reading.Lock()
	defer s.reading.Unlock()
	delete(s.sources, id)
	s.list = nil
}

func (s *Service) tell(ctx context.Context, source inventory.Source, kind, title string) {
	err := s.Teller.Tell(ctx, inventory.Event{
		Time: s.Now(), Kind: kind, Source: source.ID, Host: source.Host, Severity: inventory.Info, Title: title,
	})
	if err != nil {
		s.Log.Warn("event is not written down", "event", title, "reason", err)
	}
}
