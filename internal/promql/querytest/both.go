package querytest

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	prometheus "github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/series"
)

// both is a store and, beside it, the storage of Prometheus.
type both struct {
	storage.Storage // of Prometheus; what it can do and a store cannot
	peer            *teststorage.TestStorage
	store           Store
	engine          *promql.Engine
}

func newBoth(t testing.TB, store Store) *both {
	t.Helper()
	peer := teststorage.New(t, func(options *tsdb.Options) {
		options.EnableSTStorage = true
		options.FloatChunkEncoding = chunkenc.EncXOR2
	})
	// Without its tiers: samples of 1970 would be long gone.
	samples := struct{ series.Reader }{store}
	return &both{
		Storage: peer, peer: peer, store: store,
		engine: promql.New(promql.Options{Reader: samples, MaxSamples: maxSamples, Timeout: 100 * time.Second, Experimental: true}),
	}
}

// AppenderV2 returns an appender to both.
func (b *both) AppenderV2(ctx context.Context) storage.AppenderV2 {
	return &appender{ctx: ctx, AppenderV2: b.peer.AppenderV2(ctx), store: b.store, samples: make(map[int64][]series.Sample)}
}

// Close closes both.
func (b *both) Close() error { return errors.Join(b.store.Close(), b.peer.Close()) }

// appender collects samples until they are committed. Histograms get only to
// Prometheus.
type appender struct {
	storage.AppenderV2
	ctx     context.Context //nolint:containedctx // the interface of Prometheus hands it over no later
	store   Store
	samples map[int64][]series.Sample // by time
}

// Append implements storage.AppenderV2.
func (a *appender) Append(
	ref storage.SeriesRef, ls labels.Labels, st, t int64, v float64,
	h *histogram.Histogram, fh *histogram.FloatHistogram, options storage.AppendV2Options,
) (storage.SeriesRef, error) {
	if h == nil && fh == nil {
		a.samples[t] = append(a.samples[t], series.Sample{Series: a.store.ID(ls), Value: v})
	}
	return a.AppenderV2.Append(ref, ls, st, t, v, h, fh, options)
}

// Commit implements storage.AppenderTransaction.
func (a *appender) Commit() error {
	for _, t := range slices.Sorted(maps.Keys(a.samples)) {
		samples, at := a.samples[t], time.UnixMilli(t)
		err := a.store.Commit(a.ctx, &journal.Record{
			Run:   inventory.Run{Source: "test", Start: at, Attempts: 1, Outcome: inventory.Success, Samples: len(samples)},
			State: inventory.State{Source: "test", Status: inventory.Healthy, Since: at, LastRun: at, LastSuccess: at},
			Time:  t, Samples: samples,
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(a.store.Seal(a.ctx), a.AppenderV2.Commit())
}

// ordered writes a result so that equal ones are the same text, whatever the
// order of their series. Sums may be of another order, too, so the last digits
// are left out.
func ordered(result *prometheus.Result) string {
	switch v := result.Value.(type) {
	case prometheus.Vector:
		lines := make([]string, len(v))
		for i, s := range v {
			s.F = rounded(s.F)
			lines[i] = s.String()
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	case prometheus.Matrix:
		lines := make([]string, len(v))
		for i, s := range v {
			s.Floats = slices.Clone(s.Floats)
			for j := range s.Floats {
				s.Floats[j].F = rounded(s.Floats[j].F)
			}
			lines[i] = s.String()
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	case prometheus.Scalar:
		v.V = rounded(v.V)
		return v.String()
	default:
		return v.String()
	}
}

// rounded returns a value to twelve digits.
func rounded(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	scale := math.Pow(10, 12-math.Ceil(math.Log10(math.Abs(v))))
	if r := math.Round(v*scale) / scale; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return r
	}
	return v
}

// notes writes what is to be said of a result.
func notes(result *prometheus.Result) string {
	var lines []string
	for _, note := range result.Warnings.AsErrors() {
		lines = append(lines, note.Error())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
