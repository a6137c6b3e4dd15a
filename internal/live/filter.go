package live

import (
	"slices"

	"github.com/unity-homelab/unity/internal/inventory"
)

// Filter chooses what is told. Each empty list stands for everything.
type Filter struct {
	// Sources are IDs; "*" is every source.
	Sources []inventory.SourceID
	Topics  []Topic
	// Metrics are names; samples of others are left out.
	Metrics []string
}

// choice is which samples of a message are told; nil for all.
type choice struct {
	names map[string]struct{}
	key   string // the sorted names as one
}

func choose(names []string) *choice {
	if len(names) == 0 {
		return nil
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	c := &choice{names: make(map[string]struct{}, len(sorted)), key: keyOf(sorted)}
	for _, name := range sorted {
		c.names[name] = struct{}{}
	}
	return c
}

// compiled is a filter made for asking.
type compiled struct {
	name   string
	set    *sourceSet // nil for every source
	topics uint8      // as bits
	choice *choice
	// since is the number of the message after which it has got all that it
	// takes.
	since uint64
}

// compile makes a filter for asking. The caller holds the hub's mu.
func (h *Hub) compile(name string, f Filter) compiled {
	c := compiled{name: name, choice: choose(f.Metrics), since: h.told}
	for _, topic := range f.Topics {
		c.topics |= topic.bit()
	}
	if len(f.Topics) == 0 {
		c.topics = 0xff
	}
	if len(f.Sources) > 0 && !slices.Contains(f.Sources, "*") {
		c.set = h.share(f.Sources)
	}
	return c
}

// takes reports whether the filter chooses the message.
func (c *compiled) takes(m *message) bool {
	if c.topics&m.topic.bit() == 0 || c.set != nil && !c.set.has(m) {
		return false
	}
	if m.topic != TopicMetrics || c.choice == nil {
		return true
	}
	for name := range c.choice.names {
		if _, ok := m.names[name]; ok {
			return true
		}
	}
	return false
}

// chooses reports whether some of the filters takes the message, and which
// samples all of them choose together.
func chooses(filters []compiled, m *message) (*choice, bool) {
	var chosen *choice
	var names []string
	taken := 0
	for i := range filters {
		filter := &filters[i]
		if !filter.takes(m) {
			continue
		}
		if m.topic != TopicMetrics || filter.choice == nil {
			return nil, true
		}
		taken++
		chosen = filter.choice
		for name := range filter.choice.names {
			names = append(names, name)
		}
	}
	if taken > 1 {
		chosen = choose(names)
	}
	return chosen, taken > 0
}
