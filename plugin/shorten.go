package plugin

import (
	"strings"
	"unicode"
)

// Shorten makes one line of at most so many characters of a text of strangers, for
// a message, a cell or a label. Line breaks and other control characters become
// one space, what is no UTF-8 the sign for it, and what had to be cut ends in "…".
// Spaces between words stay as they are: they may be part of a name.
func Shorten(text string, most int) string {
	var line strings.Builder
	for part := range strings.FieldsFuncSeq(strings.ToValidUTF8(text, string(unicode.ReplacementChar)), unicode.IsControl) {
		part = strings.TrimSpace(part)
		if part != "" && line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(part)
	}
	if letters := []rune(line.String()); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return line.String()
}
