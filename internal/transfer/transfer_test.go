package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/transfer"
)

// memory is a database that holds items as they came.
type memory struct {
	items []transfer.Item
	loads int
	lose  func(transfer.Item) bool // what it does not keep
}

func (m *memory) Engine() string   { return "memory" }
func (m *memory) SeriesCount() int { return 2 }

func (m *memory) Items(context.Context) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		for _, item := range m.items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (m *memory) Load(_ context.Context, _ string, items iter.Seq2[transfer.Item, error]) error {
	m.loads++
	for item, err := range items {
		if err != nil {
			return err
		}
		if m.lose == nil || !m.lose(item) {
			m.items = append(m.items, keep(item))
		}
	}
	return nil
}

// keep returns an item that stays as it is when the next one is asked for.
func keep(item transfer.Item) transfer.Item {
	switch item := item.(type) {
	case *transfer.Samples:
		return samples(item.Columns.Times, item.Columns.Values)
	case *transfer.Buckets:
		return &transfer.Buckets{Step: item.Step, Buckets: slices.Clone(item.Buckets)}
	}
	return item
}

func samples(times []int64, values []float64) *transfer.Samples {
	return &transfer.Samples{Columns: chunk.Columns{Times: slices.Clone(times), Values: slices.Clone(values)}}
}

// everything is one or more of each kind of item.
func everything() []transfer.Item {
	stale := math.Float64frombits(0x7ff0000000000002)
	return []transfer.Item{
		&transfer.Host{ID: "nas", Name: "NAS", Platform: "linux/amd64", Created: 1_700_000_000_000, LastSeen: 1_700_000_100_000},
		&transfer.User{
			ID: "u1", Login: "ada", Name: "Ada", Role: "admin", Password: "$argon2id$…", Factor: "sealed", FactorStep: 7,
			Created: 1, Updated: 2, LastLogin: 3, Recovery: []string{"hash1", "hash2"},
		},
		&transfer.Token{ID: "t1", Hash: "hash", Owner: "u1", Name: "Grafana", Scope: "read", Created: 4, Expires: 5, LastUsed: 6, Sources: "pihole nas"},
		&transfer.Source{
			ID: "pihole", Plugin: "pihole_monitor", Name: "Pi-hole <1>", Host: "nas", Config: json.RawMessage(`{"token":"a<b&c"}`),
			Enabled: true, Interval: int64(time.Minute), Timeout: int64(time.Second), Tags: json.RawMessage(`["dns"]`),
			Origin: "user", Created: 1_700_000_000_000, Updated: 1_700_000_000_001, Revision: 3,
		},
		&transfer.State{
			Source: "pihole", Status: "degraded", Since: 1_700_000_000_000, Failures: 2, LastRun: 1_700_000_060_000,
			Problem: json.RawMessage(`{"kind":"refused","message":"asking http://pi.hole"}`),
		},
		&transfer.Value{Source: "pihole", Name: "cursor", Value: json.RawMessage(`18446744073709551615`)},
		&transfer.Run{Source: "pihole", Start: 1_700_000_000_000, Duration: 12_345_678, Attempts: 1, Outcome: "success", Samples: 7},
		&transfer.Run{
			Source: "pihole", Start: 1_700_000_060_000, Duration: 1, Attempts: 3, Outcome: "failed",
			Problem: json.RawMessage(`{"kind":"refused","message":"no"}`),
		},
		&transfer.Snapshot{Source: "pihole", Time: 1_700_000_000_000, Document: json.RawMessage(`{"clients":[{"name":"tv"}]}`)},
		&transfer.Event{
			ID: 42, Time: 1_700_000_060_000, Kind: "status_changed", Source: "pihole", Host: "nas", Severity: "warning",
			Title: "Pi-hole is degraded", Detail: json.RawMessage(`{"from":"healthy"}`),
		},
		&transfer.Act{ID: 9, Time: 8, Actor: "u1", Name: "Ada", Via: "session", Action: "source.create", Target: "pihole", Address: "192.0.2.1", Refused: true},
		&transfer.Dashboard{ID: "basement", Owner: "Ada", Document: json.RawMessage(`{"name":"<b>"}`), Created: 1, Updated: 2, Revision: 3},
		&transfer.Note{Area: "pause", Name: "pihole", Value: "2026-01-02T03:04:05Z", Updated: 4},
		&transfer.Series{Labels: labels.FromStrings("__name__", "up", "source", "pihole"), Late: []int64{1_699_999_200_000}},
		samples([]int64{1_700_000_000_000, 1_700_000_060_000}, []float64{1, 0}),
		samples([]int64{1_700_000_120_000, 1_700_000_180_001}, []float64{stale, math.Copysign(0, -1)}),
		&transfer.Buckets{Step: 5 * time.Minute, Buckets: []tier.Bucket{
			{Time: 1_700_000_100_000, Count: 2, Sum: 1, Min: 0, Max: 1, Last: 0, Increase: 0},
			{Time: 1_700_000_400_000, Count: 1, Sum: 0.1, Min: 0.1, Max: 0.1, Last: 0.1, Increase: 0.1},
		}},
		&transfer.Buckets{Step: time.Hour, Buckets: []tier.Bucket{
			{Time: 1_700_002_800_000, Count: 3, Sum: 1.1, Min: 0, Max: 1, Last: 0.1, Increase: 0.1},
		}},
		&transfer.Series{Labels: labels.FromStrings("__name__", "pihole_queries_total", "source", "Pihole", "name", "ü\n")},
		samples([]int64{1_700_000_000_000}, []float64{math.Inf(1)}),
		&transfer.Mark{Name: "tiers_until", Value: 1_699_999_200_000},
	}
}

// archive writes items as an archive.
func archive(t testing.TB, items []transfer.Item) []byte {
	t.Helper()
	var file bytes.Buffer
	header := transfer.Header{ID: "one", Unity: "1.2.3", Created: 1_700_000_200_000}
	if _, err := transfer.Export(t.Context(), &memory{items: items}, &file, header, nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// text writes items down, bit for bit.
func text(t testing.TB, items []transfer.Item) string {
	t.Helper()
	var b strings.Builder
	for _, item := range items {
		switch item := item.(type) {
		case *transfer.Samples:
			for i, at := range item.Columns.Times {
				fmt.Fprintf(&b, "  sample %d %016x\n", at, math.Float64bits(item.Columns.Values[i]))
			}
		case *transfer.Buckets:
			for _, bucket := range item.Buckets {
				fmt.Fprintf(&b, "  %v %+v\n", item.Step, bucket)
			}
		default:
			line, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%T %s\n", item, line)
		}
	}
	return b.String()
}

func none(transfer.Step) transfer.Progress { return nil }

func TestAnArchiveGivesBackWhatWasPutIn(t *testing.T) {
	t.Parallel()
	into := new(memory)
	got, err := transfer.Import(t.Context(), bytes.NewReader(archive(t, everything())), into, none)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text(t, everything()), text(t, into.items)); diff != "" {
		t.Error(diff)
	}
	counts := make(map[transfer.Section]int64)
	for _, tally := range got {
		counts[tally.Section] = tally.Count
	}
	want := map[transfer.Section]int64{
		"hosts": 1, "sources": 1, "states": 1, "values": 1, "runs": 2, "snapshots": 1, "events": 1, "users": 1, "tokens": 1, "audit": 1, "series": 2, "dashboards": 1, "notes": 1,
		"samples": 5, "buckets_5m": 2, "buckets_1h": 1,
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyDatabaseMakesAnArchive(t *testing.T) {
	t.Parallel()
	into := new(memory)
	if _, err := transfer.Import(t.Context(), bytes.NewReader(archive(t, nil)), into, none); err != nil || len(into.items) > 0 {
		t.Error(err, into.items)
	}
}

func TestNothingIsTakenFromATruncatedArchive(t *testing.T) {
	t.Parallel()
	whole := archive(t, everything())
	for n := range whole {
		refused(t, whole[:n], "truncated", "no archive")
	}
}

func TestNothingIsTakenFromADamagedArchive(t *testing.T) {
	t.Parallel()
	whole := archive(t, everything())
	for i := range whole {
		// One bit of the zstd header says how a part of it that is not there
		// would be used; all others matter.
		damaged := slices.Clone(whole)
		damaged[i] ^= 0x11
		refused(t, damaged, "")
	}
	refused(t, append(slices.Clone(whole), whole...), "follows its end")
	refused(t, append(slices.Clone(whole), "more"...), "")
}

// refused expects that an archive is not taken, with one of some words.
func refused(t *testing.T, file []byte, words ...string) {
	t.Helper()
	into := new(memory)
	_, err := transfer.Import(t.Context(), bytes.NewReader(file), into, none)
	if kind := fault.Of(err); kind != fault.BadAnswer && kind != fault.WrongService && kind != fault.Unsupported || fault.Hint(err) == "" {
		t.Fatalf("%v, a fault of kind %q with hint %q", err, kind, fault.Hint(err))
	}
	if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(err.Error(), word) }) {
		t.Fatalf("%v, without any of %q", err, words)
	}
	if into.loads > 0 {
		t.Fatalf("it was loaded before it was refused: %v", err)
	}
}

func TestAForeignFileIsRefused(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "SQLite format 3\x00", "{}", strings.Repeat("a", 100_000), "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"} {
		refused(t, []byte(file), "no archive of Unity")
	}
	refused(t, pack(t, "some text that somebody packed"), "no archive of Unity")
}

func TestAnArchiveOfANewerUnityIsRefused(t *testing.T) {
	t.Parallel()
	file := pack(t, "UNITY ARCHIVE\n"+record('H', `{"version":4,"what":"ever"}`)+"?")
	_, _, err := transfer.Verify(t.Context(), bytes.NewReader(file), nil)
	if fault.Of(err) != fault.Unsupported || !strings.Contains(err.Error(), "version 4") {
		t.Error(err)
	}
}

func TestWhatMakesNoSenseInAnArchiveIsRefused(t *testing.T) {
	t.Parallel()
	plain := string(unpack(t, archive(t, nil)))
	head, rest, _ := strings.Cut(plain, `T`)
	rest = "T" + rest
	for name, content := range map[string]string{
		"no header":                  "UNITY ARCHIVE\n" + rest,
		"a header of version 0":      "UNITY ARCHIVE\n" + record('H', `{"version":0}`) + rest,
		"an unknown field":           head + record('h', `{"id":"a","new":1}`) + rest,
		"an unknown record":          head + record('x', `{}`) + rest,
		"something behind JSON":      head + record('h', `{"id":"a"}{}`) + rest,
		"one more than was counted":  head + record('h', `{"id":"a"}`) + rest,
		"a section too early":        head + record('e', `{"id":1}`) + rest,
		"no counts":                  head + record('E', ""),
		"an end mark with a content": strings.TrimSuffix(plain, record('E', "")) + record('E', "x"),
		"two end marks":              plain + record('E', ""),
		"samples of no series":       head + record('c', "\x01\x01") + rest,
		"a record longer than it is": head + "h\xff\x7f{}",
		"a record of absurd length":  head + "h\xff\xff\xff\xff\xff\xff\x7f",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, pack(t, content), "")
		})
	}
}

func TestArchivesOfAllVersionsAreRead(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/version3.archive", func() []byte { return archive(t, everything()) })
	second := everything()
	for _, item := range second {
		if token, ok := item.(*transfer.Token); ok {
			token.Sources = ""
		}
	}
	first := slices.DeleteFunc(slices.Clone(second), func(item transfer.Item) bool {
		switch item.(type) {
		case *transfer.Dashboard, *transfer.Note:
			return true
		default:
			return false
		}
	})
	for name, want := range map[string][]transfer.Item{"version1": first, "version2": second, "version3": everything()} {
		into := new(memory)
		file := read(t, "testdata/"+name+".archive")
		if _, err := transfer.Import(t.Context(), bytes.NewReader(file), into, none); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(text(t, want), text(t, into.items)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestACopyIsComparedWithWhatWasSent(t *testing.T) {
	t.Parallel()
	from, into := &memory{items: everything()}, new(memory)
	if _, err := transfer.Copy(t.Context(), from, into, "there", none); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(text(t, everything()), text(t, into.items)); diff != "" {
		t.Error(diff)
	}
	losing := &memory{lose: func(item transfer.Item) bool { _, ok := item.(*transfer.Event); return ok }}
	_, err := transfer.Copy(t.Context(), from, losing, "there", none)
	if fault.Of(err) != fault.BadAnswer || !strings.Contains(err.Error(), "events: 0 instead of 1") {
		t.Error(err)
	}
}

func TestChecksumsDependNeitherOnOrderNorOnCuts(t *testing.T) {
	t.Parallel()
	one := labels.FromStrings("__name__", "one")
	other := labels.FromStrings("__name__", "other")
	count := func(items ...transfer.Item) []transfer.Tally {
		tallies, err := transfer.Count(t.Context(), &memory{items: items}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return tallies
	}
	want := count(&transfer.Host{ID: "a"}, &transfer.Host{ID: "b"},
		&transfer.Series{Labels: one}, samples([]int64{1, 2, 3}, []float64{1, 2, 3}),
		&transfer.Series{Labels: other}, samples([]int64{1}, []float64{1}))
	if got := count(&transfer.Host{ID: "b"}, &transfer.Host{ID: "a"},
		&transfer.Series{Labels: other}, samples([]int64{1}, []float64{1}),
		&transfer.Series{Labels: one}, samples([]int64{1}, []float64{1}), samples([]int64{2, 3}, []float64{2, 3})); !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
	for name, changed := range map[string][]transfer.Tally{
		"a sample of another series": count(&transfer.Host{ID: "a"}, &transfer.Host{ID: "b"},
			&transfer.Series{Labels: one}, samples([]int64{1}, []float64{1}),
			&transfer.Series{Labels: other}, samples([]int64{1, 2, 3}, []float64{1, 2, 3})),
		"another value": count(&transfer.Host{ID: "a"}, &transfer.Host{ID: "b"},
			&transfer.Series{Labels: one}, samples([]int64{1, 2, 3}, []float64{1, 2, 4}),
			&transfer.Series{Labels: other}, samples([]int64{1}, []float64{1})),
	} {
		if err := transfer.Compare(want, changed); fault.Of(err) != fault.BadAnswer || !strings.Contains(err.Error(), "samples: 4 with another checksum") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnExportThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	_, err := transfer.Export(t.Context(), &memory{items: everything()}, full{}, transfer.Header{}, nil)
	if err == nil || !strings.Contains(err.Error(), "writing the archive: no space") {
		t.Error(err)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, fault.New(fault.Unreachable, "no space") }

func TestAFileThatCannotBeReadIsNotCalledDamaged(t *testing.T) {
	t.Parallel()
	whole := archive(t, everything())
	broken := io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), unreadable{})
	_, _, err := transfer.Verify(t.Context(), broken, nil)
	if fault.Of(err) != fault.Unreachable || strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

// unreadable is a disk that does not answer.
type unreadable struct{}

func (unreadable) Read([]byte) (int, error) { return 0, fault.New(fault.Unreachable, "no answer") }
