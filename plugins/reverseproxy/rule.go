package reverseproxy

import (
	"regexp"
	"slices"
)

// wordsOf takes the hosts or paths out of a rule of Traefik's: what stands in
// quotes behind Host, HostRegexp or HostSNI, Path, PathPrefix or PathRegexp. The
// rule itself is shown beside them; this is to see at once what it is for.
func wordsOf(rule, kind string) []string {
	var words []string
	calls := regexp.MustCompile(`(!?)\b` + kind + "[A-Za-z]*\\(([^)]*)\\)")
	quoted := regexp.MustCompile("[`\"]([^`\"]*)[`\"]")
	for _, call := range calls.FindAllStringSubmatch(rule, -1) {
		if call[1] == "!" {
			continue // what it is not for
		}
		for _, word := range quoted.FindAllStringSubmatch(call[2], -1) {
			if !slices.Contains(words, word[1]) {
				words = append(words, word[1])
			}
		}
	}
	return words
}
