package proxmox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// How often what changes slowly is asked for.
	mediumEvery = 5 * time.Minute
	slowEvery   = time.Hour
	// budget bounds what is asked for beside the first things, so that whatever
	// hangs does not cost the run.
	budget = 25 * time.Second
	// atOnce is how many nodes, or guests, are asked at the same time.
	atOnce = 4
	// perRound is how many guests are asked for what has to be asked of each.
	perRound = 20
	// How long a part is left alone that is not there or not allowed, and one that
	// did not answer in time.
	restMissing = time.Hour
	restHanging = 5 * time.Minute
)

// Bounds of what is kept of one answer.
const (
	maxNodes   = 64
	maxGuests  = 2000
	maxTasks   = 2000
	maxBackups = 20_000
	maxItems   = 500
)

// report is what could not be had of a part.
type report struct {
	leftOut  []string
	problems []error
}

// rest is a part that is left alone for a while.
type rest struct {
	until   time.Time
	left    string
	problem error
}

// sight is what one collection sees.
type sight struct {
	report

	mu       sync.Mutex // of the report, while nodes are asked at once
	now      time.Time
	version  version
	cluster  *cluster // nil where there is a lone host
	nodes    []*node
	guests   []*guest
	storages []*storage
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	if err := c.guard.Refused(now); err != nil {
		return err
	}
	v, err := c.begin(ctx)
	if err := c.guard.Note(err, now); err != nil {
		return err
	}
	s := &sight{now: now, version: v}
	if err := c.look(ctx, s); err != nil {
		return err
	}
	later, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	c.askNodes(later, s)
	c.refresh(later, s)
	c.askGuests(later, s)
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, "asking %s", c.client().URL(""))
	}
	c.join(s)
	for _, problem := range slices.Concat(s.problems, c.medium.problems, c.slow.problems) {
		out.Problem(problem)
	}
	c.emit(s, out)
	out.Problem(c.tell(s, out))
	out.SetSnapshot(c.document(s))
	return nil
}

// look asks for the members of the cluster and everything in it.
func (c *collector) look(ctx context.Context, s *sight) error {
	members := make(map[string]member)
	c.part(s, "the cluster", func() error {
		return each(ctx, c, "/cluster/status", func(m member) { s.addMember(m, members) })
	})
	seen := false
	err := each(ctx, c, "/cluster/resources", func(r resource) {
		seen = s.add(r, members, c.config) || seen
	})
	switch {
	case err != nil:
		return err
	case !seen:
		// What a token may not see is hidden, not refused; every host has a storage.
		return fault.New(fault.Permission, "asking %s: the token may see no guest and no storage", c.client().URL(api+"/cluster/resources")).
			WithHint("give the role PVEAuditor on / to the user and, when its privileges are separated, to the token as well")
	}
	s.sort()
	return nil
}

// addMember takes a row of the state of the cluster.
func (s *sight) addMember(m member, members map[string]member) {
	switch {
	case m.Type == "cluster":
		s.cluster = &cluster{Name: plugin.Shorten(m.Name, 60), Quorate: bool(m.Quorate)}
	case m.Type == "node" && len(members) < maxNodes:
		members[m.Name] = m
	}
}

// add takes a row of what there is, and reports whether it is a guest or a storage.
func (s *sight) add(r resource, members map[string]member, config config) bool {
	switch r.Type {
	case "node":
		n := r.node()
		if m, known := members[n.Name]; known {
			online := bool(m.Online)
			n.Online = &online
		}
		if config.wantsNode(n.Name) && len(s.nodes) < maxNodes {
			s.nodes = append(s.nodes, n)
		}
		return false
	case typeVM, typeContainer:
		if g := r.guest(); config.wants(g) && len(s.guests) < maxGuests {
			s.guests = append(s.guests, g)
		}
		return true
	case "storage":
		if config.wantsNode(r.Node) && len(s.storages) < maxItems {
			s.storages = append(s.storages, r.store())
		}
		return true
	default:
		return false
	}
}

// part asks for something that may not be there, may not be allowed, or may hang,
// and reports whether it was had. The rest goes on without it.
func (c *collector) part(s *sight, name string, ask func() error) bool {
	s.mu.Lock()
	resting, known := c.resting[name]
	s.mu.Unlock()
	if !known || !s.now.Before(resting.until) {
		resting = c.outcome(s.now, name, ask())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(c.resting, name)
	if !resting.until.IsZero() {
		c.resting[name] = resting
	}
	if resting.left != "" && !slices.Contains(s.leftOut, resting.left) {
		s.leftOut = append(s.leftOut, resting.left)
	}
	if resting.problem != nil {
		s.problems = append(s.problems, resting.problem)
	}
	return resting == rest{}
}

// outcome is what comes of asking for a part; nothing where it was had.
func (c *collector) outcome(now time.Time, name string, err error) rest {
	switch fault.Of(err) {
	case "":
		return rest{}
	case fault.NotInstalled:
		return rest{until: now.Add(restMissing)}
	case fault.NotFound, fault.Unsupported:
		return rest{until: now.Add(restMissing), left: name + ": not in this version"}
	case fault.Permission:
		said, _, _ := strings.Cut(err.Error(), ": GET ")
		return rest{until: now.Add(restMissing), left: name + ": " + said}
	case fault.Timeout:
		return rest{until: now.Add(restHanging), problem: fault.Wrap(err, "asking for %s", name)}
	default:
		return rest{problem: fault.Wrap(err, "asking for %s", name)}
	}
}

// several does something for each of a list, some at once.
func several[T any](all []T, do func(T)) {
	var group sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, one := range all {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			do(one)
		})
	}
	group.Wait()
}

// askNodes asks each node that is there how it is.
func (c *collector) askNodes(ctx context.Context, s *sight) {
	several(s.online(), func(n *node) {
		base := "/nodes/" + n.Name
		c.part(s, "the state of "+n.Name, func() (err error) {
			n.status, err = get[nodeStatus](ctx, c, base+"/status")
			return err
		})
		c.part(s, "the storages of "+n.Name, func() (err error) {
			n.storages, err = list[nodeStorage](ctx, c, base+"/storage", maxItems)
			return err
		})
	})
}

// askGuests asks some guests for what has to be asked of each, in turns.
func (c *collector) askGuests(ctx context.Context, s *sight) {
	online := make(map[string]bool)
	for _, n := range s.online() {
		online[n.Name] = true
	}
	there := make(map[string]bool, len(s.guests))
	var due []*guest
	for _, g := range s.guests {
		there[g.ID] = true
		known := c.round[g.ID]
		if len(due) < perRound && online[g.Node] && (known == nil || s.now.Sub(known.at) >= slowEvery || known.running != g.running()) {
			due = append(due, g)
		}
	}
	for id := range c.round {
		if !there[id] {
			delete(c.round, id)
		}
	}
	found := make([]*detail, len(due))
	places := make([]int, len(due))
	for i := range places {
		places[i] = i
	}
	several(places, func(i int) { found[i] = c.askGuest(ctx, s, due[i]) })
	for i, g := range due {
		c.round[g.ID] = found[i]
	}
}
