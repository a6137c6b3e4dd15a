package config

import "time"

// Query bounds what is asked in the Prometheus query language.
type Query struct {
	Timeout     Duration `koanf:"timeout" help:"how long a query may take, waiting for its turn included"`
	MaxSamples  int      `koanf:"max_samples" help:"samples that a query may hold in memory at once, 16 bytes each"`
	MaxRead     int      `koanf:"max_read" help:"samples that a query may read; they pass by packed, a byte or two each"`
	Concurrency int      `koanf:"concurrency" help:"queries that are answered at the same time; others wait for their turn"`
}

func (q Query) check(report func(path, message string)) {
	if q.Timeout.Std() < time.Second || q.Timeout.Std() > time.Hour {
		report("query.timeout", q.Timeout.String()+" is not between 1s and 1h0m0s")
	}
	if q.MaxSamples < 10_000 || q.MaxSamples > 1_000_000_000 {
		report("query.max_samples", "must be between 10000 and 1000000000")
	}
	if q.MaxRead < 10_000 || q.MaxRead > 100_000_000_000 {
		report("query.max_read", "must be between 10000 and 100000000000")
	}
	if q.Concurrency < 1 || q.Concurrency > 1000 {
		report("query.concurrency", "must be between 1 and 1000")
	}
}
