package sqlstore

import (
	"strings"
	"testing"
	"time"
)

func TestWhoeverWritesTooMuchWritesLessOften(t *testing.T) {
	t.Parallel()
	p := newPace(Options{SyncInterval: 30 * time.Second, SealInterval: 4 * time.Hour, MaxWritePerDay: 48e6})
	now, written := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), int64(1e9)
	// What is written: for each sync something, and for each seal something.
	pass := func(days int) {
		for range days * 24 * 6 {
			now = now.Add(10 * time.Minute)
			written += int64(30e3 * 10 * 60 / p.syncInterval().Seconds())
			written += int64(4e6 * (10 * time.Minute).Hours() / p.sealInterval().Hours())
			p.observe(now, written)
		}
	}
	pass(1)
	if p.note() == "" {
		t.Error("after a day of writing more than it may, nothing is different")
	}
	pass(4)
	if p.perDay > 48e6 || p.syncInterval() > 5*time.Minute {
		t.Errorf("%d bytes are written a day, syncing every %v", p.perDay, p.syncInterval())
	}
	if note := p.note(); !strings.Contains(note, "max_write_per_day") || strings.Contains(note, "nevertheless") {
		t.Errorf("it says %q", note)
	}

	p.limit = 1e9 // as after the load went away
	pass(10)
	if p.syncInterval() != 30*time.Second || p.sealInterval() != 4*time.Hour || p.note() != "" {
		t.Errorf("with room again it syncs every %v and says %q", p.syncInterval(), p.note())
	}

	p.limit = 1e6
	pass(30)
	if p.syncInterval() != longestSync || p.sealInterval() != longestSeal {
		t.Errorf("at most it syncs every %v and seals every %v", p.syncInterval(), p.sealInterval())
	}
	if note := p.note(); !strings.Contains(note, "nevertheless") {
		t.Errorf("where it cannot be kept it says %q", note)
	}
}

func TestWithoutALimitThePaceIsTheOneAskedFor(t *testing.T) {
	t.Parallel()
	p := newPace(Options{SyncInterval: 20 * time.Minute, SealInterval: time.Second})
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for hour := range 100 {
		if p.observe(now.Add(time.Duration(hour)*time.Hour), int64(hour)*1e12) {
			t.Fatal("the pace changed")
		}
	}
	if p.syncInterval() != 20*time.Minute || p.sealInterval() != time.Second {
		t.Errorf("it syncs every %v and seals every %v", p.syncInterval(), p.sealInterval())
	}
}
