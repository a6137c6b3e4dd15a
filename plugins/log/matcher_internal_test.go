package log

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLiteralsOfExpressions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string][]string{
		`(?i)\b(error|exception|failed|failure)\b`: {"ail", "fail", "rror", "xception"},
		`backup of (\S+) failed`:                   {"backup of "},
		`(?i)no space left on device|\bI/O error`:  {"i/o error", "no space left on device"},
		`a|b`:               nil,
		`.*`:                nil,
		`(abc)?`:            nil,
		`(abc)+x{2,}`:       {"abc"},
		`(?i)straße`:        {"stra"},
		`(?i)ß|abc`:         nil,
		`bad \x{FFFD} byte`: {" byte"},
		`(`:                 nil,
	} {
		got := literals(expression)
		slices.Sort(got)
		for _, literal := range got {
			if len(literal) < leastLiteral {
				t.Errorf("%s: the literal %q is too short", expression, literal)
			}
		}
		if strings.Contains(expression, "exception") { // how the alternatives are factored is not ours to say
			if len(got) == 0 {
				t.Errorf("%s has no literals", expression)
			}
			continue
		}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("%s (- want, + got):\n%s", expression, difference)
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	m, err := newMatcher(defaults())
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"2026-03-01 12:00:00,000 ERROR app: no":            "error",
		"[warn] slow":                                      "warning",
		`{"severity":"CRITICAL"}`:                          "critical",
		`{"level":20,"msg":"error"}`:                       "debug",
		`time=x level=info msg="an error"`:                 "info",
		`ts=1 lvl=eror msg="x"`:                            "",
		"W0301 12:00:00.1 1 x.go:1] no":                    "warning",
		"I0301 12:00:00.1 1 x.go:1] failed":                "info",
		"nothing":                                          "",
		"/var/log/error.log was opened":                    "error", // the pattern says so, not a level
		"user_info=1 done":                                 "",
		"SEVERE: it broke":                                 "error",
		strings.Repeat("x", 70) + " INFO":                  "",
		strings.Repeat("x", 70) + " core dumped":           "critical",
		"FATAL: password authentication failed for user":   "critical",
		"mylevel=error alevel: x":                          "error", // the pattern again
		"an info that is none, in no space left on device": "critical",
		"2026-03-01 Notice: it is fine":                    "info",
	} {
		var v verdict
		m.judge([]byte(line), unknown, &v)
		if got := v.severity.String(); got != want {
			t.Errorf("%q is %q, not %q", line, got, want)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	r, err := newRedactor([]string{`card \d+`})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"password=geheim1 next":                         "password=[hidden] next",
		`{"token": "abc def", "x": 1}`:                  `{"token": "[hidden] def", "x": 1}`,
		"Authorization: Bearer abc.def.ghi end":         "Authorization: [hidden] end",
		"GET https://bob:geheim@nas/x":                  "GET https://[hidden]@nas/x",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.abc end": "[hidden] end",
		"card 4711 was taken":                           "[hidden] was taken",
		"bad \xff byte\tand tab":                        "bad \uFFFD byte and tab",
		"nothing to hide":                               "nothing to hide",
	} {
		if got := r.clean([]byte(line)); got != want {
			t.Errorf("%q becomes %q, not %q", line, got, want)
		}
	}
	if got := r.clean([]byte(strings.Repeat("ä", 2000))); len(got) > maxText+len("…") {
		t.Errorf("%d bytes are kept", len(got))
	}
}

func TestBadExpressionsAreNamed(t *testing.T) {
	t.Parallel()
	err := Plugin().Validate(json.RawMessage(`{"paths": ["relative", "/ok/[a"], "ignore": ["("], "patterns": [
		{"name": "a", "regex": "(?=x)"}, {"name": "a", "regex": "x", "value_group": "y"}]}`))
	for _, want := range []string{
		"paths[0] must begin with a slash", "paths[1] has a bracket", "ignore[0] is no regular expression",
		"patterns[0].regex uses (?=", "patterns[1].name is there twice", "patterns[1].value_group names no group",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the config is not refused with %q: %v", want, err)
		}
	}
	if err := Plugin().Validate(json.RawMessage(`{"paths": []}`)); err == nil || !strings.Contains(err.Error(), "paths is missing") {
		t.Errorf("without files: %v", err)
	}
	if err := Plugin().Validate(json.RawMessage(`{}`)); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// What the automaton leaves out, no expression matches.
func FuzzMatcher(f *testing.F) {
	f.Add(`(error|exception)`, "An ERROR came")
	f.Add(`ſhort|Kelvin`, "short kelvin")
	f.Add(`[a-c]+x?(yy|zz)`, "aayy")
	f.Add(`(?:k|s)s+`, "ſſ K")
	f.Add("\uFFFDab", "\xffab")
	f.Fuzz(func(t *testing.T, expression, line string) {
		c := defaults()
		c.DefaultPatterns = false
		c.Patterns = []pattern{{Name: "x", Regex: expression, Severity: "info"}}
		m, err := newMatcher(c)
		if err != nil {
			return
		}
		var v verdict
		m.judge([]byte(line), unknown, &v)
		want := regexp.MustCompile("(?i)" + expression).MatchString(line)
		if got := len(v.matched) > 0; got != want {
			t.Errorf("%q in %q: %t, want %t", expression, line, got, want)
		}
	})
}

func FuzzAccessLogs(f *testing.F) {
	f.Add([]byte(`1.2.3.4 - - [01/Mar/2026:11:59:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl"`))
	f.Add([]byte(`{"request":{"method":"GET"},"status":200}`))
	f.Add([]byte(`{"RequestMethod":"GET","DownstreamStatus":200}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, form := range []string{accessCombined, accessCaddy, accessTraefik} {
			w := newWebPass(form, newLedger())
			w.line(text)
			if w.requests+w.totals.Unparsed != 1 {
				t.Errorf("%s: the line counts %d times", form, w.requests+w.totals.Unparsed)
			}
		}
	})
}
