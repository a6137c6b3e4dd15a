package docker

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of the feed.
const (
	maxQueued = 4096
	// overlap is asked for again whenever the stream starts anew, because
	// events may arrive a little out of order; what is known is recognised.
	overlap = 2 * time.Second
)

// feed holds the events that an engine has told of and that are not in the
// journal yet.
//
// Docker keeps the last 256 events only, those of health checks included: on a
// busy machine that is some seconds. So the stream stays open between runs, and
// what it brings waits here. An event is known by its key, so that asking again
// for what came last neither repeats nor loses anything.
type feed struct {
	mu      sync.Mutex
	queue   []apiEvent
	lost    int              // dropped because the queue was full
	known   map[uint64]int64 // key to time of the events of late
	newest  int64            // time of the newest event
	running bool             // the stream is open
	streams sync.WaitGroup   // those that have not ended
	changed map[string]bool  // IDs of containers that something happened to
	stale   map[string]bool  // kinds of object of which something came or went
}

// add takes in an event, once.
func (f *feed) add(e apiEvent) {
	key := eventKey(e)
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.known[key]; known {
		return
	}
	f.remember(key, e.TimeNano)
	if e.Type != "container" {
		setFlag(&f.stale, e.Type)
		return
	}
	setFlag(&f.changed, e.Actor.ID)
	if action(e) == "" {
		return
	}
	if len(f.queue) >= maxQueued {
		f.queue = f.queue[1:]
		f.lost++
	}
	f.queue = append(f.queue, e)
}

func setFlag(flags *map[string]bool, name string) {
	if *flags == nil {
		*flags = make(map[string]bool)
	}
	(*flags)[name] = true
}

// remember keeps the key for as long as the event could be sent again.
func (f *feed) remember(key uint64, nano int64) {
	if f.known == nil {
		f.known = make(map[uint64]int64)
	}
	f.known[key] = nano
	f.newest = max(f.newest, nano)
	if len(f.known) < maxQueued {
		return
	}
	for old, when := range f.known {
		if when < f.newest-int64(2*overlap) {
			delete(f.known, old)
		}
	}
}

// eventKey tells events apart: no two are alike in all of this.
func eventKey(e apiEvent) uint64 {
	h := fnv.New64a()
	for _, part := range []string{e.Type, e.Action, e.Actor.ID, e.Actor.Attributes["name"], strconv.FormatInt(e.TimeNano, 10)} {
		_, _ = io.WriteString(h, part)
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// take returns and clears what has happened to containers and other objects.
func (f *feed) take() (changed, stale map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed, stale = f.changed, f.stale
	f.changed, f.stale = nil, nil
	return changed, stale
}

// pending returns the events that wait, oldest first, and how many were lost
// before them.
func (f *feed) pending() ([]apiEvent, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queue[:len(f.queue):len(f.queue)], f.lost
}

// drop forgets the first n events that wait: they are in the journal.
func (f *feed) drop(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = f.queue[min(n, len(f.queue)):]
	if len(f.queue) == 0 {
		f.queue = nil // lets the memory go
	}
}

// open reports whether the stream is.
func (f *feed) open() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running
}

// begin sets where to go on: everything up to newest was told of before, and
// the last of it is known by the keys.
func (f *feed) begin(newest int64, keys []uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest = max(f.newest, newest)
	for _, key := range keys {
		f.remember(key, newest)
	}
}

// since returns the time from which on to ask again; false when there is none
// yet.
func (f *feed) since() (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Unix(0, f.newest).Add(-overlap), f.newest != 0
}

// apiTime writes a time as the API reads it: seconds and nanoseconds.
func apiTime(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}

// follow takes in what the stream brings until it ends, in its own goroutine.
// The channel is closed when the stream has begun, or ended without beginning.
func (f *feed) follow(ctx context.Context, c *client, query url.Values) <-chan struct{} {
	f.mu.Lock()
	f.running = true
	f.mu.Unlock()
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	f.streams.Go(func() {
		defer begin()
		// Why it ended does not matter: the next run opens it again, and says
		// so when it cannot.
		_ = guard(func() error { return c.events(ctx, query, f.add, begin) })
		f.mu.Lock()
		defer f.mu.Unlock()
		f.running = false
	})
	return begun
}

// watched are the actions that are asked for. Docker filters by them, so that
// health checks (three events each) do not wake Unity.
func watched() []string {
	return []string{
		"create", "start", "restart", "stop", "kill", "die", "oom", "pause", "unpause",
		"destroy", "rename", "update", "health_status", // containers
		"pull", "tag", "untag", "delete", "import", "load", "prune", "remove", // images, volumes, networks
	}
}

// actions are the words by which docker_events_total counts.
func actions() []string {
	return []string{
		"create", "start", "restart", "stop", "kill", "die", "oom", "pause", "unpause",
		"destroy", "rename", "update", "healthy", "unhealthy",
	}
}

// action returns the word of an event of a container, or "" when it is none of
// those that are watched.
func action(e apiEvent) string {
	word, detail, _ := strings.Cut(e.Action, ":")
	switch word {
	case "create", "start", "restart", "stop", "kill", "die", "oom", "pause", "unpause", "destroy", "rename", "update":
		return word
	case "remove": // Podman
		return "destroy"
	case "health_status":
		health := strings.TrimSpace(detail)
		if health == "" {
			health = e.Health
		}
		if health == "healthy" || health == "unhealthy" {
			return health
		}
	}
	return ""
}
