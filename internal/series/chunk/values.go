package chunk

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The form of values is one byte: the decimal scale, or floatBits; then how
// often differences were taken; then whether a divisor follows.
const (
	maxScale   = 14
	floatBits  = 15
	orderShift = 4
	orderMask  = 3
	hasDivisor = 1 << 6
)

// exactLimit is the largest magnitude below which every integer is a float64.
const exactLimit = 1 << 53

// power10 returns ten to the power of a scale, exactly.
func power10(scale int) float64 {
	power := 1.0
	for range scale {
		power *= 10
	}
	return power
}

// packer appends the parts of one chunk.
type packer struct {
	scratch *scratch
	effort  Effort
}

// appendTimes writes the first time, the first step, and the changes of step.
func (p *packer) appendTimes(dst []byte, times []int64) []byte {
	dst = binary.AppendVarint(dst, times[0])
	if len(times) == 1 {
		return dst
	}
	step := times[1] - times[0]
	dst = binary.AppendVarint(dst, step)
	changes := p.scratch.differences[:0]
	for i := 2; i < len(times); i++ {
		next := times[i] - times[i-1]
		changes = append(changes, zigzag(next-step))
		step = next
	}
	p.scratch.differences = changes
	return p.appendInts(dst, changes)
}

// appendValues writes the values as integers and their differences.
func (p *packer) appendValues(dst []byte, values []float64) []byte {
	scale, ints := decimals(p.scratch.ints[:0], values)
	if scale == floatBits {
		for _, value := range values {
			ints = append(ints, math.Float64bits(value))
		}
	}
	p.scratch.ints = ints
	first := ints[0]
	divisor := uint64(0)
	for i, v := range ints {
		ints[i] = v - first
		if divisor != 1 {
			divisor = gcd(divisor, magnitude(ints[i]))
		}
	}
	form := byte(scale)
	if divisor > 1 {
		form |= hasDivisor
		for i, v := range ints {
			ints[i] = uint64(int64(v) / int64(divisor))
		}
	}
	order := smoothest(ints)
	form |= byte(order) << orderShift
	dst = append(dst, form)
	if scale == floatBits {
		dst = binary.LittleEndian.AppendUint64(dst, first)
	} else {
		dst = binary.AppendVarint(dst, int64(first))
	}
	if divisor > 1 {
		dst = binary.AppendUvarint(dst, divisor)
	}
	if len(ints) == 1 {
		return dst
	}
	differences := p.scratch.differences[:0]
	switch order {
	case 0:
		for _, v := range ints[1:] {
			differences = append(differences, zigzag(int64(v)))
		}
	case 1:
		for i, v := range ints[1:] {
			differences = append(differences, zigzag(int64(v-ints[i])))
		}
	case 2:
		step := ints[1]
		dst = binary.AppendVarint(dst, int64(step))
		for i := 2; i < len(ints); i++ {
			next := ints[i] - ints[i-1]
			differences = append(differences, zigzag(int64(next-step)))
			step = next
		}
	}
	p.scratch.differences = differences
	return p.appendInts(dst, differences)
}

// decimals appends the values as integers of the smallest common decimal scale,
// and returns floatBits and ints as it was when there is none that gives every
// bit back.
func decimals(ints []uint64, values []float64) (int, []uint64) {
	scale, power := 0, 1.0
	for _, value := range values {
		for !exactAt(value, power) {
			if scale++; scale > maxScale {
				return floatBits, ints
			}
			power *= 10
		}
	}
	n := len(ints)
	for _, value := range values {
		if !exactAt(value, power) {
			return floatBits, ints[:n]
		}
		ints = append(ints, uint64(int64(math.RoundToEven(value*power))))
	}
	return scale, ints
}

// exactAt reports whether an integer, divided by the power, is the value. Minus
// zero is none, for there is no such integer.
func exactAt(value, power float64) bool {
	mantissa := math.RoundToEven(value * power)
	return math.Abs(mantissa) < exactLimit &&
		math.Float64bits(float64(int64(mantissa))/power) == math.Float64bits(value)
}

// smoothest returns how often to take differences so that little is left.
func smoothest(ints []uint64) int {
	var cost [3]int
	var before, step uint64
	for i, v := range ints {
		next := v - before
		cost[0] += bits.Len64(zigzag(int64(v)))
		cost[1] += bits.Len64(zigzag(int64(next)))
		if i > 1 {
			cost[2] += bits.Len64(zigzag(int64(next - step)))
		}
		before, step = v, next
	}
	if len(ints) < 3 {
		return 1
	}
	best := 1
	for order := range cost {
		if cost[order] < cost[best] {
			best = order
		}
	}
	return best
}

// unpacker reads one chunk. The first thing that makes no sense sets bad.
type unpacker struct {
	scratch *scratch
	data    []byte
	bad     bool
}

func (u *unpacker) times(dst []int64, n int) []int64 {
	at := u.varint()
	dst = append(dst, at)
	if n == 1 {
		return dst
	}
	step := u.varint()
	at += step
	dst = append(dst, at)
	for _, change := range u.ints(n - 2) {
		step += unzigzag(change)
		at += step
		dst = append(dst, at)
	}
	return dst
}

func (u *unpacker) values(dst []float64, n int) []float64 {
	form := u.byte()
	scale, order := int(form&floatBits), form>>orderShift&orderMask
	var first uint64
	if scale == floatBits {
		first = u.uint64()
	} else {
		first = uint64(u.varint())
	}
	divisor := uint64(1)
	if form&hasDivisor != 0 {
		divisor = u.uvarint()
	}
	if form>>7 != 0 || order > 2 {
		u.bad = true
		return dst
	}
	ints := u.scratch.ints[:0]
	ints = append(ints, first)
	if n > 1 {
		ints = u.sum(ints, order, divisor, n)
	}
	u.scratch.ints = ints
	if scale == floatBits {
		for _, v := range ints {
			dst = append(dst, math.Float64frombits(v))
		}
		return dst
	}
	if scale == 0 {
		for _, v := range ints {
			dst = append(dst, float64(int64(v)))
		}
		return dst
	}
	power := power10(scale)
	for _, v := range ints {
		dst = append(dst, float64(int64(v))/power)
	}
	return dst
}

// sum takes the differences back.
func (u *unpacker) sum(ints []uint64, order byte, divisor uint64, n int) []uint64 {
	first := ints[0]
	switch order {
	case 0:
		for _, v := range u.ints(n - 1) {
			ints = append(ints, first+uint64(unzigzag(v))*divisor)
		}
	case 1:
		at := first
		for _, v := range u.ints(n - 1) {
			at += uint64(unzigzag(v)) * divisor
			ints = append(ints, at)
		}
	case 2:
		step := uint64(u.varint()) * divisor
		at := first + step
		ints = append(ints, at)
		for _, v := range u.ints(n - 2) {
			step += uint64(unzigzag(v)) * divisor
			at += step
			ints = append(ints, at)
		}
	}
	return ints
}

func zigzag(v int64) uint64   { return uint64(v<<1 ^ v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func magnitude(v uint64) uint64 {
	if int64(v) < 0 {
		return -v
	}
	return v
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
