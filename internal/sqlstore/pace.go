package sqlstore

import (
	"fmt"
	"sync"
	"time"
)

// pace makes writing rarer when more is written in a day than may be: the
// journal is synced less often, so that a power cut may take more, and the
// database is written less often, so that more is in memory.
type pace struct {
	sync, seal time.Duration // as asked for

	mu      sync.Mutex
	limit   int64   // bytes a day; zero: none
	factor  float64 // by which both are longer
	since   time.Time
	written int64 // at that time
	perDay  int64 // as last measured
}

const (
	// slower is by how much both intervals get longer at once.
	slower = 1.5
	// longestSync and longestSeal bound them.
	longestSync = 10 * time.Minute
	longestSeal = 12 * time.Hour
	// longestFactor bounds how much longer the shortest intervals get.
	longestFactor = 20
	// paceWindow is for how long it is measured at least. It also has to take in
	// what is rare.
	paceWindow = time.Hour
)

func newPace(options Options) *pace {
	return &pace{sync: options.SyncInterval, seal: options.SealInterval, limit: options.MaxWritePerDay, factor: 1}
}

// setLimit changes how many bytes may be written in a day. What was measured is
// judged by it the next time.
func (p *pace) setLimit(limit int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit = limit; limit <= 0 {
		p.factor, p.since = 1, time.Time{}
	}
}

// limited reports whether there is a limit.
func (p *pace) limited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit > 0
}

// syncInterval returns how often the journal is synced.
func (p *pace) syncInterval() time.Duration { return p.stretched(p.sync, longestSync) }

// sealInterval returns how long a sample waits in memory at most.
func (p *pace) sealInterval() time.Duration { return p.stretched(p.seal, longestSeal) }

func (p *pace) stretched(interval, longest time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(interval, min(longest, time.Duration(p.factor*float64(interval))))
}

// slowest is the largest factor that changes an interval that matters: sealing
// every second, as in front of a server, writes nothing to the disk here.
func (p *pace) slowest() float64 {
	return max(1, float64(longestSync)/float64(p.sync), min(longestFactor, float64(longestSeal)/float64(p.seal)))
}

// observe takes in how much was written until now, and reports whether the pace
// is another one since.
func (p *pace) observe(now time.Time, written int64) bool {
	window := max(paceWindow, p.sealInterval()+p.sealInterval()/4)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit <= 0 {
		return false
	}
	if p.since.IsZero() || now.Before(p.since) {
		p.since, p.written = now, written
		return false
	}
	passed := now.Sub(p.since)
	if passed < window {
		return false
	}
	p.perDay = int64(float64(written-p.written) / passed.Hours() * 24)
	p.since, p.written = now, written
	switch {
	case p.perDay > p.limit && p.factor < p.slowest():
		p.factor = min(p.slowest(), p.factor*slower)
	case p.perDay < p.limit/2 && p.factor > 1:
		p.factor = max(1, p.factor/slower)
	default:
		return false
	}
	return true
}

// note says that the pace is not the one asked for, and why; empty when it is.
func (p *pace) note() string {
	syncs, seals := p.syncInterval(), p.sealInterval()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.factor == 1 {
		return ""
	}
	text := fmt.Sprintf("Written less often to stay within storage.max_write_per_day: a power cut may take %s instead of %s, and the database is written every %s.",
		syncs.Round(time.Second), p.sync, seals.Round(time.Second))
	if p.perDay > p.limit {
		text += fmt.Sprintf(" It is %d MB a day nevertheless.", p.perDay/1e6)
	}
	return text
}

// measure looks how much was written.
func (db *DB) measure() {
	if db.options.Written == nil || !db.pace.limited() {
		return
	}
	written, err := db.options.Written()
	if err != nil {
		db.options.Log.Warn("asking how much was written", "error", err)
		return
	}
	if db.pace.observe(db.options.Now(), written) {
		db.options.Log.Warn("writing at another pace to stay within storage.max_write_per_day",
			"sync_interval", db.pace.syncInterval(), "seal_interval", db.pace.sealInterval(),
			"note", db.pace.note(), "max_write_per_day", db.limits.Load().MaxWritePerDay)
	}
}
