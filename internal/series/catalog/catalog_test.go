package catalog_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
)

func TestANumberIsGivenOnce(t *testing.T) {
	t.Parallel()
	c := catalog.New()
	var group sync.WaitGroup
	ids := make([][100]series.ID, 8)
	for w := range ids {
		group.Go(func() {
			for i := range ids[w] {
				ids[w][i] = c.ID(labels.FromStrings("i", strconv.Itoa(i)))
			}
		})
	}
	group.Wait()
	given := make(map[series.ID]bool)
	for i, id := range ids[0] {
		given[id] = true
		for w := range ids {
			if ids[w][i] != id {
				t.Errorf("series %d has numbers %d and %d", i, id, ids[w][i])
			}
		}
	}
	if len(given) != 100 || c.Last() != 100 || c.Len() != 100 {
		t.Errorf("%d numbers are given, the last is %d, there are %d series", len(given), c.Last(), c.Len())
	}
}

func TestSkippedNumbersAreNotGiven(t *testing.T) {
	t.Parallel()
	c := catalog.New()
	c.Skip(41)
	c.Skip(7)
	if id := c.ID(labels.FromStrings("a", "b")); id != 42 {
		t.Errorf("got number %d", id)
	}
}

func TestFreshSeriesAreListedUntilTheyAreWritten(t *testing.T) {
	t.Parallel()
	c := catalog.New()
	if err := c.Restore(catalog.Entry{ID: 5, Labels: labels.FromStrings("a", "old")}); err != nil {
		t.Fatal(err)
	}
	c.ID(labels.FromStrings("a", "1"))
	fresh := c.Fresh()
	c.ID(labels.FromStrings("a", "2"))
	c.ID(labels.FromStrings("a", "old"))
	c.Written(len(fresh))
	want := []catalog.Entry{{ID: 7, Labels: labels.FromStrings("a", "2")}}
	if diff := cmp.Diff(want, c.Fresh(), cmp.Comparer(labels.Equal)); diff != "" {
		t.Errorf("fresh series differ (-want +got):\n%s", diff)
	}
}

func TestWhatContradictsIsNotRestored(t *testing.T) {
	t.Parallel()
	c := catalog.New()
	entry := catalog.Entry{ID: 3, Labels: labels.FromStrings("a", "b")}
	for range 2 { // the same again is fine
		if err := c.Restore(entry); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []catalog.Entry{
		{ID: 3, Labels: labels.FromStrings("a", "c")},
		{ID: 4, Labels: entry.Labels},
	} {
		if err := c.Restore(other); fault.Of(err) != fault.Conflict {
			t.Errorf("restoring %v: %v", other, err)
		}
	}
	if got, ok := c.Labels(3); !ok || !labels.Equal(got, entry.Labels) {
		t.Errorf("number 3 stands for %s", got)
	}
}

func BenchmarkID(b *testing.B) {
	b.ReportAllocs()
	c := catalog.New()
	all := make([]labels.Labels, 1000)
	for i := range all {
		all[i] = labels.FromStrings(series.NameLabel, "container_memory_used_bytes", "host", "nas", "source", "docker", "name", strconv.Itoa(i))
		c.ID(all[i])
	}
	for i := 0; b.Loop(); i++ {
		c.ID(all[i%len(all)])
	}
}
