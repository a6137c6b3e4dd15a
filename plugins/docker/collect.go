package docker

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
)

// What changes seldom is asked again after these times, when no event says
// earlier that it changed.
const (
	inspectEvery = 5 * time.Minute
	listEvery    = 5 * time.Minute
	usageEvery   = time.Hour
	retryEvery   = time.Minute // after a refusal
)

// collector watches one engine.
type collector struct {
	config config
	host   plugin.Host
	env    environment

	client    *client // nil until auto has found a socket
	engine    engine
	connected bool

	containers map[string]*known // by ID
	rates      delta.Tracker[rateKey]
	images     cached[[]apiImage]
	volumes    cached[[]apiVolume]
	networks   cached[[]apiNetwork]
	swarm      cached[swarm]
	usage      usage

	feed       feed
	stopStream context.CancelFunc
	resumed    bool
	before     []apiEvent // what happened before the first run
	history    history
	lost       int
	told       struct {
		run    int64
		events int
	}
}

var _ interface {
	plugin.Collector
	plugin.Checker
} = (*collector)(nil)

// rateKey names a counter of one start of a container.
type rateKey struct {
	id      string
	started int64
	what    byte
}

// Check tells whether the engine answers and its containers may be listed.
func (c *collector) Check(ctx context.Context) error {
	if err := c.connect(ctx); err != nil {
		return err
	}
	_, err := c.list(ctx)
	return err
}

// Close ends the event stream and what runs in the background.
func (c *collector) Close() error {
	c.stopStream()
	c.usage.stop()
	c.feed.streams.Wait()
	if c.client != nil {
		c.client.close()
	}
	return nil
}

// Collect takes the measurements of the engine.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	if err := c.connect(ctx); err != nil {
		return err
	}
	// Time to say what was had, when something hangs.
	asking, cancel := reserve(ctx)
	defer cancel()

	c.resume()
	if c.config.CollectEvents {
		out.Problem(fault.Partly(c.listen(asking)))
	}
	list, err := c.list(asking)
	if err != nil {
		c.connected = false
		return err
	}
	now := c.host.Now()
	changed, stale := c.feed.take()
	picked, left := c.pick(list)
	if left > 0 {
		out.Problem(fault.New(fault.Partial, "%d of %d containers are left out", left, left+len(picked)).
			WithHint("raise max_containers, now %d, or exclude containers by name or label", c.config.MaxContainers))
	}
	watched := c.track(picked, changed)
	out.Problem(c.inspect(asking, watched, now))
	out.Problem(c.measure(asking, watched, now))
	c.askLists(asking, stale, now)
	c.usage.ask(asking, c, now)

	for _, problem := range c.standing() {
		out.Problem(problem)
	}
	c.emit(out, list, watched)
	c.report(out)
	out.SetSnapshot(c.document(list, watched, left))
	return nil
}

// reserve leaves a fifth of the time, at most a second, for what comes after
// asking.
func reserve(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(time.Second, time.Until(deadline)/5)))
}

// list asks for all containers.
func (c *collector) list(ctx context.Context) ([]apiContainer, error) {
	var list []apiContainer
	err := c.client.get(ctx, "/containers/json", url.Values{"all": {"1"}}, &list)
	if err != nil {
		return nil, fault.Wrap(err, "listing containers")
	}
	return list, nil
}

// pick returns the containers that are watched, by name, and how many more
// there are than max_containers.
func (c *collector) pick(list []apiContainer) (picked []apiContainer, left int) {
	for _, container := range list {
		if !c.config.IncludeStopped && !running(container.State) {
			continue
		}
		if c.config.wants(container.name(), maps.All(container.Labels)) {
			picked = append(picked, container)
		}
	}
	slices.SortStableFunc(picked, func(a, b apiContainer) int {
		return cmp.Or(-compareBool(running(a.State), running(b.State)), cmp.Compare(a.name(), b.name()))
	})
	if left = len(picked) - c.config.MaxContainers; left > 0 {
		picked = picked[:c.config.MaxContainers]
	}
	slices.SortStableFunc(picked, func(a, b apiContainer) int { return cmp.Compare(a.name(), b.name()) })
	return picked, max(0, left)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// running reports whether a container in that state has processes.
func running(state string) bool { return state == "running" || state == "paused" }

// cached is an answer that is kept for a while.
type cached[T any] struct {
	value T
	err   error
	have  bool // value is good, be it an old one
	next  time.Time
}

// due reports whether it is time to ask again.
func (c *cached[T]) due(now time.Time, stale bool) bool { return stale || !now.Before(c.next) }

// set keeps an answer, or that there is none.
func (c *cached[T]) set(value T, err error, now time.Time, every time.Duration) {
	c.err = err
	if err != nil {
		c.next = now.Add(min(every, retryEvery))
		return
	}
	c.value, c.have, c.next = value, true, now.Add(every)
}

// askLists asks for images, volumes, networks and the swarm, each when it is
// due.
func (c *collector) askLists(ctx context.Context, stale map[string]bool, now time.Time) {
	if c.images.due(now, stale["image"]) {
		var images []apiImage
		err := c.client.get(ctx, "/images/json", nil, &images)
		c.images.set(images, fault.Wrap(err, "listing images"), now, listEvery)
	}
	if c.volumes.due(now, stale["volume"]) {
		var volumes apiVolumes
		err := c.client.get(ctx, "/volumes", nil, &volumes)
		c.volumes.set(volumes.Volumes, fault.Wrap(err, "listing volumes"), now, listEvery)
	}
	if c.networks.due(now, stale["network"]) {
		var networks []apiNetwork
		err := c.client.get(ctx, "/networks", nil, &networks)
		c.networks.set(networks, fault.Wrap(err, "listing networks"), now, listEvery)
	}
	if c.config.CollectSwarm && c.swarm.due(now, false) {
		value, err := c.askSwarm(ctx)
		c.swarm.set(value, err, now, retryEvery)
	}
}

// standing returns what could not be had, this time or the last time it was
// asked for.
func (c *collector) standing() []error {
	var problems []error
	for _, err := range []error{c.engine.problem, c.images.err, c.volumes.err, c.networks.err, c.swarm.err, c.usage.problem()} {
		problems = append(problems, fault.Partly(err))
	}
	return problems
}

// several makes one fault of those that the same question had for several
// containers.
func several(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return fault.Partly(errs[0])
	default:
		return fault.As(fault.Partial, errs[0], "%d containers, among them", len(errs))
	}
}
