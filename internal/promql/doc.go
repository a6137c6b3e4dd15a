// Package promql answers queries in the Prometheus query language from stored
// series. Parsing and evaluating are Prometheus' own; this package decides what
// the engine gets to read, and how much of it.
//
// # How long a value stands
//
// Prometheus lets a value stand for five minutes, which does not fit sources
// that are collected every second or once a day. Here a value stands for 2.5
// intervals of its source: the engine looks back far enough for the slowest,
// and behind each sample that has no successor in time the iterator of the
// series puts a stale marker, which ends the line (pace.go, iterator.go).
//
//	samples of a source of 10 s     x  x  x  x           x  x  x
//	what the engine reads           x  x  x  x  |        x  x  x  |
//	                                            25 s later        25 s later
//
// An instant selector reads no more of a series than that takes. Range vectors
// are what was stored, untouched.
//
// # Tiers
//
// A store may keep buckets of samples for longer than samples, and fewer of
// them (package tier). A selector is answered from buckets when its samples are
// gone, or when times and windows are whole multiples of the buckets' step, so
// that the answer is the same, and there is enough to save (tiers.go). The
// parsed expression is rewritten for that (rewrite.go): avg_over_time(x[1h])
// becomes the sum of sums over the sum of counts.
//
// # Limits
//
// A query has a time limit, a bound on the samples in memory and one on those
// that it may read; only a few run at once, and a bounded number waits.
package promql
