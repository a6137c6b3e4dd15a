package journal

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A segment is a file of frames:
//
//	magic (8 bytes) | frame | frame | …
//	frame: length (4) | CRC-32C of length and payload (4) | payload
//
// Numbers are little-endian. A length is never zero, so that the zeros a file
// system may leave behind after a power cut do not look like frames.
const (
	magic      = "UNITYJ1\n"
	headerSize = 8
	maxFrame   = 64 << 20
	suffix     = ".journal"
)

func segmentName(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%08d%s", number, suffix))
}

// listSegments returns the numbers of the segments in dir, ascending.
func listSegments(dir string) ([]int, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, file := range files {
		name, found := strings.CutSuffix(file.Name(), suffix)
		if number, err := strconv.Atoi(name); found && err == nil && number >= 0 {
			numbers = append(numbers, number)
		}
	}
	slices.SortFunc(numbers, cmp.Compare)
	return numbers, nil
}

// beginFrame makes room for the header of a frame at the end of dst.
func beginFrame(dst []byte) []byte { return append(dst, 0, 0, 0, 0, 0, 0, 0, 0) }

// endFrame fills the header of the frame that starts at offset start of dst.
func endFrame(dst []byte, start int) {
	payload := dst[start+headerSize:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(dst[start+4:], checksum(dst[start:start+4], payload))
}

func checksum(length, payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(length, table), table, payload)
}

// frame is a stretch of a segment: a good frame, or one that is damaged.
type frame struct {
	start, end int64
	payload    []byte
	good       bool
}

// frames cuts the content of a segment into frames. A damaged frame is stepped
// over when a good one, or the end, follows where its length says; otherwise
// all that is left counts as one damaged frame.
func frames(content []byte) []frame {
	if len(content) == 0 {
		return nil
	}
	if !strings.HasPrefix(string(content[:min(len(content), len(magic))]), magic) {
		return []frame{{start: 0, end: int64(len(content))}}
	}
	var all []frame
	for at := len(magic); at < len(content); {
		end, good := frameAt(content, at)
		if !good && (end == 0 || end < len(content) && !goodAt(content, end)) {
			return append(all, frame{start: int64(at), end: int64(len(content))})
		}
		all = append(all, frame{
			start: int64(at), end: int64(end), payload: content[at+headerSize : end], good: good,
		})
		at = end
	}
	return all
}

// frameAt returns where the frame at an offset ends, 0 when that cannot be, and
// whether its checksum is right.
func frameAt(content []byte, at int) (end int, good bool) {
	if len(content)-at < headerSize {
		return 0, false
	}
	length := int64(binary.LittleEndian.Uint32(content[at:]))
	if length == 0 || length > maxFrame || int64(at)+headerSize+length > int64(len(content)) {
		return 0, false
	}
	end = at + headerSize + int(length)
	sum := binary.LittleEndian.Uint32(content[at+4:])
	return end, checksum(content[at:at+4], content[at+headerSize:end]) == sum
}

func goodAt(content []byte, at int) bool {
	_, good := frameAt(content, at)
	return good
}
