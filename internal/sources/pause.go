package sources

import (
	"context"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// pauseArea is where it is kept until when sources are paused.
const pauseArea = "pause"

// maxPause bounds a pause, so that a slip of the pen is noticed.
const maxPause = 366 * 24 * time.Hour

// lookEvery bounds how long a pause may outlast its end when the clock of the
// machine was set or the machine slept.
const lookEvery = time.Minute

// Pause lets a source rest until a time; then it is collected again by itself,
// also when Unity was restarted meanwhile. Enabling or disabling it before ends
// the pause.
func (s *Service) Pause(ctx context.Context, id inventory.SourceID, until time.Time) (inventory.Source, error) {
	until = until.UTC().Truncate(time.Millisecond)
	switch now := s.Now(); {
	case !until.After(now):
		return inventory.Source{}, Invalid{{Path: "until", Message: "must be in the future"}}
	case until.After(now.Add(maxPause)):
		return inventory.Source{}, Invalid{{Path: "until", Message: "must be within a year; disable the source instead"}}
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	source, err := s.Get(id)
	if err != nil {
		return inventory.Source{}, err
	}
	// First, so that a source whose pause is not known never rests.
	if err := s.Notes.SetNote(ctx, pauseArea, string(id), until.Format(time.RFC3339Nano)); err != nil {
		return inventory.Source{}, err
	}
	if source.Enabled {
		enabled := false
		if source, err = s.update(ctx, id, Change{Enabled: &enabled}); err != nil {
			return inventory.Source{}, errors.Join(err, s.endPause(ctx, id))
		}
	}
	s.setPause(id, until)
	return source, nil
}

// PausedUntil returns when a source that is paused for a time wakes; zero for
// all others.
func (s *Service) PausedUntil(id inventory.SourceID) time.Time {
	s.reading.RLock()
	defer s.reading.RUnlock()
	return s.pauses[id]
}

// Run wakes sources whose pause is over, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.waking:
		case <-timer.C:
		}
		timer.Reset(s.wake(ctx))
	}
}

// wake enables the sources whose pause is over and returns when to look again.
func (s *Service) wake(ctx context.Context) time.Duration {
	next := lookEvery
	s.changing.Lock()
	defer s.changing.Unlock()
	for id, until := range s.allPauses() {
		if left := until.Sub(s.Now()); left > 0 {
			next = min(next, left)
			continue
		}
		enabled := true
		_, err := s.update(ctx, id, Change{Enabled: &enabled})
		if err == nil || fault.Of(err) == fault.NotFound {
			err = s.endPause(ctx, id)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("source is paused for longer than asked for", "source", id, "reason", err)
		}
	}
	return next
}

// recallPauses reads what was kept of pauses. The caller holds changing.
func (s *Service) recallPauses(ctx context.Context) error {
	notes, err := s.Notes.Notes(ctx, pauseArea)
	if err != nil {
		return fault.Wrap(err, "reading until when sources are paused")
	}
	for name, value := range notes {
		id := inventory.SourceID(name)
		source, missing := s.Get(id)
		until, unreadable := time.Parse(time.RFC3339Nano, value)
		if missing == nil && unreadable == nil && !source.Enabled {
			s.setPause(id, until)
			continue
		}
		// Unity ended between two steps of a change.
		if err := s.Notes.DeleteNote(ctx, pauseArea, name); err != nil {
			return fault.Wrap(err, "forgetting the pause of source %q", id)
		}
	}
	return nil
}

func (s *Service) allPauses() map[inventory.SourceID]time.Time {
	s.reading.RLock()
	defer s.reading.RUnlock()
	all := make(map[inventory.SourceID]time.Time, len(s.pauses))
	for id, until := range s.pauses {
		all[id] = until
	}
	return all
}

func (s *Service) setPause(id inventory.SourceID, until time.Time) {
	s.reading.Lock()
	s.pauses[id] = until
	s.reading.Unlock()
	select {
	case s.waking <- struct{}{}:
	default: // it is about to look anyway
	}
}

// endPause forgets until when a source was paused, if it was.
func (s *Service) endPause(ctx context.Context, id inventory.SourceID) error {
	if s.PausedUntil(id).IsZero() {
		return nil
	}
	if err := s.Notes.DeleteNote(ctx, pauseArea, string(id)); err != nil {
		return err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	delete(s.pauses, id)
	return nil
}
