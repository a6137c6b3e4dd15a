package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/unity-homelab/unity/test/graph"
)

// span writes the least and the most of some moments.
func span(all []moment, of func(moment) float64, unit string) string {
	least, most := of(all[0]), of(all[0])
	for _, m := range all {
		least, most = min(least, of(m)), max(most, of(m))
	}
	return strings.TrimSpace(fmt.Sprintf("%.0f to %.0f %s", least, most, unit))
}

// draw returns the picture of the memory.
func draw(all []moment) string {
	times := make([]time.Duration, len(all))
	lines := []graph.Line{{Name: "resident memory"}, {Name: "live heap"}, {Name: "goroutines, ten to the MB"}}
	for i, m := range all {
		times[i] = m.after
		for n, value := range []float64{float64(m.resident), m.heap, m.goroutines / 10 * 1e6} {
			lines[n].Values = append(lines[n].Values, value)
		}
	}
	return graph.Draw(times, lines...)
}

// megabytes lists amounts of memory.
func megabytes(all []int64) string {
	texts := make([]string, len(all))
	for i, bytes := range all {
		texts[i] = fmt.Sprintf("%.1f", float64(bytes)/1e6)
	}
	return strings.Join(texts, ", ") + " MB"
}
