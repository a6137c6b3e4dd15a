package docker

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxEventBytes bounds one event: the labels of a container are part of it.
const maxEventBytes = 1 << 20

// streamPatience is how long a run waits for the event stream to begin.
const streamPatience = time.Second

// lookBack is how far the first run looks for what happened before it.
const lookBack = time.Hour

// events reads events until the answer or ctx ends. It calls flowing when the
// answer has begun and goes on for as long as the engine likes.
func (c *client) events(ctx context.Context, query url.Values, add func(apiEvent), flowing func()) error {
	response, err := c.do(ctx, "/events", query)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.ContentLength < 0 {
		flowing()
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxEventBytes)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		e, err := decodeEvent(lines.Bytes())
		if err != nil {
			return fault.As(fault.BadAnswer, err, "reading the answer to GET /events")
		}
		add(e)
	}
	if err := lines.Err(); err != nil {
		return fault.Wrap(c.plain(err), "reading the answer to GET /events")
	}
	return nil
}

// listen makes sure that the event stream is open. When it is not, it asks for
// what happened since the last event first: in the very first run, for what
// happened lately, so that there is something to see.
func (c *collector) listen(ctx context.Context) error {
	if c.feed.open() {
		return nil
	}
	now := c.client.clock(c.host.Now())
	since, known := c.feed.since()
	if known {
		if err := c.client.events(ctx, c.upToNow(since, now), c.feed.add, func() {}); err != nil {
			return fault.Wrap(err, "catching up with events")
		}
	} else {
		var before []apiEvent
		add := func(e apiEvent) { before = append(before, e) }
		if err := c.client.events(ctx, c.upToNow(now.Add(-lookBack), now), add, func() {}); err != nil {
			return fault.Wrap(err, "looking back at events")
		}
		c.before = before
		keys := make([]uint64, 0, len(before))
		for _, e := range before {
			keys = append(keys, eventKey(e))
		}
		c.feed.begin(now.UnixNano(), keys)
	}
	since, _ = c.feed.since()
	// The stream outlives this run; Close ends it.
	streaming, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.stopStream()
	c.stopStream = cancel
	begun := c.feed.follow(streaming, c.client, c.query(since))
	// What the stream brings at once belongs to this run.
	patience := time.NewTimer(streamPatience)
	defer patience.Stop()
	select {
	case <-begun:
	case <-patience.C:
	case <-ctx.Done():
	}
	return nil
}

// query asks for all that happens from since on.
func (c *collector) query(since time.Time) url.Values {
	filters := map[string][]string{"type": {"container", "image", "volume", "network"}}
	if !c.engine.podman { // which calls some of them otherwise
		filters["event"] = watched()
	}
	raw, err := json.Marshal(filters)
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return url.Values{"filters": {string(raw)}, "since": {apiTime(since)}}
}

// upToNow asks for what happened from since to now, which ends by itself.
func (c *collector) upToNow(since, now time.Time) url.Values {
	query := c.query(since)
	if c.engine.podman { // 4.3 answers nothing to an until in whole seconds
		query.Set("stream", "false")
	} else {
		query.Set("until", apiTime(now))
	}
	return query
}

// resume goes on where the stored history ends, and drops what is in it.
func (c *collector) resume() {
	raw := c.host.State.Get(historyKey)
	stored := loadHistory(raw)
	if !c.resumed {
		c.resumed = true
		c.feed.begin(stored.Newest, stored.Keys)
	}
	if stored.Run == c.told.run && stored.Run != 0 {
		c.feed.drop(c.told.events)
		c.before = nil
	}
	c.told.run, c.told.events = 0, 0
	c.history = stored
}

// report tells of what happened since the stored history. When this run is
// thrown away the next one tells of it again.
func (c *collector) report(out *plugin.Batch) {
	if !c.config.CollectEvents {
		return
	}
	if since, known := c.feed.since(); known && c.history.Run == 0 {
		c.history = c.history.recalled(c.before, c.engine.podman, c.wantsEvent)
		c.history.Newest = max(c.history.Newest, since.Add(overlap).UnixNano())
		c.history.Run = 0
	}
	events, lost := c.feed.pending()
	next, told, n := c.history.after(events, c.engine.podman, c.wantsEvent)
	if n > 0 || c.history.Run == 0 && next.Newest != 0 {
		out.Problem(plugin.Keep(c.host.State, historyKey, next))
		c.told.run, c.told.events = next.Run, n
		c.history = next
	}
	for _, event := range told {
		out.Event(event)
	}
	if lost > c.lost {
		out.Problem(fault.New(fault.Partial, "%d events were left out, because more than %d waited", lost-c.lost, maxQueued))
		c.lost = lost
	}
	if c.history.Newest == 0 {
		return // never heard anything: not allowed, most likely
	}
	for _, word := range actions() {
		out.Add("docker_events_total", float64(c.history.Counts[word]), "action", word)
	}
}

// wantsEvent reports whether an event is of a container that is watched.
func (c *collector) wantsEvent(e apiEvent) bool {
	return c.config.wants(e.Actor.Attributes["name"], maps.All(e.Actor.Attributes))
}
