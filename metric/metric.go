// Package metric holds the words for measured data: what a plugin declares
// about a metric, and the samples it takes of it.
//
// A metric is a name with a kind, a unit and a meaning. A metric and a set of
// labels make a series. A sample is the value of a series at a time.
package metric

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind says how the values of a metric are to be read.
type Kind string

// The kinds of metric.
const (
	// Gauge is a value that goes up and down.
	Gauge Kind = "gauge"
	// Counter only grows, except that it starts again when its origin restarts.
	Counter Kind = "counter"
)

// Definition declares a metric. It is part of a plugin's manifest.
type Definition struct {
	// Name is in Prometheus style: <prefix>_<what>_<unit>[_total].
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	Unit Unit   `json:"unit"`
	// Help is one sentence that says what is measured.
	Help string `json:"help"`
	// Labels names every label the metric may carry. A sample may leave some
	// of them out, and carries no others.
	Labels []string `json:"labels,omitempty"`
}

// Label is one name and value that tells series of a metric apart.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Labels is a set of labels, sorted by name.
type Labels []Label

// L makes labels from names and values in turn: L("device", "sda").
// It panics on an odd number of strings, which is a mistake in the source.
func L(pairs ...string) Labels {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprintf("metric.L: odd number of strings: %q", pairs))
	}
	labels := make(Labels, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		labels = append(labels, Label{Name: pairs[i], Value: pairs[i+1]})
	}
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	return labels
}

// Get returns the value of the named label, or "" when there is none.
func (l Labels) Get(name string) string {
	for _, label := range l {
		if label.Name == name {
			return label.Value
		}
	}
	return ""
}

// String writes the labels as Prometheus does: {device="sda",mode="user"}.
func (l Labels) String() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, label := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s=%q", label.Name, label.Value)
	}
	b.WriteByte('}')
	return b.String()
}

// Sample is one measured value. Its time is that of the run that took it.
type Sample struct {
	Name   string  `json:"name"`
	Labels Labels  `json:"labels,omitempty"`
	Value  float64 `json:"value"`
}

// String writes the sample as one line: name{labels} value.
func (s Sample) String() string {
	labels := ""
	if len(s.Labels) > 0 {
		labels = s.Labels.String()
	}
	return s.Name + labels + " " + formatValue(s.Value)
}

// formatValue writes a value so that it can be compared by eye with what other
// tools print: without an exponent, unless it would be endless.
func formatValue(v float64) string {
	if size := math.Abs(v); size != 0 && (size < 1e-9 || size >= 1e18) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
