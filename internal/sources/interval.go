package sources

import (
	"context"
	"maps"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// IntervalOf returns how often a source is collected: as it says itself, or
// else as those of its plugin are.
func (s *Service) IntervalOf(source inventory.Source) time.Duration {
	if source.Interval > 0 {
		return source.Interval
	}
	return s.DefaultInterval(source.Plugin)
}

// DefaultInterval returns how often the sources of a plugin are collected that
// do not say so themselves; zero for a plugin that is not known.
func (s *Service) DefaultInterval(pluginID string) time.Duration {
	if intervals := s.intervals.Load(); intervals != nil {
		if interval, set := (*intervals)[pluginID]; set {
			return interval
		}
	}
	p, err := s.Plugin(pluginID)
	if err != nil {
		return 0
	}
	return p.Manifest().Interval
}

// SetIntervals says how often the sources of some plugins are collected that do
// not say so themselves, by the ID of the plugin; those of others as their
// plugin says. It is at once so. A plugin that is not known is a fault of kind
// NotFound, and changes nothing.
func (s *Service) SetIntervals(ctx context.Context, wanted map[string]time.Duration) error {
	intervals := make(map[string]time.Duration, len(wanted))
	for typed, interval := range wanted {
		p, err := s.Plugin(typed)
		if err != nil {
			return err
		}
		intervals[p.ID()] = interval
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	before := s.intervals.Swap(&intervals)
	if before != nil && maps.Equal(*before, intervals) {
		return nil
	}
	for _, source := range s.List() {
		if source.Interval > 0 {
			continue
		}
		state, err := s.state(ctx, source.ID)
		if err != nil {
			return err
		}
		if err := s.schedule(ctx, source, state); err != nil {
			return fault.Wrap(err, "collecting source %q at another interval", source.ID)
		}
	}
	return nil
}
