package pipeline

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// ahead is how far a timestamp may be in the future.
	ahead = time.Second
	// sweepEvery is after how many runs a book drops series that are gone, and
	// for how many runs one must not have been seen for that.
	sweepEvery = 64
)

// book is what the pipeline remembers about a source between runs.
type book struct {
	mu sync.Mutex

	source   inventory.SourceID
	host     inventory.HostID
	plugin   string
	declared map[string]metric.Definition

	run    uint64 // counts the batches
	series map[string]*line
	order  []*line // of the last batch, nil for what was cut
	spare  []*line // memory for the next order
	key    []byte  // scratch
	up     series.ID

	last         int64 // timestamp of the latest run
	seed         maphash.Seed
	snapshot     uint64 // sum of the latest document
	haveSnapshot bool   // whether snapshot says anything
	asked        bool   // for the document of an earlier life
}

// line is a series of a source as it is known here.
type line struct {
	id     series.ID
	name   string
	labels metric.Labels
	fault  error  // why it is refused
	seen   uint64 // the last batch it was in
	kept   uint64 // the last batch it was kept of
}

// open makes the book that of a source. A source that moved to another host or
// plugin has other series.
func (b *book) open(source inventory.Source, p plugin.Plugin) {
	if b.series != nil && b.host == source.Host && b.plugin == p.ID() {
		return
	}
	if b.series == nil {
		b.seed = maphash.MakeSeed()
	}
	b.source, b.host, b.plugin = source.ID, source.Host, p.ID()
	definitions := p.Manifest().Metrics
	b.declared = make(map[string]metric.Definition, len(definitions))
	for _, definition := range definitions {
		b.declared[definition.Name] = definition
	}
	b.series, b.order, b.up = make(map[string]*line), nil, 0
}

// timestamp returns the time of a run in milliseconds: not in the future, and
// later than the run before.
func (b *book) timestamp(start, previous, now time.Time) int64 {
	at := start.UnixMilli()
	if latest := now.Add(ahead).UnixMilli(); at > latest {
		at = now.UnixMilli()
	}
	last := b.last
	if last == 0 && !previous.IsZero() {
		last = previous.UnixMilli()
	}
	return max(at, last+1, 0)
}

// upSample returns the sample that says whether the run succeeded.
func (b *book) upSample(index series.Index, succeeded bool) series.Sample {
	if b.up == 0 {
		b.up = index.ID(labels.FromStrings(
			model.MetricNameLabel, "up", "host", string(b.host), "plugin", b.plugin, "source", string(b.source)))
	}
	sample := series.Sample{Series: b.up}
	if succeeded {
		sample.Value = 1
	}
	return sample
}

// find returns the line of a sample; nil when it is new, and then b.key is its
// key. In most batches the series come in the order of the one before, where
// the hint is.
func (b *book) find(name string, own metric.Labels, hint int) *line {
	if hint < len(b.order) {
		if l := b.order[hint]; l != nil && l.name == name && slices.Equal(l.labels, own) {
			return l
		}
	}
	b.key = appendKey(b.key[:0], name, own)
	return b.series[string(b.key)]
}

// enter makes a line for a series that is new; b.key is its key. Nothing of the
// batch is kept by it: a label may be part of a whole answer.
func (b *book) enter(index series.Index, name string, own metric.Labels) *line {
	l := &line{name: strings.Clone(name), labels: make(metric.Labels, 0, len(own))}
	for _, label := range own {
		l.labels = append(l.labels, metric.Label{Name: strings.Clone(label.Name), Value: strings.Clone(label.Value)})
	}
	l.fault = b.check(l)
	if l.fault == nil {
		l.id = index.ID(b.stored(l))
	}
	b.series[string(b.key)] = l
	return l
}

// check returns why a series is refused.
func (b *book) check(l *line) error {
	definition, ok := b.declared[l.name]
	if !ok {
		return fault.New(fault.Internal, "metric %s is not declared by %s", l.name, b.plugin)
	}
	for i, label := range l.labels {
		switch {
		case !slices.Contains(definition.Labels, label.Name):
			return fault.New(fault.Internal, "metric %s does not declare the label %s", l.name, label.Name)
		case label.Name == "host" || label.Name == "source" || label.Name == model.MetricNameLabel:
			return fault.New(fault.Internal, "metric %s has the label %s, which is Unity's", l.name, label.Name)
		case i > 0 && l.labels[i-1].Name == label.Name:
			return fault.New(fault.Internal, "metric %s has the label %s twice", l.name, label.Name)
		}
	}
	return nil
}

// stored returns the labels of a series as they are stored.
func (b *book) stored(l *line) labels.Labels {
	builder := labels.NewScratchBuilder(len(l.labels) + 3)
	builder.Add(model.MetricNameLabel, l.name)
	builder.Add("host", string(b.host))
	builder.Add("source", string(b.source))
	for _, label := range l.labels {
		builder.Add(label.Name, label.Value)
	}
	builder.Sort()
	return builder.Labels()
}

// sweep drops lines that have not been seen for a while.
func (b *book) sweep() {
	if b.run%sweepEvery != 0 {
		return
	}
	for key, l := range b.series {
		if b.run-l.seen > sweepEvery {
			delete(b.series, key)
		}
	}
}

func (b *book) keepSnapshot(document []byte) {
	b.snapshot, b.haveSnapshot = maphash.Bytes(b.seed, document), true
}

// appendKey writes what tells series apart. Lengths keep texts from running
// into each other.
func appendKey(key []byte, name string, own metric.Labels) []byte {
	key = appendText(key, name)
	for _, label := range own {
		key = appendText(key, label.Name)
		key = appendText(key, label.Value)
	}
	return key
}

func appendText(key []byte, text string) []byte {
	key = binary.AppendUvarint(key, uint64(len(text)))
	return append(key, text...)
}
