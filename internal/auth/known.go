package auth

import (
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
)

const (
	// knownFor is how long an identity is taken from memory. Another hub on the
	// same database may have ended it meanwhile; this one forgets at once.
	knownFor = 10 * time.Second
	maxKnown = 4096
)

// known remembers identities, so that not every request asks the database.
type known struct {
	mu         sync.Mutex
	identities map[string]remembered // by hash
	generation uint64
	changed    chan struct{}
}

type remembered struct {
	identity Identity
	at       time.Time
	expires  time.Time // zero for never
}

func newKnown() *known {
	return &known{identities: make(map[string]remembered), changed: make(chan struct{})}
}

// recall is what is remembered of a hash.
type recall struct {
	identity   Identity
	generation uint64 // to put it in with when it is asked for again
	known      bool   // it was true, and nobody here changed it since
	fresh      bool   // it need not be asked for again
}

func (k *known) get(hash string, now time.Time) recall {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.identities[hash]
	ok = ok && (r.expires.IsZero() || now.Before(r.expires))
	return recall{identity: r.identity, generation: k.generation, known: ok, fresh: ok && now.Sub(r.at) < knownFor}
}

// unless returns the identity that was remembered when the database could not be
// asked: while it is away, who was there stays.
func (r recall) unless(err error, doing string) (Identity, error) {
	if r.known && fault.Of(err) != fault.Canceled {
		return r.identity, nil
	}
	return Identity{}, fault.Wrap(err, "%s", doing)
}

// put remembers an identity, unless something changed since it was asked for.
func (k *known) put(hash string, generation uint64, r remembered) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.generation != generation {
		return
	}
	if len(k.identities) >= maxKnown {
		clear(k.identities)
	}
	k.identities[hash] = r
}

// forget forgets everybody and wakes whoever waits for a change.
func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.identities)
	k.generation++
	close(k.changed)
	k.changed = make(chan struct{})
}

func (k *known) wait() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changed
}

// Changed is closed at the next change of who may do what. Whoever serves
// somebody for long looks again then.
func (s *Service) Changed() <-chan struct{} { return s.known.wait() }
