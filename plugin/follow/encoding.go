package follow

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding says how bytes stand for text.
type Encoding string

// The encodings.
const (
	UTF8    Encoding = "utf-8"
	Latin1  Encoding = "latin1"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
)

// wide reports whether a character has two bytes or more.
func (e Encoding) wide() bool { return e == UTF16LE || e == UTF16BE }

func (e Encoding) order() binary.ByteOrder {
	if e == UTF16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// mark returns the length of the mark that a file may begin with.
func (e Encoding) mark(text []byte) int {
	switch {
	case e.wide() && len(text) >= 2 && e.order().Uint16(text) == 0xFEFF:
		return 2
	case (e == UTF8 || e == "") && bytes.HasPrefix(text, []byte("\xEF\xBB\xBF")):
		return 3
	default:
		return 0
	}
}

// lineEnd returns where the first line ends and how long its ending is, or -1.
func (e Encoding) lineEnd(text []byte) (at, length int) {
	if !e.wide() {
		return bytes.IndexByte(text, '\n'), 1
	}
	order := e.order()
	for i := 0; i+2 <= len(text); i += 2 {
		if order.Uint16(text[i:]) == '\n' {
			return i, 2
		}
	}
	return -1, 0
}

// endsLine reports whether the bytes before the offset end a line.
func (e Encoding) endsLine(from io.ReaderAt, offset int64) bool {
	there := make([]byte, 1)
	if e.wide() {
		there = make([]byte, 2)
	}
	if n, _ := from.ReadAt(there, offset-int64(len(there))); n < len(there) {
		return false
	}
	at, _ := e.lineEnd(there)
	return at == 0
}

// decode returns the text in UTF-8. What is meant to be UTF-8 is left as it is.
func (e Encoding) decode(text []byte) []byte {
	switch {
	case e == Latin1:
		out := make([]byte, 0, len(text)+len(text)/8)
		for _, b := range text {
			out = utf8.AppendRune(out, rune(b))
		}
		return out
	case e.wide():
		order, units := e.order(), make([]uint16, 0, len(text)/2)
		for i := 0; i+2 <= len(text); i += 2 {
			units = append(units, order.Uint16(text[i:]))
		}
		return []byte(string(utf16.Decode(units)))
	default:
		return text
	}
}
