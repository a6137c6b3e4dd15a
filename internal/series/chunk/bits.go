package chunk

import "encoding/binary"

// bitWriter appends bits to bytes, lowest first.
type bitWriter struct {
	out  []byte
	word uint64
	used int // bits of word, less than 64
}

// write appends the n lowest bits of v, whose other bits are zero.
func (w *bitWriter) write(v uint64, n int) {
	w.word |= v << w.used
	if w.used+n >= 64 {
		w.out = binary.LittleEndian.AppendUint64(w.out, w.word)
		w.word = v >> (64 - w.used) // zero when used is zero
		w.used += n - 64
		return
	}
	w.used += n
}

// flush returns all bytes, the last one filled up with zeros.
func (w *bitWriter) flush() []byte {
	for ; w.used > 0; w.used -= 8 {
		w.out = append(w.out, byte(w.word))
		w.word >>= 8
	}
	return w.out
}

// bitReader takes bits out of bytes, lowest first. It reads zeros behind the end.
type bitReader struct {
	in []byte
	at int // in bits
}

// read returns the next n bits, at most 64.
func (r *bitReader) read(n int) uint64 {
	i, shift := r.at>>3, r.at&7
	r.at += n
	if i+9 <= len(r.in) {
		v := binary.LittleEndian.Uint64(r.in[i:])>>shift | uint64(r.in[i+8])<<(64-shift)
		return v & (1<<n - 1)
	}
	v := uint64(0)
	for k := 0; k < 9 && i+k < len(r.in); k++ {
		b := uint64(r.in[i+k])
		if position := k*8 - shift; position >= 0 {
			v |= b << position
		} else {
			v |= b >> shift
		}
	}
	return v & (1<<n - 1)
}
