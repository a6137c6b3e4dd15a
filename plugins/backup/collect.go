package backup

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// maxThings bounds the things of one source.
	maxThings = 150
	// maxName bounds the name of a thing, in characters.
	maxName = 120
	// skew is how far in the future a backup may be before clocks are blamed.
	skew = 5 * time.Minute
)

// origin is what knows of backups.
type origin interface {
	// read asks for everything. What could not be had of some is in the report.
	read(ctx context.Context, kept *memory) (*report, error)
}

// report is what an origin told.
type report struct {
	tool, version string
	location      string // without credentials
	things        []*thing

	bytes, uncompressed *float64 // of the repository
	compression, dedup  *float64
	free                *float64
	locks               []lock
	locksKnown          bool
	check               *check
	server              *pbsServer
	problems            []error
}

func (r *report) problem(err error) {
	if err != nil {
		r.problems = append(r.problems, err)
	}
}

// lock is a lock on a repository. Only an old one is a problem: work in progress
// holds one too.
type lock struct {
	Since     time.Time `json:"since"`
	Holder    string    `json:"holder"`
	Exclusive bool      `json:"exclusive"`
}

// check is the result of the last check of a repository.
type check struct {
	At   time.Time `json:"at"`
	OK   bool      `json:"ok"`
	Text string    `json:"text"`
}

// collector watches one origin.
type collector struct {
	config config
	host   plugin.Host
	from   origin
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	kept := recall(c.host.State)
	r, err := c.from.read(ctx, kept)
	if err != nil {
		return err
	}
	now := c.host.Now()
	c.choose(r)
	for _, t := range r.things {
		t.remember(kept.Things[t.Name])
		c.judge(t, now)
	}
	c.expect(r)
	ahead(r, now)
	for _, problem := range r.problems {
		out.Problem(problem)
	}
	emit(r, c.config, now, out)
	kept.tell(r, out)
	out.Problem(plugin.Keep(c.host.State, stateKey, kept))
	out.SetSnapshot(c.document(r, now))
	return nil
}

// choose leaves the things that are watched, the newest first where there are
// too many.
func (c *collector) choose(r *report) {
	for _, t := range r.things {
		t.Name = plugin.Shorten(t.Name, maxName)
		slices.SortFunc(t.Points, func(a, b point) int { return a.At.Compare(b.At) })
	}
	r.things = slices.DeleteFunc(r.things, func(t *thing) bool { return !plugin.Selects(c.config.Include, c.config.Exclude, t.Name) })
	if more := len(r.things) - maxThings; more > 0 {
		slices.SortFunc(r.things, func(a, b *thing) int { return b.last().Compare(a.last()) })
		r.things = r.things[:maxThings]
		r.problem(fault.New(fault.Partial, "looking at things: %d more than %d were left out, those with the oldest backups", more, maxThings).
			WithHint("choose with include, exclude or group_by"))
	}
	slices.SortFunc(r.things, func(a, b *thing) int { return cmp.Compare(a.Name, b.Name) })
	r.things = slices.CompactFunc(r.things, func(a, b *thing) bool { return a.Name == b.Name })
}

// anything is the thing that a repository without any backup has none of.
const anything = "anything"

// expect adds what should have a backup and has none.
func (c *collector) expect(r *report) {
	for _, name := range c.config.Expected {
		there := slices.ContainsFunc(r.things, func(t *thing) bool {
			return (t.Name == name || (plugin.Globs{name}).Match(t.Name)) && len(t.Points) > 0
		})
		known := slices.ContainsFunc(r.things, func(t *thing) bool { return t.Name == name })
		if !there && !known {
			r.things = append(r.things, &thing{Name: name, State: stateNone, Reason: noBackup})
		}
	}
	if len(r.things) == 0 {
		r.things = append(r.things, &thing{Name: anything, State: stateNone, Reason: noBackup})
	}
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if closer, ok := c.from.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// plainAge writes a length of time as people say it.
func plainAge(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 4*day:
		return fmt.Sprintf("%d h", d/hour)
	default:
		return fmt.Sprintf("%d days", d/day)
	}
}
