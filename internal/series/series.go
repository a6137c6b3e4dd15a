// Package series holds stored measurements: what a series is, how samples are
// appended to it and selected from it, and which storage that needs.
//
// A series is a metric name and a set of labels; it has an ID for good. Samples
// are kept with millisecond timestamps in UTC.
package series

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// ID numbers a series, from 1. It is never given to another one.
type ID uint64

// NameLabel is the label that holds the name of the metric.
const NameLabel = "__name__"

// Sample is the value of a series. Its time is that of the run it belongs to.
type Sample struct {
	Series ID
	Value  float64
}

// Point is a value at a time.
type Point struct {
	Time  int64 // milliseconds since 1970 UTC
	Value float64
}

// Index gives series their IDs.
type Index interface {
	// ID returns the ID of the series with these labels, metric name included
	// as __name__, and gives it one when it is new.
	ID(labels labels.Labels) ID
	// Labels returns the labels of a series; false when there is no such ID.
	Labels(id ID) (labels.Labels, bool)
}

// Reader reads samples, open and stored alike, as one.
type Reader interface {
	storage.Queryable
	// Latest returns the newest sample of each series that matches.
	Latest(ctx context.Context, matchers ...*labels.Matcher) ([]Latest, error)
}

// Latest is the newest sample of a series.
type Latest struct {
	Labels labels.Labels
	Point  Point
}
