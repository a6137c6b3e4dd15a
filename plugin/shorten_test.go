package plugin_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/unity-homelab/unity/plugin"
)

func TestAShortenedTextIsOneShortLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a short one stays", "all is well", "all is well"},
		{"one of just the length stays", "twelve signs", "twelve signs"},
		{"a longer one is cut", "twelve signs!", "twelve sign…"},
		{"characters count, not bytes", "äöüäöüäöüäöü", "äöüäöüäöüäöü"},
		{"no character is cut through", "äöüäöüäöüäöüä", "äöüäöüäöüäö…"},
		{"lines become one", "one\r\n\ttwo\n \n", "one two"},
		{"control characters are gone", "\x1b[1mred\x00\x7f!", "[1mred !"},
		{"spaces of a name stay", "  two  of  ", "two  of"},
		{"broken characters show", "caf\xe9 \xff\xfe", "caf\uFFFD \uFFFD"},
		{"nothing is nothing", "", ""},
		{"space is nothing", " \n\t ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := plugin.Shorten(c.text, 12); got != c.want {
				t.Errorf("%q became %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func FuzzShortenedTextsAreBounded(f *testing.F) {
	f.Add("one\ntwo", 3)
	f.Add("\xff\x00ä…", 2)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(1, most%100)
		line := plugin.Shorten(text, most)
		switch {
		case !utf8.ValidString(line), utf8.RuneCountInString(line) > most, strings.ContainsFunc(line, unicode.IsControl):
			t.Errorf("%q in %d characters became %q", text, most, line)
		case plugin.Shorten(line, most) != strings.TrimSpace(line):
			t.Errorf("%q becomes %q when it is shortened again", line, plugin.Shorten(line, most))
		}
	})
}
