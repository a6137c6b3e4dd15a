package live

import (
	"slices"
	"strconv"
	"strings"
)

// maxRecentBytes bounds what recent messages may take, roughly.
const maxRecentBytes = 2 << 20

// recent keeps the last messages, for those who lost their connection.
type recent struct {
	most     int
	messages []*message // from head on, oldest first
	head     int
	bytes    int
	// before is the number of the newest message that is not kept any more.
	before uint64
}

func (r *recent) add(m *message) {
	if len(r.messages) == cap(r.messages) && r.head > 0 {
		r.messages, r.head = slices.Delete(r.messages, 0, r.head), 0
	}
	r.messages = append(r.messages, m)
	r.bytes += m.size()
	for len(r.messages)-r.head > r.most || r.bytes > maxRecentBytes {
		oldest := r.messages[r.head]
		r.bytes -= oldest.size()
		r.before = oldest.number
		r.messages[r.head] = nil
		r.head++
	}
}

// forget drops all messages; there were none after the number.
func (r *recent) forget(number uint64) {
	*r = recent{most: r.most, before: number}
}

// since returns the messages after the one with a number, oldest first; false
// when some of them are not kept any more.
func (r *recent) since(number uint64) ([]*message, bool) {
	if number < r.before {
		return nil, false
	}
	kept := r.messages[r.head:]
	at, _ := slices.BinarySearchFunc(kept, number, func(m *message, number uint64) int {
		if m.number <= number {
			return -1
		}
		return 1
	})
	return kept[at:], true
}

// appendPosition writes where in the stream of the hub a subscriber is.
func (h *Hub) appendPosition(b []byte, number uint64) []byte {
	return strconv.AppendUint(append(append(b, h.config.Name...), '-'), number, 10)
}

// numberOf reads a position; false when it is none of this hub. The caller
// holds mu.
func (h *Hub) numberOf(position string) (uint64, bool) {
	name, digits, _ := strings.Cut(position, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil && name == h.config.Name && number <= h.told
}
