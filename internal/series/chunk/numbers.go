package chunk

import (
	"math"

	"github.com/unity-homelab/unity/fault"
)

// MaxScale is the most decimals that a number is looked at for.
const MaxScale = maxScale

// Power10 returns ten to the power of a scale of 0 to MaxScale, exactly.
func Power10(scale int) float64 { return power10(scale) }

// Exact returns the integer that gives the value, bit for bit, when it is
// divided by a power of ten; false when there is none below 2^53.
func Exact(value, power float64) (int64, bool) {
	if !exactAt(value, power) {
		return 0, false
	}
	return int64(math.RoundToEven(value * power)), true
}

// AppendInts packs integers in the way that takes the fewest bytes and appends
// them to dst. How many there are is not among the bytes.
func (c *Codec) AppendInts(dst []byte, ints []uint64, effort Effort) []byte {
	s, _ := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	p := packer{scratch: s, effort: effort}
	return p.appendInts(dst, ints)
}

// DecodeInts appends the n integers at the beginning of data to dst, and returns
// the rest of data. Bytes that are no such integers give a fault of kind
// BadAnswer.
func (c *Codec) DecodeInts(dst []uint64, data []byte, n int) (ints []uint64, rest []byte, err error) {
	if n >= 0 && n <= MaxPoints {
		s, _ := c.scratch.Get().(*scratch)
		defer c.scratch.Put(s)
		u := unpacker{scratch: s, data: data}
		found := u.ints(n)
		if !u.bad && len(found) == n {
			return append(dst, found...), u.data, nil
		}
	}
	return dst, data, fault.New(fault.BadAnswer, "unpacking integers: their content makes no sense")
}
