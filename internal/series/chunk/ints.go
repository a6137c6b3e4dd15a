package chunk

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/huff0"
)

// How a run of integers is packed. Most are small, many are zero.
const (
	allZero = iota // nothing follows
	sparse         // in turn: how many zeros, then one that is not zero
	varints        // one after the other
	groups         // of groupSize, each with as many bits as its largest needs
	whole          // varints, in a Huffman code
	split          // how long each is, in a Huffman code; then what is below its highest bit
)

const (
	groupSize = 32
	minCoded  = 64 // fewer integers do not pay for the table of a Huffman code
)

// appendInts packs integers in the way that takes the fewest bytes.
func (p *packer) appendInts(dst []byte, ints []uint64) []byte {
	sizes := measure(ints)
	if sizes.nonzero == 0 {
		return append(dst, allZero)
	}
	way, size := varints, sizes.varints
	if sizes.sparse < size {
		way, size = sparse, sizes.sparse
	}
	if sizes.groups < size {
		way, size = groups, sizes.groups
	}
	if p.effort == Smallest && len(ints) >= minCoded {
		if better := p.entropy(ints, sizes, size); better != nil {
			return append(dst, better...)
		}
	}
	switch way {
	case sparse:
		return appendSparse(append(dst, sparse), ints)
	case groups:
		return appendGroups(append(dst, groups), ints)
	default:
		return appendVarints(append(dst, varints), ints)
	}
}

// entropy packs integers with a Huffman code and returns nil when that takes no
// less than size bytes.
func (p *packer) entropy(ints []uint64, sizes sizes, size int) []byte {
	s := p.scratch
	var better []byte
	s.bytes = s.bytes[:0]
	for _, v := range ints {
		s.bytes = append(s.bytes, byte(bits.Len64(v)))
	}
	if lengths, ok := s.huffman(s.bytes); ok && 3+len(lengths)+(sizes.below+7)/8 < size {
		s.packed = append(s.packed[:0], split)
		s.packed = appendUvarint(s.packed, uint64(len(lengths)))
		s.packed = append(s.packed, lengths...)
		w := bitWriter{out: s.packed}
		for _, v := range ints {
			if n := bits.Len64(v); n > 1 {
				w.write(v&^(1<<(n-1)), n-1)
			}
		}
		s.packed = w.flush()
		better, size = s.packed, len(s.packed)
	}
	// Where most integers are one byte long, the code for whole integers is the
	// better one; where they are longer, their lower bits are noise that only
	// stands in its way.
	if sizes.varints > len(ints)*5/4 {
		return better
	}
	s.bytes = appendVarints(s.bytes[:0], ints)
	if coded, ok := s.huffman(s.bytes); ok && 3+len(coded) < size {
		s.packed = append(s.packed[:0], whole)
		s.packed = appendUvarint(s.packed, uint64(len(coded)))
		s.packed = append(s.packed, coded...)
		better = s.packed
	}
	return better
}

// huffman returns bytes in a Huffman code, with its table in front. It is false
// when that gains nothing. The result is valid until the next call.
func (s *scratch) huffman(plain []byte) ([]byte, bool) {
	if s.coder == nil {
		s.coder = &huff0.Scratch{Reuse: huff0.ReusePolicyNone}
	}
	coded, _, err := huff0.Compress1X(plain, s.coder)
	return coded, err == nil
}

// sizes are how many bytes integers take in each way, or nearly so.
type sizes struct {
	nonzero, sparse, varints, groups int
	below                            int // bits below the highest ones
}

func measure(ints []uint64) sizes {
	var s sizes
	zeros, widest := 0, 0
	for i, v := range ints {
		n := bits.Len64(v)
		length := (max(n, 1) + 6) / 7
		s.varints += length
		widest = max(widest, n)
		if v == 0 {
			zeros++
		} else {
			s.nonzero++
			s.sparse += length + (max(bits.Len(uint(zeros)), 1)+6)/7
			s.below += n - 1
			zeros = 0
		}
		if i%groupSize == groupSize-1 || i == len(ints)-1 {
			s.groups += 1 + (widest*(i%groupSize+1)+7)/8
			widest = 0
		}
	}
	return s
}

func appendVarints(dst []byte, ints []uint64) []byte {
	for _, v := range ints {
		dst = appendUvarint(dst, v)
	}
	return dst
}

func appendSparse(dst []byte, ints []uint64) []byte {
	zeros := uint64(0)
	for _, v := range ints {
		if v == 0 {
			zeros++
			continue
		}
		dst = appendUvarint(dst, zeros)
		dst = appendUvarint(dst, v)
		zeros = 0
	}
	return appendUvarint(dst, zeros)
}

func appendGroups(dst []byte, ints []uint64) []byte {
	for len(ints) > 0 {
		group := ints[:min(groupSize, len(ints))]
		ints = ints[len(group):]
		all := uint64(0)
		for _, v := range group {
			all |= v
		}
		width := bits.Len64(all)
		dst = append(dst, byte(width))
		w := bitWriter{out: dst}
		for _, v := range group {
			w.write(v, width)
		}
		dst = w.flush()
	}
	return dst
}

func appendUvarint(dst []byte, v uint64) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// ints unpacks n integers. They are valid until the next call.
func (u *unpacker) ints(n int) []uint64 {
	dst := u.scratch.differences[:0]
	switch u.byte() {
	case allZero:
		dst = append(dst, make([]uint64, n)...)
	case sparse:
		dst = u.sparse(dst, n)
	case varints:
		for range n {
			dst = append(dst, u.uvarint())
		}
	case groups:
		dst = u.groups(dst, n)
	case whole:
		dst = u.whole(dst, n)
	case split:
		dst = u.split(dst, n)
	default:
		u.bad = true
	}
	u.scratch.differences = dst
	if u.bad {
		return nil
	}
	return dst
}

func (u *unpacker) sparse(dst []uint64, n int) []uint64 {
	for !u.bad {
		zeros := u.uvarint()
		if zeros > uint64(n-len(dst)) {
			u.bad = true
			break
		}
		dst = append(dst, make([]uint64, zeros)...)
		if len(dst) == n {
			break
		}
		dst = append(dst, u.uvarint())
	}
	return dst
}

func (u *unpacker) groups(dst []uint64, n int) []uint64 {
	for n > 0 && !u.bad {
		count := min(groupSize, n)
		n -= count
		width := int(u.byte())
		size := (width*count + 7) / 8
		if width > 64 || size > len(u.data) {
			u.bad = true
			break
		}
		r := bitReader{in: u.data[:size]}
		for range count {
			dst = append(dst, r.read(width))
		}
		u.data = u.data[size:]
	}
	return dst
}

func (u *unpacker) whole(dst []uint64, n int) []uint64 {
	plain, ok := u.huffman(n * binary.MaxVarintLen64)
	if !ok {
		return dst
	}
	for range n {
		v, size := binary.Uvarint(plain)
		if size <= 0 {
			u.bad = true
			return dst
		}
		plain = plain[size:]
		dst = append(dst, v)
	}
	u.bad = u.bad || len(plain) > 0
	return dst
}

func (u *unpacker) split(dst []uint64, n int) []uint64 {
	lengths, ok := u.huffman(n)
	if !ok || len(lengths) != n {
		u.bad = true
		return dst
	}
	below := 0
	for _, length := range lengths {
		if length > 64 {
			u.bad = true
			return dst
		}
		below += max(int(length)-1, 0)
	}
	end := (below + 7) / 8
	if end > len(u.data) {
		u.bad = true
		return dst
	}
	r := bitReader{in: u.data[:end]}
	for _, length := range lengths {
		if length < 2 {
			dst = append(dst, uint64(length))
			continue
		}
		dst = append(dst, 1<<(length-1)|r.read(int(length)-1))
	}
	u.data = u.data[end:]
	return dst
}

// huffman takes a length and so many bytes, and decodes them to at most limit
// bytes.
func (u *unpacker) huffman(limit int) ([]byte, bool) {
	size := u.uvarint()
	if size > uint64(len(u.data)) {
		u.bad = true
		return nil, false
	}
	coded := u.data[:size]
	u.data = u.data[size:]
	s := u.scratch
	var err error
	if s.decoder, coded, err = huff0.ReadTable(coded, s.decoder); err != nil {
		u.bad, s.decoder = true, nil
		return nil, false
	}
	s.bytes = slices.Grow(s.bytes[:0], limit)
	plain, err := s.decoder.Decoder().Decompress1X(s.bytes[:0:limit], coded)
	if err != nil {
		u.bad = true
		return nil, false
	}
	return plain, true
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

func (u *unpacker) uint64() uint64 {
	if len(u.data) < 8 {
		u.bad, u.data = true, nil
		return 0
	}
	v := binary.LittleEndian.Uint64(u.data)
	u.data = u.data[8:]
	return v
}
