package pipeline

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of text, in bytes.
const (
	maxLabelBytes   = 512
	maxTitleBytes   = 256
	maxKindBytes    = 64
	maxDetailBytes  = 512
	maxDetails      = 32
	maxMessageBytes = 2048
)

// clean returns s as valid UTF-8 without control characters, of at most limit
// bytes. A control character becomes a space, what is no UTF-8 the sign for it.
func clean(s string, limit int) string {
	if !dirty(s) {
		return cutText(s, limit)
	}
	// Nothing gets longer than three times itself, so what is beyond is not
	// needed; a rune that this cuts through is replaced like any other damage.
	s = s[:min(len(s), 4*limit)]
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return cutText(s, limit)
}

// dirty reports whether s holds what clean replaces.
func dirty(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return true
		case c >= utf8.RuneSelf:
			return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
		}
	}
	return false
}

// cutText shortens valid text to at most limit bytes, between two runes.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
