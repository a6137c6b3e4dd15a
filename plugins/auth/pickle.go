package auth

import (
	"bytes"
	"encoding/binary"

	"github.com/unity-homelab/unity/fault"
)

const (
	// maxDepth bounds how deep values lie in one another.
	maxDepth = 32
	// maxValues bounds how many there are, counted as often as they are met.
	maxValues = 1 << 18
)

// encodeCommand writes a list of words as fail2ban's server reads it: a pickle
// of Python, protocol 2.
func encodeCommand(words []string) []byte {
	out := []byte("\x80\x02](")
	for _, word := range words {
		out = append(out, 'X')
		out = binary.LittleEndian.AppendUint32(out, uint32(len(word)))
		out = append(out, word...)
	}
	return append(out, "e."...)
}

// opaque is an object of Python that is of no interest but for what it was made
// with, such as an exception.
type opaque struct{ args any }

// unpickler reads what fail2ban's server answers: lists, tuples, texts, numbers.
// Nothing is ever called, whatever the pickle asks for.
type unpickler struct {
	data  []byte
	stack []any
	marks []int
	memo  map[uint64]any
	steps int
}

// unpickle reads one value. Lists and tuples become []any, texts string, whole
// numbers int64, None nil.
func unpickle(data []byte) (any, error) {
	u := &unpickler{data: data, memo: make(map[uint64]any)}
	for {
		if u.steps++; u.steps > 1<<20 {
			return nil, u.wrong("it is too long")
		}
		op, err := u.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			if len(u.stack) != 1 {
				return nil, u.wrong("it ends too early")
			}
			if left := maxValues; !fits(u.stack[0], &left, 0) {
				return nil, u.wrong("it holds too much, or itself")
			}
			return u.stack[0], nil
		}
		if err := u.step(op[0]); err != nil {
			return nil, err
		}
	}
}

func (u *unpickler) wrong(why string) error {
	return fault.New(fault.BadAnswer, "reading a pickle: %s", why)
}

func (u *unpickler) take(n uint64) ([]byte, error) {
	if n > uint64(len(u.data)) {
		return nil, u.wrong("it is cut")
	}
	out := u.data[:n]
	u.data = u.data[n:]
	return out, nil
}

// number reads a little-endian number of so many bytes.
func (u *unpickler) number(size uint64) (uint64, error) {
	raw, err := u.take(size)
	if err != nil {
		return 0, err
	}
	var room [8]byte
	copy(room[:], raw)
	return binary.LittleEndian.Uint64(room[:]), nil
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() (any, error) {
	least := 0
	if len(u.marks) > 0 {
		least = u.marks[len(u.marks)-1]
	}
	if len(u.stack) <= least {
		return nil, u.wrong("a value is missing")
	}
	v := u.stack[len(u.stack)-1]
	u.stack = u.stack[:len(u.stack)-1]
	return v, nil
}

// sinceMark takes what was put since the last mark.
func (u *unpickler) sinceMark() ([]any, error) {
	if len(u.marks) == 0 {
		return nil, u.wrong("a mark is missing")
	}
	at := u.marks[len(u.marks)-1]
	u.marks = u.marks[:len(u.marks)-1]
	out := append([]any{}, u.stack[at:]...)
	u.stack = u.stack[:at]
	return out, nil
}

// list is a list that may still grow; what refers to it sees that.
type list struct{ values []any }

func (u *unpickler) step(op byte) error {
	switch op {
	case 0x80: // the protocol
		_, err := u.take(1)
		return err
	case 0x95: // a frame
		_, err := u.take(8)
		return err
	case '(':
		u.marks = append(u.marks, len(u.stack))
	case 'N':
		u.push(nil)
	case 0x88, 0x89:
		u.push(op == 0x88)
	case 'K', 'M', 'J', 0x8a, 'G':
		return u.pushNumber(op)
	case 0x8c, 'X', 0x8d, 'C', 'B', 'U', 'T':
		return u.pushText(op)
	case ']', 0x8f:
		u.push(&list{})
	case ')':
		u.push([]any{})
	case '}':
		u.push(opaque{})
	case 'a', 'e', 0x90:
		return u.grow(op)
	case 't', 0x85, 0x86, 0x87:
		return u.tuple(op)
	case 0x94, 'q', 'r', 'h', 'j':
		return u.remember(op)
	case 's', 'u', 'b', 'R', 0x81, 0x93, 'c', '0':
		return u.object(op)
	default:
		return u.wrong("it holds what is not known here")
	}
	return nil
}

func (u *unpickler) pushNumber(op byte) error {
	switch op {
	case 'G':
		_, err := u.take(8)
		u.push(nil)
		return err
	case 0x8a:
		size, err := u.number(1)
		if err != nil {
			return err
		}
		raw, err := u.take(size)
		if err != nil {
			return err
		}
		if len(raw) == 0 || len(raw) > 8 {
			u.push(nil)
			return nil
		}
		var room [8]byte
		copy(room[:], raw)
		unused := 64 - 8*len(raw) // the sign is in the last byte that is there
		u.push(int64(binary.LittleEndian.Uint64(room[:])<<unused) >> unused)
		return nil
	}
	size := map[byte]uint64{'K': 1, 'M': 2, 'J': 4}[op]
	n, err := u.number(size)
	v := int64(n)
	if op == 'J' {
		v = int64(int32(uint32(n)))
	}
	u.push(v)
	return err
}

func (u *unpickler) pushText(op byte) error {
	size := uint64(4)
	switch op {
	case 0x8c, 'C', 'U':
		size = 1
	case 0x8d:
		size = 8
	}
	n, err := u.number(size)
	if err != nil {
		return err
	}
	raw, err := u.take(n)
	u.push(string(bytes.ToValidUTF8(raw, []byte("\uFFFD"))))
	return err
}

func (u *unpickler) grow(op byte) error {
	var added []any
	if op == 'a' {
		v, err := u.pop()
		if err != nil {
			return err
		}
		added = []any{v}
	} else {
		var err error
		if added, err = u.sinceMark(); err != nil {
			return err
		}
	}
	if len(u.stack) == 0 {
		return u.wrong("a list is missing")
	}
	at, ok := u.stack[len(u.stack)-1].(*list)
	if !ok {
		return u.wrong("a list is missing")
	}
	at.values = append(at.values, added...)
	return nil
}

func (u *unpickler) tuple(op byte) error {
	if op == 't' {
		values, err := u.sinceMark()
		u.push(values)
		return err
	}
	values := make([]any, int(op-0x84))
	for i := len(values) - 1; i >= 0; i-- {
		v, err := u.pop()
		if err != nil {
			return err
		}
		values[i] = v
	}
	u.push(values)
	return nil
}

func (u *unpickler) remember(op byte) error {
	if op == 'h' || op == 'j' {
		n, err := u.number(map[byte]uint64{'h': 1, 'j': 4}[op])
		if err != nil {
			return err
		}
		v, ok := u.memo[n]
		if !ok {
			return u.wrong("it refers to nothing")
		}
		u.push(v)
		return nil
	}
	at := uint64(len(u.memo))
	if op != 0x94 {
		var err error
		if at, err = u.number(map[byte]uint64{'q': 1, 'r': 4}[op]); err != nil {
			return err
		}
	}
	if len(u.stack) == 0 {
		return u.wrong("a value is missing")
	}
	u.memo[at] = u.stack[len(u.stack)-1]
	return nil
}

// object reads what would make an object, and keeps only what it is made with.
func (u *unpickler) object(op byte) error {
	switch op {
	case 'u':
		_, err := u.sinceMark()
		return err
	case 'c':
		for range 2 {
			end := bytes.IndexByte(u.data, '\n')
			if end < 0 {
				return u.wrong("it is cut")
			}
			u.data = u.data[end+1:]
		}
		u.push(opaque{})
		return nil
	}
	last, err := u.pop()
	if err != nil || op == '0' {
		return err
	}
	if op == 's' {
		_, err := u.pop()
		return err
	}
	before, err := u.pop()
	if err != nil {
		return err
	}
	switch op {
	case 'b':
		u.push(before)
	case 0x93:
		u.push(opaque{})
	default: // R and 0x81 call before with last
		u.push(opaque{last})
	}
	return nil
}

// items returns the elements of a list or tuple.
func items(v any) []any {
	switch v := v.(type) {
	case *list:
		return v.values
	case []any:
		return v
	default:
		return nil
	}
}

// saying is what an exception says, as far as it is text.
func saying(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case opaque:
		return saying(v.args)
	default:
		for _, item := range items(v) {
			if text := saying(item); text != "" {
				return text
			}
		}
	}
	return ""
}

// fits reports whether a value can be walked through. One that holds itself
// cannot.
func fits(v any, left *int, depth int) bool {
	if *left--; *left < 0 || depth > maxDepth {
		return false
	}
	if o, ok := v.(opaque); ok {
		return fits(o.args, left, depth+1)
	}
	for _, item := range items(v) {
		if !fits(item, left, depth+1) {
			return false
		}
	}
	return true
}
