package plugintest

import (
	"math"
	"strconv"

	"github.com/unity-homelab/unity/metric"
)

// SampleLine writes a sample as a case does: name{labels} value, the value
// without an exponent and with at most twelve digits unless it is whole.
func SampleLine(s metric.Sample) string {
	labels := ""
	if len(s.Labels) > 0 {
		labels = s.Labels.String()
	}
	return s.Name + labels + " " + number(s.Value)
}

func number(v float64) string {
	const wholeBelow = 1 << 53
	if v == math.Trunc(v) && math.Abs(v) < wholeBelow {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil || math.Abs(rounded) < 1e-6 || math.Abs(rounded) >= wholeBelow {
		return strconv.FormatFloat(v, 'g', 12, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
