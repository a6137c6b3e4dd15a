package postgres

import (
	"regexp"

	"github.com/unity-homelab/unity/plugin/rows"
)

// shorten makes one line of a statement, without a password that it sets.
func shorten(statement string) string {
	return rows.Statement(statement, regexp.MustCompile(`(?i)\bpassword\b`))
}
