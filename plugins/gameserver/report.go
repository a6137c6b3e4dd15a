package gameserver

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/unity-homelab/unity/plugin"
)

// report is what a server says of itself. What it does not say is nil or empty.
type report struct {
	Title, Game, Map, Mode, Version string

	Players, Max, Bots *float64
	Password, VAC      *bool
	List               []player
	Mods               []mod
	// Took is nil where it is not known.
	Took *time.Duration
}

// player is somebody who plays.
type player struct {
	Name    string   `json:"name"`
	Score   *int64   `json:"score,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"`
	Ping    *float64 `json:"ping_seconds,omitempty"`
	Bot     *bool    `json:"bot,omitempty"`
}

// mod is something that was added to the game.
type mod struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// maxRows bounds the lists on the page, maxText each text on it.
const (
	maxRows = 100
	maxText = 200
)

// count makes a value of a number that cannot be negative.
func count[N int | int32 | uint8](n N) *float64 {
	if n < 0 {
		return nil
	}
	value := float64(n)
	return &value
}

// clean makes a text of a server fit for the page: one line without what cannot
// be seen, of bounded length.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, text)
	return plugin.Shorten(strings.Join(strings.Fields(text), " "), maxText)
}

// sectionSigns are the codes of Minecraft for colours and styles.
var sectionSigns = regexp.MustCompile(`§.?`)

// withoutSections strips the colours of Minecraft.
func withoutSections(text string) string { return clean(sectionSigns.ReplaceAllString(text, "")) }

// carets are the codes of Quake 3 for colours; ^^ is a caret.
var carets = regexp.MustCompile(`\^(x[0-9A-Fa-f]{3}|[^^])`)

// withoutCarets strips the colours of Quake 3.
func withoutCarets(text string) string { return clean(carets.ReplaceAllString(text, "")) }

// fromLatin makes text of bytes: UTF-8 as it is, and all else as Latin-1, which
// is what old games have.
func fromLatin(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	runes := make([]rune, len(raw))
	for i, b := range raw {
		runes[i] = rune(b)
	}
	return string(runes)
}

// What a version looks like; the second is for those without a dot.
var (
	dotted = regexp.MustCompile(`[0-9]+(\.[0-9]+)+([-+._][0-9A-Za-z]+)*|[0-9]+w[0-9]+[a-z]`)
	single = regexp.MustCompile(`^[0-9A-Za-z_+-]+$`)
)

// versionOf finds the version in what a server calls so. Some write there what
// they like, which would make a new series each time.
func versionOf(text string) string {
	const most = 40
	found := dotted.FindString(text)
	if found == "" && single.MatchString(text) {
		found = text
	}
	return found[:min(len(found), most)]
}
