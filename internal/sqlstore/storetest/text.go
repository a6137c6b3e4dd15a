package storetest

import (
	"encoding/json"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// testText commits text that some databases do not take: were it refused, the
// writer would stand still for good.
func testText(t *testing.T, open Opener) {
	t.Helper()
	hostile := []string{
		"a\x00b", "\x00", "broken \xff\xfe bytes", "half \xe2\x82", "\U0001F525 fire", "a'b\"c\\d`e%s?$1", "\u202Eright to left",
	}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for i, text := range hostile {
			rec := succeeded("s", i)
			rec.Run.Problem = &inventory.Problem{Kind: fault.Partial, Message: text, Hint: text}
			rec.State.Problem = rec.Run.Problem
			rec.Events = []inventory.Event{{
				Time: rec.Run.Start, Kind: "k", Source: "s", Severity: inventory.Info, Title: text, Detail: map[string]string{"text": text},
			}}
			rec.Snapshot = json.RawMessage(`{"n":1}`)
			rec.Values = map[string]json.RawMessage{"v": json.RawMessage(`"x"`)}
			must(t, store.Commit(t.Context(), rec))
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		events, err := store.Events(t.Context(), inventory.EventFilter{Limit: 100})
		must(t, err)
		if len(events) != len(hostile) {
			t.Errorf("there are %d events of %d", len(events), len(hostile))
		}
		for i, want := range hostile[4:] {
			if got := events[len(hostile[4:])-1-i].Title; got != want {
				t.Errorf("%q came back as %q", want, got)
			}
		}
		runs, err := store.Runs(t.Context(), inventory.RunFilter{Source: "s", Limit: 100})
		must(t, err)
		if len(runs) != len(hostile) {
			t.Errorf("there are %d runs of %d", len(runs), len(hostile))
		}
	})
}
