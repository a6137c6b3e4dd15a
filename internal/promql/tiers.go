package promql

import (
	"time"

	"github.com/unity-homelab/unity/internal/series"
)

// worthwhile is the length of time from which on it pays to read buckets
// instead of samples that are there as well.
const worthwhile = 48 * time.Hour

// grid is the times at which an expression is evaluated, in milliseconds: from
// the first to the last, every step. A step of zero is one time.
type grid struct{ first, last, step int64 }

// at returns the grid of one time.
func at(t int64) grid { return grid{first: t, last: t} }

// before returns the grid that is so much earlier.
func (g grid) before(offset time.Duration) grid {
	return grid{g.first - offset.Milliseconds(), g.last - offset.Milliseconds(), g.step}
}

// fits reports whether every time of the grid is a whole multiple of a step.
func (g grid) fits(step int64) bool {
	return g.first%step == 0 && (g.first == g.last || g.step%step == 0)
}

// choice is what a selector is answered from.
type choice struct {
	step  time.Duration // of the buckets; 0 stands for samples
	exact bool          // the answer is that of the samples
}

// tiers chooses. The zero value knows only samples.
type tiers struct {
	kept []series.Tier // the finest first, buckets only
	raw  int64         // older samples are gone
	now  int64
}

func tiersOf(reader series.Reader, now time.Time) tiers {
	tiered, ok := reader.(series.Tiered)
	if !ok {
		return tiers{}
	}
	t := tiers{now: now.UnixMilli()}
	for _, each := range tiered.Tiers() {
		switch {
		case each.Step > 0:
			t.kept = append(t.kept, each)
		case each.Keep > 0:
			t.raw = t.now - each.Keep.Milliseconds()
		}
	}
	return t
}

// choose returns what a selector is answered from that is evaluated at the
// times of a grid, each time from a window of samples before it. Buckets hold
// enough for its function when countable.
//
// As long as there are samples, they answer, unless buckets say the same and
// are fewer. When they are gone, the finest buckets do that reach back far
// enough, but rather coarser ones that say exactly what the samples said.
func (t tiers) choose(g grid, window time.Duration, countable bool) choice {
	earliest := g.first - window.Milliseconds()
	gone := earliest < t.raw
	if !gone && (!countable || time.Duration(g.last-earliest)*time.Millisecond < worthwhile) {
		return choice{exact: true}
	}
	best := choice{exact: !gone}
	for i, each := range t.kept {
		step := each.Step.Milliseconds()
		reaches := each.Keep == 0 || earliest >= t.now-each.Keep.Milliseconds()
		exact := countable && g.fits(step) && window%each.Step == 0
		// Making buckets only for this takes longer than the samples do.
		exact = exact && (gone || each.Until >= earliest+(g.last-earliest)/2)
		switch {
		case reaches && exact:
			best = choice{step: each.Step, exact: true}
		case gone && best.step == 0 && (reaches || i == len(t.kept)-1):
			best = choice{step: each.Step}
		}
	}
	return best
}
