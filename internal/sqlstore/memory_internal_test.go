package sqlstore

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
)

func emptyMemory() *Memory {
	return &Memory{current: newGeneration(), states: make(map[inventory.SourceID]inventory.State)}
}

func TestWhatIsWrittenIsLetGo(t *testing.T) {
	t.Parallel()
	m := emptyMemory()
	m.Add(&journal.Record{Run: inventory.Run{Source: "a", Start: time.UnixMilli(1)}})
	written := weak.Make(m.current)
	m.Seal()
	m.Seal()
	m.Drop()
	runtime.GC()
	if written.Value() != nil {
		t.Error("a generation that was dropped is kept")
	}
	runtime.KeepAlive(m)
}

func TestTheNewestEventsAreFoundWhateverTheirOrder(t *testing.T) {
	t.Parallel()
	m := emptyMemory()
	add := func(ids ...int64) {
		rec := &journal.Record{}
		for _, id := range ids {
			rec.Events = append(rec.Events, inventory.Event{ID: id, Source: inventory.SourceID(map[bool]string{true: "even", false: "odd"}[id%2 == 0])})
		}
		m.Add(rec)
	}
	add(4, 5)
	add(6, 7, 8)
	m.Seal()
	add(9)
	add(1, 2) // these were saved from a journal that was too long
	add(10)
	for _, test := range []struct {
		filter inventory.EventFilter
		want   []int64 // of each generation the newest, the oldest generation first
	}{
		{inventory.EventFilter{Limit: 3}, []int64{8, 7, 6, 10, 9, 2}},
		{inventory.EventFilter{Limit: 2, Source: "even"}, []int64{8, 6, 10, 2}},
		{inventory.EventFilter{Limit: 9, BeforeID: 6}, []int64{5, 4, 2, 1}},
	} {
		var got []int64
		for _, event := range m.newestEvents(test.filter) {
			got = append(got, event.ID)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v: %s", test.filter, diff)
		}
	}
}
