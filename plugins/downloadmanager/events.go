package downloadmanager

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const (
	// seenKey is where what was seen is kept in the state of the source. It is
	// stored with the run that told of changes, so that none is told of twice.
	seenKey = "seen"
	// maxSeen bounds of how many downloads it is remembered how they were; a
	// download takes some twenty bytes, of 64 KiB that there are.
	maxSeen = 2000
	// maxTold bounds the events of one run; the rest is one more event.
	maxTold = 20
)

// seen is what the next run is compared with.
type seen struct {
	Client string `json:"client"`
	// Items are how downloads were: open, done or failed, the first letter.
	Items map[string]string `json:"items"`
	// Full says that there were more, so that one that is not in Items may not
	// be new.
	Full bool `json:"full,omitempty"`
	tally
}

// tally counts the jobs that ended since watching began.
type tally struct {
	Success float64 `json:"success"`
	Failed  float64 `json:"failed"`
}

// how is how a download is, as it is remembered.
func (i *item) how() string {
	switch {
	case i.state == failed:
		return "f"
	case i.done:
		return "d"
	default:
		return "o"
	}
}

// key is what a download is remembered by.
func (i *item) key() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(i.id)) // it never says no
	return strconv.FormatUint(h.Sum64(), 36)
}

// tell tells what happened to downloads since the run before, and returns how many
// jobs ended since watching began.
func (c *collector) tell(r *reading, now time.Time, out *plugin.Batch) (tally, error) {
	was, known := plugin.Recall[seen](c.host.State, seenKey)
	if was.Client != r.client {
		was, known = seen{}, false
	}
	is := seen{Client: r.client, Items: make(map[string]string, min(len(r.items), maxSeen)), tally: was.tally}
	items := make([]*item, len(r.items))
	for i := range r.items {
		items[i] = &r.items[i]
	}
	slices.SortFunc(items, func(a, b *item) int { return cmp.Or(b.latest().Compare(a.latest()), cmp.Compare(a.id, b.id)) })
	told := 0
	for _, one := range items {
		key, how := one.key(), one.how()
		before, there := was.Items[key]
		if _, twice := is.Items[key]; twice {
			continue
		}
		if len(is.Items) < maxSeen {
			is.Items[key] = how
		} else {
			is.Full = true
		}
		if !known || there && before == how || !there && was.Full {
			continue
		}
		event, happened := one.event(there, before, now)
		if one.past && how != "o" {
			is.count(how)
		}
		if !happened {
			continue
		}
		if told++; told <= maxTold {
			out.Event(event)
		}
	}
	if told > maxTold {
		out.Event(plugin.Event{Time: now, Kind: "download_more", Severity: plugin.Info, Title: fmt.Sprintf("%d more downloads changed", told-maxTold)})
	}
	return is.tally, plugin.Keep(c.host.State, seenKey, is)
}

func (t *tally) count(how string) {
	if how == "f" {
		t.Failed++
	} else {
		t.Success++
	}
}

// latest is when something last happened to a download, as far as it says so;
// what is not finished counts as new, so that it is remembered first.
func (i *item) latest() time.Time {
	if !i.done {
		return time.Unix(1<<35, 0)
	}
	if i.finished.After(i.added) {
		return i.finished
	}
	return i.added
}

// event is what happened to a download.
func (i *item) event(there bool, before string, now time.Time) (plugin.Event, bool) {
	event := plugin.Event{Time: now, Severity: plugin.Info, Detail: map[string]string{"state": i.state}}
	if i.category != "" {
		event.Detail["category"] = i.category
	}
	switch how := i.how(); {
	case how == "f":
		event.Kind, event.Severity, event.Title = "download_failed", plugin.Warning, i.name+" went wrong"
		if i.why != "" {
			event.Detail["why"] = i.why
		}
	case how == "d" && before == "o", how == "d" && i.past:
		event.Kind, event.Title = "download_finished", i.name+" is finished"
	case how == "o" && before == "f":
		event.Kind, event.Title = "download_resumed", i.name+" goes on"
	case how == "o" && !there, how == "d" && !there:
		event.Kind, event.Title = "download_added", i.name+" was added"
	default:
		return plugin.Event{}, false
	}
	return event, true
}
