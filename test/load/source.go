package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/test/program"
)

// gauges is how many series a made-up source has, beside those on the program.
const gauges = 10

// sentMetric is when a run took its samples, by the clock of this machine. It is
// the first that a run gives, a moment before the run is committed.
const sentMetric = "load_sent_seconds"

type madeUpConfig struct{}

// madeUp is a plugin whose sources always have something new to say, at once. It
// runs inside the measured program, so it also tells how that is doing.
func madeUp() plugin.Plugin {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
	}
	return plugin.Define(plugin.Manifest{
		ID: "load_monitor", Name: "Load", Category: plugin.Application, Icon: "activity",
		Summary: "Values that are made up.", Description: "Gives the time, and values that are made up.",
		Interval: 10 * time.Second,
		Metrics: []metric.Definition{
			gauge(sentMetric, metric.Seconds, "When the run took its samples."),
			gauge("load_level_ratio", metric.Ratio, "Made up.", "part"),
			gauge("load_goroutines", metric.None, "Goroutines of the program."),
			gauge("load_heap_bytes", metric.Bytes, "What of the heap of the program was in use after the last collection."),
		},
		Panels: []plugin.Panel{{
			Title: "Level", Kind: plugin.Line, Unit: metric.Ratio, Queries: []plugin.Query{{Metric: "load_level_ratio", Legend: "{part}"}},
		}},
	}, madeUpConfig{}, func(context.Context, madeUpConfig, plugin.Host) (plugin.Collector, error) { return collector{}, nil })
}

type collector struct{}

// Collect implements plugin.Collector.
func (collector) Collect(_ context.Context, out *plugin.Batch) error {
	now := time.Now()
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(heap)
	out.Add(sentMetric, float64(now.UnixMicro())/1e6)
	for part := range gauges {
		out.Add("load_level_ratio", float64((now.UnixMilli()+int64(part)*37)%1000)/1000, "part", "part "+strconv.Itoa(part))
	}
	out.Add("load_goroutines", float64(runtime.NumGoroutine()))
	out.Add("load_heap_bytes", float64(heap[0].Value.Uint64()))
	return nil
}

// source is one that is to be made.
type source struct {
	id       string
	interval time.Duration
}

// sources returns so many, alike but for their names.
func sources(number int, interval time.Duration) []source {
	all := make([]source, number)
	for i := range all {
		all[i] = source{fmt.Sprintf("load-%03d", i), interval}
	}
	return all
}

// watch makes the sources and waits until each has been collected.
func watch(ctx context.Context, p *program.Program, all []source) error {
	for _, s := range all {
		if err := p.Call(ctx, http.MethodPost, "/api/v1/sources", map[string]any{
			"plugin": "load_monitor", "id": s.id, "name": "Load " + s.id, "tags": []string{"load", "made-up"},
			"interval_seconds": s.interval.Seconds(), "timeout_seconds": s.interval.Seconds() * 0.9, "config": map[string]any{},
		}, nil); err != nil {
			return err
		}
		if err := p.Call(ctx, http.MethodPost, "/api/v1/sources/"+s.id+"/run", nil, nil); err != nil {
			return err
		}
	}
	return nil
}
