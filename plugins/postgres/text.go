package postgres

import (
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// maxQueryText is how much of a query is shown.
const maxQueryText = 200

// shorten makes one line of a query, without a password that it sets.
func shorten(query string) string {
	text := strings.Join(strings.Fields(query), " ")
	if at := password().FindStringIndex(text); at != nil {
		text = text[:at[1]] + " …"
	}
	return plugin.Shorten(text, maxQueryText)
}

// password finds where a statement gives one.
func password() *regexp.Regexp { return regexp.MustCompile(`(?i)\bpassword\b`) }
