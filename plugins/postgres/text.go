package postgres

import (
	"regexp"

	"github.com/unity-homelab/unity/plugin/rows"
)

// beforePassword is what a password follows in a statement.
var beforePassword = regexp.MustCompile(`(?i)\bpassword\b`)

// shorten makes one line of a statement, without a password that it sets.
func shorten(statement string) string { return rows.Statement(statement, beforePassword) }
