package storetest

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/series"
)

// Mix makes the measurements that the benchmarks store: a third slowly varying
// gauges with two decimals, a third increasing integer counters, a third mostly
// constant values. The same seed makes the same measurements.
type Mix struct {
	members []measured
}

// measured is one made-up series.
type measured struct {
	random *rand.Rand
	kind   int     // 0 gauge, 1 counter, 2 mostly constant
	pace   float64 // how much it changes at once
	value  float64 // in hundredths for a gauge
}

// NewMix returns a mix of n series.
func NewMix(seed uint64, n int) *Mix {
	m := &Mix{members: make([]measured, n)}
	for i := range m.members {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		s := measured{random: random, kind: i % 3}
		switch s.kind {
		case 0: // 20 to 80, moving by 0.05 to 1.00 at a time
			s.value = math.Round(2000 + 6000*random.Float64())
			s.pace = 5 * math.Pow(20, random.Float64())
		case 1: // 10 to 100,000,000 a minute
			s.value = math.Round(1e9 * random.Float64())
			s.pace = math.Pow(10, 1+7*random.Float64())
		case 2:
			s.value = math.Round(1000 * random.Float64())
		}
		m.members[i] = s
	}
	return m
}

// Len returns the number of series.
func (m *Mix) Len() int { return len(m.members) }

// Labels returns the labels of a series.
func (m *Mix) Labels(i int) labels.Labels {
	names := [3]string{"bench_temperature_celsius", "bench_received_bytes_total", "bench_state"}
	return labels.FromStrings(series.NameLabel, names[i%3], "host", "bench", "source",
		"bench-"+strconv.Itoa(i%10), "device", "device"+strconv.Itoa(i/3))
}

// Next returns the next value of a series.
func (m *Mix) Next(i int) float64 {
	s := &m.members[i]
	switch s.kind {
	case 0:
		s.value = min(max(s.value+math.Round(s.random.NormFloat64()*s.pace), 0), 10000)
		return s.value / 100
	case 1:
		s.value += math.Round(s.pace * max(0, 1+0.2*s.random.NormFloat64()))
	case 2:
		if s.random.IntN(500) == 0 {
			s.value = math.Round(1000 * s.random.Float64())
		}
	}
	return s.value
}
