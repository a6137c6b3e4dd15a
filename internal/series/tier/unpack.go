package tier

import (
	"encoding/binary"

	"github.com/unity-homelab/unity/internal/series/chunk"
)

// unpacker reads one row. The first thing that makes no sense sets bad.
type unpacker struct {
	numbers *chunk.Codec
	data    []byte
	ints    []uint64
	bad     bool
}

func (u *unpacker) times(buckets []Bucket, width int64) {
	at := u.varint()
	gaps := u.integers(len(buckets) - 1)
	for i := range buckets {
		if i > 0 && !u.bad {
			if gaps[i-1] > maxTime {
				u.bad = true
			}
			at += int64(gaps[i-1]) + 1
		}
		if u.bad || at > maxTime/width || at < minTime/width {
			u.bad = true
			return
		}
		buckets[i].Time = at * width
	}
}

func (u *unpacker) counts(buckets []Bucket) {
	at := u.varint()
	changes := u.integers(len(buckets) - 1)
	if u.bad {
		return
	}
	for i := range buckets {
		if i > 0 {
			at += unzigzag(changes[i-1])
		}
		buckets[i].Count = at
	}
}

// figures unpacks all but times and counts.
func (u *unpacker) figures(buckets []Bucket) {
	form := u.byte()
	scale := int(form & scaleMask)
	if scale == floats {
		u.bad = u.bad || form != floats
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Last })
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Max })
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Min })
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Sum })
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Increase })
		return
	}
	n := len(buckets)
	ints := make([]int64, 3*n)
	f := figures{
		last: ints[:n:n], top: ints[n : 2*n : 2*n], low: ints[2*n:],
		sums: form&floatSum == 0, grows: form&floatGrowth == 0,
	}
	var last, change int64
	for i, v := range u.integers(n) {
		if form&steady != 0 && i > 1 {
			change += unzigzag(v)
		} else {
			change = unzigzag(v)
		}
		last += change
		f.last[i] = last
	}
	for i, v := range u.integers(n) {
		f.top[i] = f.last[i] + int64(v)
	}
	for i, v := range u.integers(n) {
		if form&growing != 0 {
			f.low[i] = f.last[i] - unzigzag(v) - f.climb(i, buckets[i].Count)
		} else {
			f.low[i] = f.last[i] - int64(v)
		}
	}
	power := chunk.Power10(scale)
	for i := range buckets {
		b := &buckets[i]
		b.Last, b.Max, b.Min = float64(f.last[i])/power, float64(f.top[i])/power, float64(f.low[i])/power
	}
	if f.sums {
		for i, v := range u.integers(n) {
			buckets[i].Sum = float64(f.total(i, buckets[i].Count)+unzigzag(v)) / power
		}
	}
	if f.grows {
		for i, v := range u.integers(n) {
			buckets[i].Increase = float64(f.growth(i)+unzigzag(v)) / power
		}
	}
	if !f.sums {
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Sum })
	}
	if !f.grows {
		u.floats(buckets, func(b *Bucket) *float64 { return &b.Increase })
	}
}

// integers returns the next n integers; they are valid until the next call.
func (u *unpacker) integers(n int) []uint64 {
	if u.bad {
		return nil
	}
	var err error
	if u.ints, u.data, err = u.numbers.DecodeInts(u.ints[:0], u.data, n); err != nil {
		u.bad = true
		return nil
	}
	return u.ints
}

// floats unpacks a column that was packed by itself.
func (u *unpacker) floats(buckets []Bucket, place func(*Bucket) *float64) {
	size := u.uvarint()
	if u.bad || size > uint64(len(u.data)) {
		u.bad = true
		return
	}
	columns, err := u.numbers.Decode(chunk.Columns{}, u.data[:size])
	if err != nil || columns.Len() != len(buckets) {
		u.bad = true
		return
	}
	u.data = u.data[size:]
	for i, v := range columns.Values {
		*place(&buckets[i]) = v
	}
}

func (u *unpacker) byte() byte {
	if len(u.data) == 0 {
		u.bad = true
		return 0
	}
	b := u.data[0]
	u.data = u.data[1:]
	return b
}

func (u *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(u.data)
	if n <= 0 {
		u.bad, u.data = true, nil
		return 0
	}
	u.data = u.data[n:]
	return v
}

func (u *unpacker) varint() int64 { return unzigzag(u.uvarint()) }
