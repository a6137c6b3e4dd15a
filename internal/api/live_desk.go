package api

import (
	"cmp"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// LiveLimits bound who may listen to the live stream at the same time. Zero
// stands for the default.
type LiveLimits struct {
	// Connections are those of everybody; 2,500.
	Connections int
	// PerUser are those of one account, its tokens included; 250.
	PerUser int
}

// lookAgain is how often it is checked that whoever listens still may. A change
// in this Unity is noticed at once, one in another at this pace.
const lookAgain = 30 * time.Second

// desk knows who listens.
type desk struct {
	limits  LiveLimits
	auth    *auth.Service
	batches sync.Pool

	mu      sync.Mutex
	streams map[*liveStream]struct{} // those that have begun
	users   map[string]int           // by ID, with those that begin
	all     int
	deserts chan struct{} // closed when nobody is left; nil while nobody is there
}

func newDesk(limits LiveLimits, accounts *auth.Service) *desk {
	limits.Connections = cmp.Or(limits.Connections, 2500)
	limits.PerUser = cmp.Or(limits.PerUser, 250)
	return &desk{
		limits: limits, auth: accounts, streams: make(map[*liveStream]struct{}), users: make(map[string]int),
		batches: sync.Pool{New: func() any { return new(batch) }},
	}
}

// admit makes room for a stream, or says why there is none. Whoever is
// administrator of the machine is always let in.
func (d *desk) admit(stream *liveStream) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if user := stream.who.User; user != "" {
		switch {
		case d.users[user] >= d.limits.PerUser:
			return fault.New(fault.RateLimited, "%s has %d live connections, and no more are allowed for one account", stream.who.Name, d.limits.PerUser).
				WithHint("close some, or raise live.per_user in the settings")
		case d.all >= d.limits.Connections:
			return fault.New(fault.RateLimited, "there are %d live connections, and no more are allowed", d.limits.Connections).
				WithHint("try again later, or raise live.connections in the settings")
		}
	}
	d.users[stream.who.User]++
	d.all++
	return nil
}

// follow sees to it that a stream ends when who listens may not any more.
func (d *desk) follow(stream *liveStream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams[stream] = struct{}{}
	if d.deserts == nil {
		d.deserts = make(chan struct{})
		go d.watch(d.deserts)
	}
}

// leave gives the room of a stream back.
func (d *desk) leave(stream *liveStream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.streams, stream)
	if d.users[stream.who.User]--; d.users[stream.who.User] == 0 {
		delete(d.users, stream.who.User)
	}
	if d.all--; d.all == 0 && d.deserts != nil {
		close(d.deserts)
		d.deserts = nil
	}
}

// watch ends the streams of those who may not listen any more, until nobody is
// left.
func (d *desk) watch(deserted <-chan struct{}) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		changed := d.auth.Changed()
		for _, stream := range d.begun() {
			stream.lookAgain()
		}
		select {
		case <-deserted:
			return
		case <-changed:
		case <-ticker.C:
		}
	}
}

func (d *desk) begun() []*liveStream {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*liveStream, 0, len(d.streams))
	for stream := range d.streams {
		all = append(all, stream)
	}
	return all
}
