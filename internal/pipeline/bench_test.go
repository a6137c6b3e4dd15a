package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/pipeline"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/plugin"
)

// nowhere is a store that takes everything and keeps nothing.
type nowhere struct{ next series.ID }

// ID implements series.Index.
func (n *nowhere) ID(labels.Labels) series.ID { n.next++; return n.next }

// Labels implements series.Index.
func (n *nowhere) Labels(series.ID) (labels.Labels, bool) { return labels.EmptyLabels(), false }

// Commit implements pipeline.Store.
func (n *nowhere) Commit(context.Context, *journal.Record) error { return nil }

// BenchmarkCommit is the way of samples through the pipeline to a store that
// costs nothing. The bar is 2,000,000 samples/s.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{10, 100, 1000} {
		for name, shuffled := range map[string]bool{"in-order": false, "shuffled": true} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				p := fake()
				batches := []*plugin.Batch{plugin.NewBatch(p), plugin.NewBatch(p)}
				for i := range size {
					batches[0].Add("fake_value", float64(i), "item", fmt.Sprintf("item-%d", i), "mode", "read")
					at := i
					if shuffled {
						at = size - 1 - i
					}
					batches[1].Add("fake_value", float64(at), "item", fmt.Sprintf("item-%d", at), "mode", "read")
				}
				pipe := pipeline.New(&nowhere{}, pipeline.Config{}, pipeline.SinkFunc(func(inventory.Report) {}))
				result := pipeline.Result{
					Source: inventory.Source{ID: "fake", Host: "nas"}, Plugin: p,
					Run: inventory.Run{Outcome: inventory.Success, Start: time.Now()},
				}
				b.ReportAllocs()
				runs := 0
				for b.Loop() {
					result.Batch = batches[runs%2]
					result.Run.Start = result.Run.Start.Add(time.Millisecond)
					var err error
					if _, result.Previous, err = pipe.Commit(b.Context(), result); err != nil {
						b.Fatal(err)
					}
					runs++
				}
				b.ReportMetric(float64(runs*size)/b.Elapsed().Seconds(), "samples/s")
			})
		}
	}
}
