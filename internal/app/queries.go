package app

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sources"
)

// queryOptions are what the query engine is made of.
func queryOptions(settings config.Query, reader series.Reader, watched *sources.Service) promql.Options {
	return promql.Options{
		Reader: reader, Intervals: intervals{watched}, Timeout: settings.Timeout.Std(),
		MaxSamples: settings.MaxSamples, MaxRead: settings.MaxRead, Concurrency: settings.Concurrency,
	}
}

// intervals tells the query engine how often a series is measured, by the
// source that it names.
type intervals struct{ sources *sources.Service }

// Interval implements promql.Intervals.
func (i intervals) Interval(ls labels.Labels) time.Duration {
	source, err := i.sources.Get(inventory.SourceID(ls.Get("source")))
	if err != nil {
		return 0
	}
	return i.sources.IntervalOf(source)
}
