package gameserver

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Answers that do not fit into a packet come in several.
const (
	split      = "\xfe\xff\xff\xff"
	maxParts   = 64
	maxUnzip   = 1 << 20
	compressed = 1 << 31 // of the number of the answer
)

// packets puts together what came in several packets. Three generations of
// servers do it, with headers that only their lengths tell apart.
type packets struct {
	number uint32
	parts  [][]byte // after the number
}

// add takes a packet. It returns the answer when that is whole.
func (p *packets) add(packet []byte) (body []byte, whole bool, err error) {
	if body, found := bytes.CutPrefix(packet, []byte(unconnected)); found {
		return body, true, nil
	}
	rest, found := bytes.CutPrefix(packet, []byte(split))
	const numberBytes = 4
	if !found || len(rest) <= numberBytes {
		return nil, false, &malformed{"what came is no packet of A2S", packet}
	}
	number := binary.LittleEndian.Uint32(rest)
	if number != p.number { // another answer begins
		p.number, p.parts = number, nil
	}
	if len(p.parts) >= maxParts {
		return nil, false, &malformed{"the answer has too many packets", packet}
	}
	p.parts = append(p.parts, rest[numberBytes:])
	for _, form := range []form{sourceForm{}, earlySourceForm{}, goldSourceForm{}} {
		joined, complete := p.join(form)
		if !complete {
			continue
		}
		if _, packs := form.(sourceForm); packs && number&compressed != 0 {
			joined, err = unzip(joined)
			if err != nil {
				continue
			}
		}
		if body, found := bytes.CutPrefix(joined, []byte(unconnected)); found {
			return body, true, nil
		}
	}
	return nil, false, err
}

// form is how the header of a part says which part it is, of how many.
type form interface {
	header(part []byte) (at, of, size int)
}

type (
	sourceForm      struct{} // with the largest size of a part
	earlySourceForm struct{} // of 2006, without
	goldSourceForm  struct{} // both numbers in one byte
)

func (sourceForm) header(part []byte) (at, of, size int) {
	const bytes = 4
	if len(part) < bytes {
		return 0, 0, 0
	}
	return int(part[1]), int(part[0]), bytes
}

func (earlySourceForm) header(part []byte) (at, of, size int) {
	const bytes = 2
	if len(part) < bytes {
		return 0, 0, 0
	}
	return int(part[1]), int(part[0]), bytes
}

func (goldSourceForm) header(part []byte) (at, of, size int) {
	const nibble = 4
	return int(part[0] >> nibble), int(part[0] & 0xf), 1
}

// join puts the parts in order, if all are there.
func (p *packets) join(f form) (joined []byte, complete bool) {
	_, total, _ := f.header(p.parts[0])
	if total < 1 || total > maxParts {
		return nil, false
	}
	ordered := make([][]byte, total)
	for _, part := range p.parts {
		at, of, size := f.header(part)
		if of != total || at >= total {
			return nil, false
		}
		ordered[at] = part[size:]
	}
	for _, part := range ordered {
		if part == nil {
			return nil, false
		}
		joined = append(joined, part...)
	}
	return joined, true
}

// unzip unpacks an answer, which its size and its checksum come before.
func unzip(packed []byte) ([]byte, error) {
	const header = 8
	if len(packed) < header {
		return nil, &malformed{"the packed answer ends too early", packed}
	}
	size, sum := binary.LittleEndian.Uint32(packed), binary.LittleEndian.Uint32(packed[4:])
	if size > maxUnzip {
		return nil, &malformed{"the packed answer is too large", packed}
	}
	answer, err := io.ReadAll(io.LimitReader(bzip2.NewReader(bytes.NewReader(packed[header:])), maxUnzip))
	if err != nil || uint32(len(answer)) != size || crc32.ChecksumIEEE(answer) != sum { //nolint:gosec // it is bounded
		return nil, &malformed{"the packed answer cannot be unpacked", packed}
	}
	return answer, nil
}
