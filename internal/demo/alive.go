package demo

import (
	"math"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/metric"
)

// fixed finds in their names the metrics that stay as they are while the thing is
// not changed.
var fixed = regexp.MustCompile(`_(info|size|total|limit|max|maximum|min|capacity|quota|configured|version|nominal|expected|interval|threshold|critical|warning|low|high|lower|upper|speed|code|status|index|level)(_|$)`)

// few is a count that is too small to swing, and seldom what a counter has to
// reach in weeks to move at all.
const (
	few    = 40
	seldom = 500
)

// alive returns a signal that swings around a value that was recorded, as far as
// what is measured does so.
func alive(of metric.Definition, value float64, s seed, t thing, recorded float64) signal {
	switch {
	case math.IsNaN(value) || math.IsInf(value, 0) || value == 0:
		return always(value)
	case of.Kind == metric.Counter:
		return counting(of.Unit, value, s, t)
	case of.Unit == metric.TimestampSeconds:
		return momentIn(value, recorded, t.start)
	case strings.Contains(of.Name, "uptime"):
		return since(t.start - value)
	case of.Unit == metric.Bool || fixed.MatchString(of.Name):
		return always(value)
	case of.Unit == metric.Ratio:
		return swinging(value, 0.08, s).rounded(4).atMost(math.Max(1, value))
	case of.Unit == metric.Bytes:
		return swinging(value, 0.08, s).steps(4096).atLeast(0)
	case of.Unit == metric.Volts || of.Unit == metric.Hertz:
		return swinging(value, 0.006, s).rounded(3)
	case of.Unit == metric.Celsius:
		return swinging(value, 0.04, s).rounded(1)
	case value != math.Floor(value):
		return swinging(value, 0.08, s).rounded(max(0, 3-int(math.Floor(math.Log10(math.Abs(value))))))
	case math.Abs(value) < few:
		return always(value)
	default:
		return swinging(value, 0.08, s).rounded(0)
	}
}

// swinging stays within a part of a value.
func swinging(value, part float64, s seed) signal {
	return between(value-part*value, value+part*value, restless(s), daily(20).times(0.4))
}

// counting is a counter that reaches a value when the demo begins. Small ones, of
// what is rare, stand still.
func counting(unit metric.Unit, value float64, s seed, t thing) signal {
	if value < seldom {
		return always(value)
	}
	parts := 1.0 // of which the counter has whole ones
	if unit == metric.Seconds || unit == metric.Joules {
		parts = 1000
	}
	began := t.booted()
	grown := total(s, began, parts*value/(t.start-began), t.clock(20))
	return grown.times(1 / parts)
}
