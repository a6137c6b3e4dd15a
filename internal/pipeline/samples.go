package pipeline

import (
	"math"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// samplesOf returns the samples of a batch as they are stored and as they are
// told.
func (p *Pipeline) samplesOf(b *book, batch *plugin.Batch, notes *notes) ([]series.Sample, []metric.Sample) {
	samples := batch.Samples()
	b.run++
	room := p.roomFor(b, samples)
	size := min(len(samples), p.config.MaxSeries)
	stored := make([]series.Sample, 0, size+1) // and up
	told := make([]metric.Sample, 0, size)
	order := b.spare[:0]
	for i := range samples {
		sample := &samples[i]
		own := cleanLabels(sample.Labels)
		l := b.find(sample.Name, own, i)
		admitted := room.admits(l, b.run, len(own) > 0)
		if admitted && l == nil {
			l = b.enter(p.store, sample.Name, own)
		}
		if i < p.config.MaxSeries {
			order = append(order, l)
		}
		if !admitted {
			notes.cut++
			continue
		}
		l.seen = b.run
		switch {
		case l.fault != nil:
			notes.refuse(l.fault)
		case math.IsNaN(sample.Value) || math.IsInf(sample.Value, 0):
			notes.refuse(fault.New(fault.Internal, "metric %s: %v is not a number", l.name, sample.Value))
		case l.kept == b.run:
			notes.refuse(fault.New(fault.Internal, "%s%s is there twice", l.name, l.labels))
		default:
			l.kept = b.run
			stored = append(stored, series.Sample{Series: l.id, Value: sample.Value})
			told = append(told, metric.Sample{Name: l.name, Labels: l.labels, Value: sample.Value})
		}
	}
	b.order, b.spare = order, b.order
	b.sweep()
	p.refused.Add(int64(notes.refused))
	p.cut.Add(int64(notes.cut))
	notes.limit = p.config.MaxSeries
	return stored, told
}

// room decides which series of a batch are kept when there are too many.
// Unlabelled ones always are, for their number is declared. Of the others those
// go first that were kept the last time, so that the choice does not change
// from run to run.
type room struct {
	limited    bool
	known, new int // places left
}

func (p *Pipeline) roomFor(b *book, samples []metric.Sample) room {
	if len(samples) <= p.config.MaxSeries {
		return room{}
	}
	places, known := p.config.MaxSeries, 0
	for i := range samples {
		own := cleanLabels(samples[i].Labels)
		if len(own) == 0 {
			places--
		} else if l := b.find(samples[i].Name, own, i); l != nil && l.kept == b.run-1 {
			known++
		}
	}
	places = max(places, 0)
	return room{limited: true, known: min(known, places), new: max(places-known, 0)}
}

// admits takes a place for a series; l is nil for one that is new.
func (r *room) admits(l *line, run uint64, labelled bool) bool {
	switch {
	case !r.limited || !labelled:
		return true
	case l != nil && l.kept == run:
		return true // it is there twice, which is said as such
	case l != nil && l.kept == run-1:
		r.known--
		return r.known >= 0
	default:
		r.new--
		return r.new >= 0
	}
}

// cleanLabels returns labels with clean values and without empty ones, which
// mean the same as none. It returns the same slice when there is nothing to do.
func cleanLabels(own metric.Labels) metric.Labels {
	good := true
	for i := range own {
		good = good && own[i].Value != "" && len(own[i].Value) <= maxLabelBytes && !dirty(own[i].Value)
	}
	if good {
		return own
	}
	cleaned := make(metric.Labels, 0, len(own))
	for _, label := range own {
		if value := clean(label.Value, maxLabelBytes); value != "" {
			cleaned = append(cleaned, metric.Label{Name: label.Name, Value: value})
		}
	}
	return cleaned
}
