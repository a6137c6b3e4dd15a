package storetest

import (
	"testing"
)

func testNotes(t *testing.T, store direct) {
	t.Helper()
	notes := store.Notes()
	must(t, notes.SetNote(t.Context(), "pause", "b", "1"))
	must(t, notes.SetNote(t.Context(), "pause", "B", "…"))
	must(t, notes.SetNote(t.Context(), "pause", "b", "2"))
	must(t, notes.SetNote(t.Context(), "setting", "b", "3"))
	must(t, notes.DeleteNote(t.Context(), "setting", "none"))
	got, err := notes.Notes(t.Context(), "pause")
	must(t, err)
	same(t, "notes", map[string]string{"b": "2", "B": "…"}, got)
	must(t, notes.DeleteNote(t.Context(), "pause", "b"))
	got, err = notes.Notes(t.Context(), "pause")
	must(t, err)
	same(t, "notes after deleting one", map[string]string{"B": "…"}, got)
	got, err = notes.Notes(t.Context(), "setting")
	must(t, err)
	same(t, "notes of another area", map[string]string{"b": "3"}, got)
}
