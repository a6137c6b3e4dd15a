package demo

import (
	"hash/fnv"
	"math"
)

// signal is a value over time, in seconds since 1970. It always gives the same
// for the same time.
type signal func(t float64) float64

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
	week   = 7 * day
)

// seed makes things that work alike do so at different times.
type seed uint64

func seedOf(parts ...string) seed {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return seed(h.Sum64())
}

// and returns another seed that follows from this one.
func (s seed) and(n uint64) seed { return seed(scramble(uint64(s) + n*0x9e3779b97f4a7c15)) }

// chance returns the nth number between 0 and 1.
func (s seed) chance(n int64) float64 {
	return float64(scramble(uint64(s)^uint64(n)*0xd1342543de82ef95)>>11) / (1 << 53)
}

// between returns a number that belongs to the seed.
func (s seed) between(low, high float64) float64 { return low + (high-low)*s.chance(0) }

func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// smooth is noise between -1 and 1 that takes its time: a cubic spline through
// random knots. In one period it changes by at most 2.
func smooth(s seed, period float64) signal {
	knot := func(n int64) float64 { return 2*s.chance(n) - 1 }
	return func(t float64) float64 {
		x := t / period
		floor := math.Floor(x)
		n, f := int64(floor), x-floor
		g := 1 - f
		return (g*g*g*knot(n-1) + (3*f*f*f-6*f*f+4)*knot(n) + (3*g*g*g-6*g*g+4)*knot(n+1) + f*f*f*knot(n+2)) / 6
	}
}

// restless is how most figures of a machine move, about between -1 and 1: slowly,
// faster, and a bit all the time.
func restless(s seed) signal {
	slow, middle, fast := smooth(s, 3*hour), smooth(s.and(1), 11*minute), smooth(s.and(2), 25)
	return func(t float64) float64 { return 0.9*slow(t) + 0.5*middle(t) + 0.35*fast(t) }
}

// daily goes up and down with the day, between -1 and 1; the peak is at an hour
// of UTC.
func daily(peak float64) signal {
	return func(t float64) float64 { return math.Cos(2 * math.Pi * (t - peak*hour) / day) }
}

// peaks is 0, but for a hump of height 1 once in a while. Humps come at most once
// every so many seconds and last for at most a fifth of that.
func peaks(s seed, every float64) signal {
	return func(t float64) float64 {
		floor := math.Floor(t / every)
		n := int64(floor)
		begin := every * (0.1 + 0.6*s.chance(2*n))
		length := every * (0.04 + 0.16*s.chance(2*n+1))
		x := (t - floor*every - begin) / length
		if x <= 0 || x >= 1 {
			return 0
		}
		return math.Sqrt(math.Sin(math.Pi * x))
	}
}

// between keeps the parts of a gauge together: it swings around the middle of two
// bounds and never leaves them.
func between(low, high float64, parts ...signal) signal {
	return func(t float64) float64 {
		sum := 0.0
		for _, part := range parts {
			sum += part(t)
		}
		return low + (high-low)/(1+math.Exp(-2.2*sum))
	}
}

// times returns a signal with its swing made larger or smaller.
func (s signal) times(factor float64) signal {
	return func(t float64) float64 { return factor * s(t) }
}

// plus adds another signal.
func (s signal) plus(other signal) signal {
	return func(t float64) float64 { return s(t) + other(t) }
}

// rounded keeps so many digits behind the point, as instruments do.
func (s signal) rounded(digits int) signal {
	scale := math.Pow10(digits)
	return func(t float64) float64 { return math.Round(s(t)*scale) / scale }
}

// steps keeps whole multiples of a step.
func (s signal) steps(step float64) signal {
	return func(t float64) float64 { return math.Round(s(t)/step) * step }
}

// always is a value that does not change.
func always(value float64) signal { return func(float64) float64 { return value } }

// since counts the seconds from a moment on.
func since(moment float64) signal {
	return func(t float64) float64 { return math.Max(0, math.Floor(t-moment)) }
}

// during is one signal within a span of time and another outside of it.
func during(from, to float64, inside, outside signal) signal {
	return func(t float64) float64 {
		if t >= from && t < to {
			return inside(t)
		}
		return outside(t)
	}
}

// total is a counter that began at a moment and grows by so much a second on
// average: more by day than by night, never evenly, and never backwards.
func total(s seed, began, rate, peak float64) signal {
	slow, middle, fast := smooth(s, 2*hour), smooth(s.and(1), 7*minute), smooth(s.and(2), 40)
	return func(t float64) float64 {
		grown := t - began
		// The slopes of these are below 0.35, 0.26, 0.2 and 0.16, so that of the sum is
		// not negative.
		grown += 0.35 * day / (2 * math.Pi) * math.Sin(2*math.Pi*(t-peak*hour)/day)
		grown += 0.13*2*hour*slow(t) + 0.1*7*minute*middle(t) + 0.08*40*fast(t)
		return math.Floor(math.Max(0, rate*grown))
	}
}

// heaps is a counter that grows by much at once: once in every so many seconds,
// at some time and for some time, by as much each time.
func heaps(s seed, began, every, size float64) signal {
	return func(t float64) float64 {
		floor := math.Floor(t / every)
		n := int64(floor)
		begin := every * (0.1 + 0.5*s.chance(2*n))
		length := every * (0.03 + 0.25*s.chance(2*n+1))
		x := min(1, max(0, (t-floor*every-begin)/length))
		return math.Floor(math.Max(0, size*(floor-math.Floor(began/every)+x*x*(3-2*x))))
	}
}

// atLeast keeps a signal from falling below a bound.
func (s signal) atLeast(low float64) signal {
	return func(t float64) float64 { return max(low, s(t)) }
}

// atMost keeps a signal from rising above a bound.
func (s signal) atMost(high float64) signal {
	return func(t float64) float64 { return min(high, s(t)) }
}
