package downloadmanager

import (
	"cmp"
	"slices"
	"time"
)

// document is what a person sees.
type document struct {
	Summary    summary       `json:"summary"`
	Items      []itemRow     `json:"items"`
	History    []historyRow  `json:"history"`
	Categories []categoryRow `json:"categories"`
	Disks      []disk        `json:"disks"`
	Servers    []server      `json:"servers"`
}

type summary struct {
	Client  string   `json:"client"`
	Version string   `json:"version,omitempty"`
	Items   int      `json:"downloads"`
	Active  int      `json:"active"`
	Wrong   int      `json:"errors"`
	Stuck   int      `json:"stuck"`
	Left    *float64 `json:"remaining_bytes,omitempty"`
	Down    *float64 `json:"download_bytes_per_second,omitempty"`
	Up      *float64 `json:"upload_bytes_per_second,omitempty"`
	Paused  *bool    `json:"paused,omitempty"`
	Shown   int      `json:"shown"`
}

type itemRow struct {
	Name      string     `json:"name"`
	State     string     `json:"state"`
	Progress  *float64   `json:"progress,omitempty"`
	Size      *float64   `json:"size,omitempty"`
	Remaining *float64   `json:"remaining,omitempty"`
	Down      *float64   `json:"down,omitempty"`
	Up        *float64   `json:"up,omitempty"`
	ETA       *float64   `json:"eta_seconds,omitempty"`
	Ratio     *float64   `json:"ratio,omitempty"`
	Category  string     `json:"category,omitempty"`
	Added     *time.Time `json:"added,omitempty"`
	Active    *time.Time `json:"last_activity,omitempty"`
	Error     string     `json:"error,omitempty"`
}

type historyRow struct {
	Name     string     `json:"name"`
	Result   string     `json:"result"`
	Reason   string     `json:"reason,omitempty"`
	Category string     `json:"category,omitempty"`
	Size     *float64   `json:"size,omitempty"`
	Finished *time.Time `json:"finished,omitempty"`
}

type categoryRow struct {
	Name  string `json:"name"`
	Items int    `json:"downloads"`
}

// document makes what a person sees.
func (r *reading) document(config config, now time.Time) *document {
	doc := &document{
		Summary: summary{Client: r.client, Version: r.version, Left: r.left(), Down: r.down, Up: r.up, Paused: r.paused},
		Items:   []itemRow{}, History: []historyRow{}, Categories: []categoryRow{}, Disks: slices.Concat([]disk{}, r.disks),
		Servers: slices.Concat([]server{}, r.servers[:min(len(r.servers), maxServers)]),
	}
	categories := make(map[string]float64)
	var present, past []*item
	for i := range r.items {
		one := &r.items[i]
		if one.past {
			past = append(past, one)
			continue
		}
		present = append(present, one)
		categories[cmp.Or(one.category, "none")]++
		switch {
		case one.state == failed:
			doc.Summary.Wrong++
		case one.stuck(now, config.StuckAfter.Std()):
			doc.Summary.Stuck++
		case one.state == downloading || one.state == postProcessing || rate(one.up) > 0:
			doc.Summary.Active++
		}
	}
	slices.SortFunc(present, before)
	slices.SortFunc(past, func(a, b *item) int {
		return cmp.Or(b.finished.Compare(a.finished), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	doc.Summary.Items = len(present)
	for _, one := range present[:min(len(present), config.MaxRows)] {
		doc.Items = append(doc.Items, one.row())
	}
	doc.Summary.Shown = len(doc.Items)
	for _, one := range past[:min(len(past), config.MaxRows)] {
		row := historyRow{Name: one.name, Result: "success", Category: one.category, Size: one.size, Finished: shown(one.finished)}
		if one.state == failed {
			row.Result, row.Reason = "failed", one.why
		}
		doc.History = append(doc.History, row)
	}
	for _, name := range most(categories, maxCategories) {
		doc.Categories = append(doc.Categories, categoryRow{name, int(categories[name])})
	}
	return doc
}

// before puts what went wrong first, then what comes in, the fastest first, then
// what goes out and the rest by name.
func before(a, b *item) int {
	return cmp.Or(
		cmp.Compare(urgency(a), urgency(b)), cmp.Compare(rate(b.down), rate(a.down)), cmp.Compare(rate(b.up), rate(a.up)),
		cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id),
	)
}

func urgency(i *item) int {
	switch i.state {
	case failed:
		return 0
	case downloading, postProcessing:
		return 1
	case stalled:
		return 2
	default:
		return 3
	}
}

func rate(value *float64) float64 {
	if value == nil {
		return 0
	}
	return *value
}

func (i *item) row() itemRow {
	return itemRow{
		Name: i.name, State: i.state, Progress: i.progress, Size: i.size, Remaining: i.remaining, Down: i.down, Up: i.up, ETA: i.eta, Ratio: i.ratio,
		Category: i.category, Added: shown(i.added), Active: shown(i.active), Error: i.why,
	}
}

func shown(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
