package journal_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/unity-homelab/unity/internal/journal"
)

// perRound is how many records come between two syncs: about 1,200 bytes.
const perRound = 24

// filled is a journal with rounds of records, each of them synced.
func filled(t *testing.T, dir string, rounds int) (log *journal.Log, records int) {
	t.Helper()
	log = mustOpen(t, dir, journal.Options{})
	for range rounds {
		for range perRound {
			mustAppend(t, log, nil, numbered(records))
			records++
		}
		if err := log.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	return log, records
}

func TestAPageIsSyncedOnceWhereThatSavesOne(t *testing.T) {
	t.Parallel()
	const rounds, page = 60, 4096
	log, _ := filled(t, t.TempDir(), rounds)
	pages := 0
	last := int64(-1)
	_, err := log.Replay(journal.Position{}, func(entry journal.Entry) error {
		if n := int(entry.Record.Time); n%perRound == 0 {
			last = -1 // a Sync was between: what is touched now is written again
		}
		if at := entry.Start.Offset / page; at != last {
			pages, last = pages+1, at
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// The first rounds teach how much comes between two syncs.
	if pages > rounds+3 {
		t.Errorf("%d rounds send %d pages to the disk, want about one each", rounds, pages)
	}
	if size := log.Size(); size > rounds*page {
		t.Errorf("the journal has %d bytes for %d rounds", size, rounds)
	}
}

func TestPaddingIsReadOverAndCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log, records := filled(t, dir, 20)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	path := segments(t, dir)[0]
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, make([]byte, 200)) {
		t.Fatal("nothing was padded")
	}
	again := mustOpen(t, dir, journal.Options{})
	mustAppend(t, again, nil, numbered(records))
	got, loss := read(t, again, journal.Position{})
	if !slices.Equal(got, count(0, records+1)) || loss.Entries != 0 {
		t.Errorf("%d records came back of %d, and %+v was lost", len(got), records+1, loss)
	}
}

func TestNoCutAndNoFlippedByteAroundPaddingLosesMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log, records := filled(t, dir, 8)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	path := segments(t, dir)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 8; at < len(whole); at += 97 {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0xff
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		log := mustOpen(t, dir, journal.Options{})
		got, _ := read(t, log, journal.Position{})
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		// A length that was hit may cost the rest of the segment; everything
		// before the place is there.
		before := 0
		for before < len(got) && got[before] == before {
			before++
		}
		if want := records * at / len(whole) / 2; before < want {
			t.Fatalf("with byte %d damaged, records up to %d came back, want at least %d", at, before, want)
		}
	}
}
