package api

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// directiveOf returns what a policy allows under a directive.
func directiveOf(t *testing.T, policy, directive string) []string {
	t.Helper()
	for part := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(part); len(words) > 0 && words[0] == directive {
			return words[1:]
		}
	}
	t.Fatalf("the policy says nothing of %s: %s", directive, policy)
	return nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func TestAPolicyAllowsOnlyWhatStandsInThePage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		page          string
		script, style []string
	}{
		"an empty page": {"", []string{"'self'"}, []string{"'self'"}},
		"scripts of files": {
			`<script src="/early.js"></script><script type="module" src="/a.js"></script><p>hello`, []string{"'self'"}, []string{"'self'"},
		},
		"a script after one of a file": {
			"<script src=\"/theme.js\"></script>\n<script>\n start()\n</script>", []string{"'self'", hashOf("\n start()\n")}, []string{"'self'"},
		},
		"lines of another system": {"<script>a\r\nb</script>", []string{"'self'", hashOf("a\nb")}, []string{"'self'"}},
		"a style and two scripts": {
			"<style>p { color: red }</style><script>1</script><script>2</script>",
			[]string{"'self'", hashOf("1"), hashOf("2")},
			[]string{"'self'", hashOf("p { color: red }")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := policyOf([]byte(test.page))
			if diff := cmp.Diff(test.script, directiveOf(t, policy, "script-src")); diff != "" {
				t.Errorf("scripts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.style, directiveOf(t, policy, "style-src")); diff != "" {
				t.Errorf("styles (-want +got):\n%s", diff)
			}
			if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe-eval") {
				t.Errorf("anything inline is allowed: %s", policy)
			}
		})
	}
}

func TestTheDescriptionOfTheAPIDrawsItself(t *testing.T) {
	t.Parallel()
	policy := policyOf(docsPage)
	for _, directive := range []string{"script-src", "style-src"} {
		hashes := slices.DeleteFunc(directiveOf(t, policy, directive), func(word string) bool { return !strings.HasPrefix(word, "'sha256-") })
		if len(hashes) != 1 {
			t.Errorf("%s allows %d things in the page, want the one that is there", directive, len(hashes))
		}
	}
}
