package live

import (
	"cmp"
	"slices"
)

// queue is what waits for one subscriber, in the order in which it was first
// told of. Its memory is bounded by what there are messages about, and by the
// number of events.
type queue struct {
	items []item // from head on
	head  int
	// begun is how many items ever were taken out of the slice, and places where
	// each slot's last item is, counted from the first one that ever was. A place
	// may be out of date: see waiting.
	begun  uint32
	places []uint32
	events int
	holes  int // where events were dropped
	lost   int // events that were dropped and not told of
}

// item is a message that waits.
type item struct {
	message *message // nil for an event that was dropped
	choice  *choice
	merged  int
	first   uint64 // the number of the first message that it stands for
}

// keepItems is how much room for items an empty queue keeps.
const keepItems = 32

// waiting returns the item of a slot, if one waits.
func (q *queue) waiting(slot uint32) *item {
	if int(slot) >= len(q.places) {
		return nil
	}
	at := int(int32(q.places[slot] - q.begun))
	if at < q.head || at >= len(q.items) {
		return nil
	}
	// The slot's place may be from before others came there.
	if m := q.items[at].message; m == nil || m.topic == TopicEvent || m.slot != slot {
		return nil
	}
	return &q.items[at]
}

// put adds a message at the end.
func (q *queue) put(m *message, chosen *choice) {
	if len(q.items) == cap(q.items) {
		q.compact()
	}
	q.items = append(q.items, item{message: m, choice: chosen, first: m.number})
	if m.topic == TopicEvent {
		q.events++
		return
	}
	q.place(len(q.items) - 1)
}

// compact takes out what was taken and what was dropped, if that is worth it.
func (q *queue) compact() {
	if q.head+q.holes <= len(q.items)/2 {
		return
	}
	q.begun += uint32(q.head)
	q.items = slices.DeleteFunc(slices.Delete(q.items, 0, q.head), func(i item) bool { return i.message == nil })
	q.head, q.holes = 0, 0
	q.index()
}

// index notes where all items are.
func (q *queue) index() {
	for i := q.head; i < len(q.items); i++ {
		if m := q.items[i].message; m != nil && m.topic != TopicEvent {
			q.place(i)
		}
	}
}

// place notes where the last item of a slot is.
func (q *queue) place(at int) {
	slot := int(q.items[at].message.slot)
	if slot >= len(q.places) {
		q.places = append(q.places, make([]uint32, slot+1-len(q.places))...)
	}
	q.places[slot] = q.begun + uint32(at)
}

// dropEvent gives up the oldest event.
func (q *queue) dropEvent() {
	for i := q.head; i < len(q.items); i++ {
		if m := q.items[i].message; m != nil && m.topic == TopicEvent {
			q.items[i] = item{first: q.items[i].first}
			q.events--
			q.holes++
			q.lost++
			return
		}
	}
}

// take returns the item that has waited longest.
func (q *queue) take() (item, bool) {
	for q.head < len(q.items) {
		taken := q.items[q.head]
		q.items[q.head] = item{}
		if q.head++; q.head == len(q.items) {
			q.begun += uint32(q.head)
			q.items, q.head = q.items[:0], 0
			if cap(q.items) > keepItems {
				q.items = nil
			}
		}
		if taken.message == nil {
			q.holes--
			continue
		}
		if taken.message.topic == TopicEvent {
			q.events--
			taken.merged, q.lost = q.lost, 0
		}
		return taken, true
	}
	return item{}, false
}

// oldest returns the number of the first message that is not taken yet; false
// when none waits.
func (q *queue) oldest() (uint64, bool) {
	if q.head == len(q.items) {
		return 0, false
	}
	return q.items[q.head].first, true
}

// sort brings what waits into its order after older messages were put in.
func (q *queue) sort() {
	waiting := q.items[q.head:]
	slices.SortStableFunc(waiting, func(a, b item) int { return cmp.Compare(a.first, b.first) })
	q.index()
}
