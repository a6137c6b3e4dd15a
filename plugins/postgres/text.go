package postgres

import (
	"regexp"
	"strings"
)

// maxQueryText is how much of a query is shown.
const maxQueryText = 200

// shorten makes one line of a query, without a password that it sets.
func shorten(query string) string {
	text := strings.Join(strings.Fields(query), " ")
	if at := password().FindStringIndex(text); at != nil {
		text = text[:at[1]] + " …"
	}
	if runes := []rune(text); len(runes) > maxQueryText {
		text = string(runes[:maxQueryText]) + "…"
	}
	return text
}

// password finds where a statement gives one.
func password() *regexp.Regexp { return regexp.MustCompile(`(?i)\bpassword\b`) }
