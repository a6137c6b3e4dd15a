package series

import (
	"time"

	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/series/tier"
)

// Tiered is a Reader that keeps less and less of samples as they age, and for
// longer: first all of them, then buckets of a few minutes, then of an hour.
type Tiered interface {
	Reader
	// Tiers says what is kept, the finest first. The first is the samples
	// themselves, with a step of zero.
	Tiers() []Tier
	// Buckets returns a querier over one figure of the buckets of a tier, as
	// samples at the end of each bucket. Stretches whose buckets are not
	// written yet are made of samples, so there is no seam.
	Buckets(step time.Duration, column tier.Column, from, to int64) (storage.Querier, error)
}

// Tier is one resolution in which measurements are kept.
type Tier struct {
	Step time.Duration // zero: the samples themselves
	Keep time.Duration // how long
	// Since is the time, in milliseconds since 1970 UTC, before which nothing is
	// left, or not everything. There need not be anything from then on.
	Since int64
	// Until is the time up to which buckets are written; what is behind it has
	// to be made of samples first.
	Until int64
}
