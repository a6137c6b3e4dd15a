package mongodb

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin/peer"
)

// Bounds of one answer. A server that is broken, or none at all, can claim any
// length; nothing is set aside for what has not arrived.
const (
	maxAnswerBytes = 48 << 20 // what the protocol allows
	maxDepth       = 32
	maxElements    = 500_000
)

// document is a document as it was answered: texts, float64, int64, bool, times,
// timestamps, documents, lists. What has no use here is nil.
type document map[string]any

// field is a field of a document that is sent; their order matters.
type field struct {
	name  string
	value any
}

// timestamp is a time of the oplog.
type timestamp struct{ seconds, ordinal uint32 }

func odd(format string, args ...any) error { return &peer.Malformed{Why: fmt.Sprintf(format, args...)} }

// appendDocument writes a document as the protocol has it.
func appendDocument(b []byte, fields []field) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, f := range fields {
		b = appendElement(b, f.name, f.value)
	}
	b = append(b, 0)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

// appendElement writes one field. What it does not know is written as null.
func appendElement(b []byte, name string, value any) []byte {
	kind := func(k byte) []byte { return append(append(append(b, k), name...), 0) }
	switch v := value.(type) {
	case float64:
		return binary.LittleEndian.AppendUint64(kind(0x01), math.Float64bits(v))
	case string:
		b = binary.LittleEndian.AppendUint32(kind(0x02), uint32(len(v)+1))
		return append(append(b, v...), 0)
	case []field:
		return appendDocument(kind(0x03), v)
	case document:
		fields := make([]field, 0, len(v))
		for name, value := range v {
			fields = append(fields, field{name, value})
		}
		slices.SortFunc(fields, func(a, b field) int {
			if a.name < b.name {
				return -1
			}
			return 1
		})
		return appendDocument(kind(0x03), fields)
	case []any:
		fields := make([]field, len(v))
		for i, value := range v {
			fields[i] = field{fmt.Sprint(i), value}
		}
		return appendDocument(kind(0x04), fields)
	case []byte:
		b = binary.LittleEndian.AppendUint32(kind(0x05), uint32(len(v)))
		return append(append(b, 0), v...)
	case bool:
		if v {
			return append(kind(0x08), 1)
		}
		return append(kind(0x08), 0)
	case time.Time:
		return binary.LittleEndian.AppendUint64(kind(0x09), uint64(v.UnixMilli()))
	case int:
		return binary.LittleEndian.AppendUint32(kind(0x10), uint32(int32(v))) //nolint:gosec // ours are small
	case timestamp:
		return binary.LittleEndian.AppendUint64(kind(0x11), uint64(v.seconds)<<32|uint64(v.ordinal))
	case int64:
		return binary.LittleEndian.AppendUint64(kind(0x12), uint64(v))
	default:
		return kind(0x0A)
	}
}

// decode reads a document that is all of b.
func decode(b []byte) (document, error) {
	r := reader{left: b, elements: maxElements}
	doc, err := r.document(0)
	if err == nil && len(r.left) > 0 {
		return nil, odd("%d bytes follow the document", len(r.left))
	}
	return doc, err
}

// reader takes a document apart.
type reader struct {
	left     []byte
	elements int
}

func (r *reader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.left) {
		return nil, odd("the document ends too early")
	}
	taken := r.left[:n]
	r.left = r.left[n:]
	return taken, nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// cstring reads up to a byte 0.
func (r *reader) cstring() (string, error) {
	end := slices.Index(r.left, 0)
	if end < 0 {
		return "", odd("a name has no end")
	}
	text := string(r.left[:end])
	r.left = r.left[end+1:]
	return text, nil
}

// text reads a text with its length.
func (r *reader) text() (string, error) {
	length, err := r.uint32()
	if err != nil {
		return "", err
	}
	b, err := r.take(int(length))
	if err != nil || len(b) == 0 || b[len(b)-1] != 0 {
		return "", odd("a text has not the length that it claims")
	}
	return string(b[:len(b)-1]), nil
}

// inner returns a reader of a document with its length.
func (r *reader) inner() (*reader, error) {
	if len(r.left) < 4 {
		return nil, odd("the document ends too early")
	}
	body, err := r.take(int(binary.LittleEndian.Uint32(r.left)))
	if err != nil || len(body) < 5 || body[len(body)-1] != 0 {
		return nil, odd("a document has not the length that it claims")
	}
	return &reader{left: body[4 : len(body)-1], elements: r.elements}, nil
}

// each reads the elements of a document with its length.
func (r *reader) each(depth int, take func(name string, value any)) error {
	if depth > maxDepth {
		return odd("the document is too deep")
	}
	in, err := r.inner()
	if err != nil {
		return err
	}
	for len(in.left) > 0 {
		if in.elements--; in.elements < 0 {
			return odd("the document has too many fields")
		}
		kind, err := in.take(1)
		if err != nil {
			return err
		}
		name, err := in.cstring()
		if err != nil {
			return err
		}
		value, err := in.value(kind[0], depth+1)
		if err != nil {
			return err
		}
		take(name, value)
	}
	r.elements = in.elements
	return nil
}

func (r *reader) document(depth int) (document, error) {
	doc := make(document)
	err := r.each(depth, func(name string, value any) { doc[name] = value })
	return doc, err
}

func (r *reader) list(depth int) ([]any, error) {
	var list []any
	err := r.each(depth, func(_ string, value any) { list = append(list, value) })
	return list, err
}

// value reads the value of an element.
func (r *reader) value(kind byte, depth int) (any, error) {
	switch kind {
	case 0x01:
		bits, err := r.uint64()
		return math.Float64frombits(bits), err
	case 0x02, 0x0D, 0x0E: // text, code, symbol
		return r.text()
	case 0x03:
		return r.document(depth)
	case 0x04:
		return r.list(depth)
	case 0x05:
		length, err := r.uint32()
		if err != nil {
			return nil, err
		}
		if _, err = r.take(1); err != nil { // of which sort
			return nil, err
		}
		return r.take(int(length))
	case 0x07:
		id, err := r.take(12)
		return hex.EncodeToString(id), err
	case 0x08:
		b, err := r.take(1)
		return err == nil && b[0] != 0, err
	case 0x09:
		bits, err := r.uint64()
		return time.UnixMilli(int64(bits)).UTC(), err
	case 0x10:
		bits, err := r.uint32()
		return int64(int32(bits)), err
	case 0x11:
		bits, err := r.uint64()
		return timestamp{seconds: uint32(bits >> 32), ordinal: uint32(bits)}, err
	case 0x12:
		bits, err := r.uint64()
		return int64(bits), err
	default:
		return nil, r.skip(kind)
	}
}

// skip passes over what has no use here.
func (r *reader) skip(kind byte) error {
	var err error
	switch kind {
	case 0x06, 0x0A, 0x7F, 0xFF: // undefined, null, the least and the greatest
	case 0x0B: // regular expression
		if _, err = r.cstring(); err == nil {
			_, err = r.cstring()
		}
	case 0x0C: // pointer
		if _, err = r.text(); err == nil {
			_, err = r.take(12)
		}
	case 0x0F: // code with its scope
		_, err = r.inner()
	case 0x13: // decimal
		_, err = r.take(16)
	default:
		return odd("a field is of a sort that is not known (%#02x)", kind)
	}
	return err
}
