package journal_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
)

func mustOpen(t *testing.T, dir string, options journal.Options) *journal.Log {
	t.Helper()
	log, err := journal.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func mustAppend(t *testing.T, log *journal.Log, definitions []journal.Definition, rec *journal.Record) {
	t.Helper()
	if err := log.Append(definitions, rec); err != nil {
		t.Fatal(err)
	}
}

// numbered is a small record that can be told from others.
func numbered(n int) *journal.Record {
	return &journal.Record{
		Run:     inventory.Run{Source: "s", Start: time.UnixMilli(int64(n)).UTC(), Outcome: inventory.Success},
		State:   inventory.State{Source: "s", Status: inventory.Healthy},
		Time:    int64(n),
		Samples: []series.Sample{{Series: 1, Value: float64(n)}},
	}
}

// read returns the numbers of all records behind a position.
func read(t *testing.T, log *journal.Log, from journal.Position) ([]int, journal.Loss) {
	t.Helper()
	var numbers []int
	loss, err := log.Replay(from, func(entry journal.Entry) error {
		if entry.Record != nil {
			numbers = append(numbers, int(entry.Record.Time))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers, loss
}

func count(from, to int) []int {
	var numbers []int
	for n := from; n < to; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

func TestARecordComesBackWhole(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	problem := &inventory.Problem{Kind: fault.Timeout, Message: "no answer", Hint: "look"}
	whole := &journal.Record{
		Run: inventory.Run{
			Source: "docker", Start: moment, Duration: 123456789, Attempts: 3,
			Outcome: inventory.Partial, Samples: 5, Problem: problem,
		},
		State: inventory.State{
			Source: "docker", Status: inventory.Degraded, Since: moment.Add(-time.Hour), Failures: 2,
			LastRun: moment, LastSuccess: time.UnixMilli(0).UTC(), Problem: problem,
		},
		Time: moment.UnixMilli(),
		Samples: []series.Sample{
			{Series: 7, Value: 41.53},
			{Series: 8, Value: 1e15},
			{Series: 3, Value: -0.001},
			{Series: 1 << 40, Value: 1.0 / 3},
			{Series: 9, Value: math.Copysign(0, -1)},
			{Series: 10, Value: math.MaxFloat64},
			{Series: 11, Value: math.Inf(-1)},
		},
		Snapshot: json.RawMessage(`{"containers":[{"name":"a"},{"name":"b"}]}`),
		Events: []inventory.Event{
			{
				ID: 12, Time: moment, Kind: "status_changed", Source: "docker", Host: "nas", Severity: inventory.Warning,
				Title: "docker is degraded", Detail: map[string]string{"from": "healthy", "to": "degraded"},
			},
			{ID: 13, Kind: "started"},
		},
		Values: map[string]json.RawMessage{"cursor": json.RawMessage(`{"at":5}`), "gone": json.RawMessage("null")},
	}
	definitions := []journal.Definition{
		{ID: 7, Labels: labels.FromStrings(series.NameLabel, "up", "host", "nas", "title", "Ä\x00\"")},
		{ID: 8, Labels: labels.FromStrings(series.NameLabel, "x")},
	}
	empty := &journal.Record{Events: []inventory.Event{{ID: 1, Title: "of no run"}}}

	dir := t.TempDir()
	log := mustOpen(t, dir, journal.Options{})
	mustAppend(t, log, definitions, whole)
	mustAppend(t, log, nil, empty)
	mustAppend(t, log, definitions[:1], nil)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = mustOpen(t, dir, journal.Options{})
	type entry struct {
		Definitions []journal.Definition
		Record      *journal.Record
	}
	var got []entry
	if _, err := log.Replay(journal.Position{}, func(e journal.Entry) error {
		got = append(got, entry{e.Definitions, e.Record})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []entry{{definitions, whole}, {[]journal.Definition{}, empty}, {definitions[:1], nil}}
	sameBits := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if diff := cmp.Diff(want, got, cmp.Comparer(labels.Equal), sameBits); diff != "" {
		t.Errorf("what came back differs (-want +got):\n%s", diff)
	}
}

func TestReplayBeginsAtAPosition(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, t.TempDir(), journal.Options{SegmentBytes: 400})
	var positions []journal.Position
	for n := range 50 {
		positions = append(positions, log.End())
		mustAppend(t, log, nil, numbered(n))
	}
	for _, n := range []int{0, 1, 17, 49} {
		got, _ := read(t, log, positions[n])
		if diff := cmp.Diff(count(n, 50), got); diff != "" {
			t.Errorf("replay from the start of record %d differs (-want +got):\n%s", n, diff)
		}
	}
	if got, _ := read(t, log, log.End()); got != nil {
		t.Errorf("replay from the end gave records %v", got)
	}
}

func TestTruncateRemovesWholeSegmentsAndNothingElse(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, t.TempDir(), journal.Options{SegmentBytes: 400})
	var middle journal.Position
	for n := range 50 {
		if n == 30 {
			middle = log.End()
		}
		mustAppend(t, log, nil, numbered(n))
	}
	before := log.Size()
	if err := log.Truncate(middle); err != nil {
		t.Fatal(err)
	}
	if log.Size() >= before {
		t.Errorf("the journal has %d bytes, and had %d before", log.Size(), before)
	}
	if got, _ := read(t, log, middle); !slices.Equal(got, count(30, 50)) {
		t.Errorf("behind the position are records %v", got)
	}
	if err := log.Truncate(log.End()); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, log, journal.Position{}); got != nil {
		t.Errorf("records %v are left", got)
	}
	mustAppend(t, log, nil, numbered(50))
	if got, _ := read(t, log, journal.Position{}); !slices.Equal(got, []int{50}) {
		t.Errorf("after that come records %v", got)
	}
}

func TestAnUnfinishedWriteIsCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log := mustOpen(t, dir, journal.Options{})
	for n := range 10 {
		mustAppend(t, log, nil, numbered(n))
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	path := segments(t, dir)[0]
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := (len(content) - 8) / 10 // of one record, about
	for cut := 1; cut < 3*size; cut++ {
		for _, tail := range []string{"", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff"} {
			torn := t.TempDir()
			if err := os.WriteFile(filepath.Join(torn, filepath.Base(path)), append(content[:len(content)-cut:len(content)-cut], tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			log := mustOpen(t, torn, journal.Options{})
			mustAppend(t, log, nil, numbered(99))
			got, loss := read(t, log, journal.Position{})
			kept := len(got) - 1
			if kept < 6 || !slices.Equal(got, append(count(0, kept), 99)) || loss.Entries != 0 {
				t.Fatalf("with %d bytes cut off and %q behind, records %v came back, and %+v was lost", cut, tail, got, loss)
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDamageInTheMiddleCostsOnlyWhatItHit(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(content []byte) []byte{
		"one bit":         func(content []byte) []byte { content[len(content)/2] ^= 1; return content },
		"a hole of zeros": func(content []byte) []byte { clear(content[len(content)/2:][:200]); return content },
		"another file":    func([]byte) []byte { return []byte("this is not a journal, but long enough to be one") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			log := mustOpen(t, dir, journal.Options{SegmentBytes: 2000})
			for n := range 100 {
				mustAppend(t, log, nil, numbered(n))
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			path := segments(t, dir)[1]
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			perSegment := (len(content) - 8) / 40
			if err := os.WriteFile(path, damage(content), 0o600); err != nil {
				t.Fatal(err)
			}
			log = mustOpen(t, dir, journal.Options{SegmentBytes: 2000})
			got, loss := read(t, log, journal.Position{})
			if loss.Entries == 0 || loss.Bytes == 0 {
				t.Errorf("nothing is said to be lost: %+v", loss)
			}
			lost := 100 - len(got)
			if lost == 0 || lost > perSegment || !slices.IsSorted(got) || got[0] != 0 || got[len(got)-1] != 99 {
				t.Errorf("%d records are lost, those came back: %v", lost, got)
			}
			if name == "one bit" && lost != 1 {
				t.Errorf("one bit cost %d records", lost)
			}
		})
	}
}

func TestAdvanceGoesBehindWhatAPowerCutTook(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, t.TempDir(), journal.Options{})
	mustAppend(t, log, nil, numbered(1))
	lost := journal.Position{Segment: log.End().Segment, Offset: log.End().Offset + 1000}
	if err := log.Advance(lost); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, log, nil, numbered(2))
	if got, _ := read(t, log, lost); !slices.Equal(got, []int{2}) {
		t.Errorf("behind the position are records %v, want only the new one", got)
	}
}

func TestAFullJournalRefusesAndGoesOnAfterTruncate(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, t.TempDir(), journal.Options{MaxBytes: 1000, SegmentBytes: 300})
	n := 0
	var err error
	for ; err == nil; n++ {
		err = log.Append(nil, numbered(n))
	}
	if fault.Of(err) != fault.Unreachable || fault.Hint(err) == "" {
		t.Errorf("got %v with hint %q", err, fault.Hint(err))
	}
	if got, _ := read(t, log, journal.Position{}); !slices.Equal(got, count(0, n-1)) {
		t.Errorf("the journal has records %v, want those before the refused one", got)
	}
	if err := log.Truncate(log.End()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, log, nil, numbered(n))
}

func TestSyncMayRunWhileOthersWrite(t *testing.T) {
	t.Parallel()
	log := mustOpen(t, t.TempDir(), journal.Options{SegmentBytes: 1000})
	done := make(chan error)
	go func() {
		for n := range 200 {
			if err := log.Append(nil, numbered(n)); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for range 20 {
		if err := log.Sync(); err != nil {
			t.Error(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, log, journal.Position{}); !slices.Equal(got, count(0, 200)) {
		t.Errorf("the journal has %d records", len(got))
	}
}

func TestAFolderThatCannotBeMadeIsSaid(t *testing.T) {
	t.Parallel()
	_, err := journal.Open(filepath.Join(t.TempDir(), "missing", "journal"), journal.Options{})
	if fault.Of(err) != fault.NotFound {
		t.Errorf("got %v, want a fault of kind not_found", err)
	}
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no segments in %s: %v", dir, err)
	}
	return paths
}

// FuzzReplay opens a journal of any bytes. Whatever they are, nothing panics,
// and what is appended afterwards comes back.
func FuzzReplay(f *testing.F) {
	dir := f.TempDir()
	log, err := journal.Open(dir, journal.Options{})
	if err != nil {
		f.Fatal(err)
	}
	rec := numbered(5)
	rec.Snapshot, rec.Events = json.RawMessage(`{}`), []inventory.Event{{ID: 1, Detail: map[string]string{"a": "b"}}}
	rec.Values = map[string]json.RawMessage{"k": json.RawMessage("1")}
	for range 2 {
		if err := log.Append([]journal.Definition{{ID: 1, Labels: labels.FromStrings("a", "b")}}, rec); err != nil {
			f.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "00000001.journal"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add(content[:len(content)-3])
	f.Add([]byte("UNITYJ1\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000001.journal"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := journal.Open(dir, journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Append(nil, numbered(1_000_000_007)); err != nil {
			t.Fatal(err)
		}
		last := int64(0)
		if _, err := log.Replay(journal.Position{}, func(entry journal.Entry) error {
			if entry.Record != nil {
				last = entry.Record.Time
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if last != 1_000_000_007 {
			t.Errorf("the last record is of %d", last)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{20, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			log, err := journal.Open(b.TempDir(), journal.Options{MaxBytes: 1 << 40})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = log.Close() }()
			rec := numbered(1)
			rec.Samples = make([]series.Sample, n)
			for i := range rec.Samples {
				rec.Samples[i] = series.Sample{Series: series.ID(i + 1), Value: float64(i*7919%10000) / 100}
			}
			for i := 0; b.Loop(); i++ {
				if err := log.Append(nil, rec); err != nil {
					b.Fatal(err)
				}
				if i%1000 == 999 {
					if err := log.Truncate(log.End()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/sample")
		})
	}
}
