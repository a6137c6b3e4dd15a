package app

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sources"
)

// intervals tells the query engine how often a series is measured, by the
// source that it names.
type intervals struct{ sources *sources.Service }

// Interval implements promql.Intervals.
func (i intervals) Interval(ls labels.Labels) time.Duration {
	source, err := i.sources.Get(inventory.SourceID(ls.Get("source")))
	if err != nil {
		return 0
	}
	if source.Interval > 0 {
		return source.Interval
	}
	plugin, err := i.sources.Plugin(source.Plugin)
	if err != nil {
		return 0
	}
	return plugin.Manifest().Interval
}
