package selection

import (
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// set goes through the selected series and leaves out those without samples.
type set struct {
	*fetch
	at  int
	err error
}

var _ storage.SeriesSet = (*set)(nil)

// Next goes to the next series that has samples.
func (s *set) Next() bool {
	for s.err == nil && s.at+1 < len(s.series) {
		s.at++
		if s.at >= s.fetched {
			if s.err = s.some(); s.err != nil {
				return false
			}
		}
		if len(s.series[s.at].groups) > 0 {
			return true
		}
		s.series[s.at] = nil
	}
	return false
}

// At returns the series that the set stands at.
func (s *set) At() storage.Series { return s.series[s.at] }

// Err returns what ended the set early.
func (s *set) Err() error { return s.err }

// Warnings returns none: there is nothing to warn of.
func (s *set) Warnings() annotations.Annotations { return nil }

// late goes through all selected series, while others fetch their blocks: who
// reads one waits for it, and is told there what went wrong.
type late struct {
	*fetch
	at int
}

var _ storage.SeriesSet = (*late)(nil)

// Next goes to the next series.
func (l *late) Next() bool {
	if l.at < 0 && len(l.series) > 0 {
		for i, one := range l.series {
			one.fetch, one.number = l.fetch, i
		}
		go l.all()
	}
	l.at++
	return l.at < len(l.series)
}

// At returns the series that the set stands at.
func (l *late) At() storage.Series { return l.series[l.at] }

// Err returns nothing: see the iterators.
func (l *late) Err() error { return nil }

// Warnings returns none: there is nothing to warn of.
func (l *late) Warnings() annotations.Annotations { return nil }
