// Package catalog knows every series: which labels an ID stands for, which ID a
// set of labels has, and which series match.
//
// All of it is in memory. A series takes about half a kilobyte.
package catalog

import (
	"context"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/index"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
)

// Entry is one series.
type Entry struct {
	ID     series.ID
	Labels labels.Labels
}

// Catalog is the index of all series. Its methods may be called at the same time.
type Catalog struct {
	postings *index.MemPostings

	mu     sync.RWMutex
	byHash map[uint64]series.ID
	// collisions holds the few whose hash another series has already.
	collisions map[uint64][]series.ID
	byID       map[series.ID]labels.Labels
	last       series.ID // the highest ID ever given
	fresh      []Entry   // given since the last Written
}

var _ series.Index = (*Catalog)(nil)

// New returns an empty catalog.
func New() *Catalog {
	return &Catalog{
		postings:   index.NewMemPostings(),
		byHash:     make(map[uint64]series.ID),
		collisions: make(map[uint64][]series.ID),
		byID:       make(map[series.ID]labels.Labels),
	}
}

// ID returns the ID of the series with these labels, and gives it one when it
// is new.
func (c *Catalog) ID(ls labels.Labels) series.ID {
	hash := ls.Hash()
	c.mu.RLock()
	id := c.find(hash, ls)
	c.mu.RUnlock()
	if id != 0 {
		return id
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if id := c.find(hash, ls); id != 0 {
		return id
	}
	c.last++
	// The caller's labels may share memory with something long.
	entry := Entry{ID: c.last, Labels: ls.Copy()}
	c.add(hash, entry)
	c.fresh = append(c.fresh, entry)
	return entry.ID
}

// find returns the ID of labels, or 0. The caller holds mu.
func (c *Catalog) find(hash uint64, ls labels.Labels) series.ID {
	id, ok := c.byHash[hash]
	if !ok {
		return 0
	}
	if labels.Equal(c.byID[id], ls) {
		return id
	}
	for _, id := range c.collisions[hash] {
		if labels.Equal(c.byID[id], ls) {
			return id
		}
	}
	return 0
}

func (c *Catalog) add(hash uint64, entry Entry) {
	if _, taken := c.byHash[hash]; taken {
		c.collisions[hash] = append(c.collisions[hash], entry.ID)
	} else {
		c.byHash[hash] = entry.ID
	}
	c.byID[entry.ID] = entry.Labels
	c.last = max(c.last, entry.ID)
	c.postings.Add(storage.SeriesRef(entry.ID), entry.Labels)
}

// Restore adds a series that has its ID already. It is a Conflict when the ID
// stands for other labels, or the labels have another ID.
func (c *Catalog) Restore(entry Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	hash := entry.Labels.Hash()
	known, exists := c.byID[entry.ID]
	if exists && labels.Equal(known, entry.Labels) {
		return nil
	}
	if other := c.find(hash, entry.Labels); exists || other != 0 {
		return fault.New(fault.Conflict, "restoring series %d %s: the number or the labels are taken", entry.ID, entry.Labels)
	}
	c.add(hash, entry)
	return nil
}

// Skip makes sure that no ID up to and including last is given from now on.
func (c *Catalog) Skip(last series.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, last)
}

// Last returns the highest ID ever given.
func (c *Catalog) Last() series.ID {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.last
}

// Labels returns the labels of a series; false when there is no such ID.
func (c *Catalog) Labels(id series.ID) (labels.Labels, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ls, ok := c.byID[id]
	return ls, ok
}

// After returns up to n series with higher IDs, ascending.
func (c *Catalog) After(id series.ID, n int) []series.ID {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var ids []series.ID
	for id++; id <= c.last && len(ids) < n; id++ {
		if _, ok := c.byID[id]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// Len returns the number of series.
func (c *Catalog) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byID)
}

// Fresh returns the series that got their ID and are not Written yet.
func (c *Catalog) Fresh() []Entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.fresh)
}

// Written says that the first n of Fresh are kept where they survive.
func (c *Catalog) Written(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fresh = c.fresh[n:]; len(c.fresh) == 0 {
		c.fresh = nil
	}
}

// Select returns the series that match, by ascending ID.
func (c *Catalog) Select(ctx context.Context, matchers ...*labels.Matcher) ([]series.ID, error) {
	refs, err := index.ExpandPostings(c.match(ctx, matchers))
	if err != nil {
		return nil, fault.Wrap(err, "selecting series")
	}
	ids := make([]series.ID, len(refs))
	for i, ref := range refs {
		ids[i] = series.ID(ref)
	}
	return ids, nil
}

// match returns the series that match. A matcher that accepts the empty value
// also accepts series without the label, so it can only take series away.
func (c *Catalog) match(ctx context.Context, matchers []*labels.Matcher) index.Postings {
	var with, without []index.Postings
	for _, m := range matchers {
		switch {
		case m.Matches(""):
			without = append(without, c.postings.PostingsForLabelMatching(ctx, m.Name,
				func(value string) bool { return !m.Matches(value) }))
		case m.Type == labels.MatchEqual:
			with = append(with, c.postings.Postings(ctx, m.Name, m.Value))
		case len(m.SetMatches()) > 0:
			with = append(with, c.postings.Postings(ctx, m.Name, m.SetMatches()...))
		default:
			with = append(with, c.postings.PostingsForLabelMatching(ctx, m.Name, m.Matches))
		}
	}
	if len(with) == 0 {
		name, value := index.AllPostingsKey()
		with = append(with, c.postings.Postings(ctx, name, value))
	}
	found := index.Intersect(with...)
	for _, p := range without {
		found = index.Without(found, p)
	}
	return found
}

// LabelNames returns the names of all labels of the series that match, sorted.
func (c *Catalog) LabelNames(ctx context.Context, matchers ...*labels.Matcher) ([]string, error) {
	if len(matchers) == 0 {
		names := slices.DeleteFunc(c.postings.LabelNames(), func(name string) bool { return name == "" })
		slices.Sort(names)
		return names, nil
	}
	names := make(map[string]bool)
	err := c.each(ctx, matchers, func(ls labels.Labels) {
		ls.Range(func(label labels.Label) { names[label.Name] = true })
	})
	return sortedKeys(names), err
}

// LabelValues returns the values that a label has in the series that match,
// sorted.
func (c *Catalog) LabelValues(ctx context.Context, name string, matchers ...*labels.Matcher) ([]string, error) {
	values := make(map[string]bool)
	err := c.each(ctx, matchers, func(ls labels.Labels) {
		if value := ls.Get(name); value != "" {
			values[value] = true
		}
	})
	return sortedKeys(values), err
}

func (c *Catalog) each(ctx context.Context, matchers []*labels.Matcher, fn func(labels.Labels)) error {
	ids, err := c.Select(ctx, matchers...)
	for _, id := range ids {
		if ls, ok := c.Labels(id); ok {
			fn(ls)
		}
	}
	return err
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
