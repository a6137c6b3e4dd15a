package log

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	// maxText is how much of a line is kept.
	maxText = 500
	// maxLooked is how much of it is looked at for secrets.
	maxLooked = 4 * maxText
	hidden    = "[hidden]"
)

// redactor hides what nobody should find in a database later.
type redactor struct {
	fields *regexp.Regexp // the value of a field that tells a secret
	login  *regexp.Regexp // in an address
	whole  []*regexp.Regexp
	shape  *regexp.Regexp // what differs between lines that say the same
}

func newRedactor(more []string) (redactor, error) {
	r := redactor{
		fields: regexp.MustCompile(`(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|auth|authorization|cookie|session(?:id)?)["']?\s*[=:]\s*["']?)((?:bearer |basic )?[^\s"',;&}\]]+)`),
		login:  regexp.MustCompile(`://[^/\s:@]+:[^/\s@]+@`),
		whole: []*regexp.Regexp{
			regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+[a-z0-9._~+/-]{8,}=*`),
			regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`), // a JSON Web Token
			regexp.MustCompile(`\b(?:ghp|gho|ghs|glpat|xox[abp]|sk|AKIA)[-_]?[A-Za-z0-9_-]{16,}\b`),
		},
		shape: regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\b(?:0x)?[0-9a-fA-F]{12,}\b|\b(?:\d{1,3}\.){3}\d{1,3}\b|"[^"]{1,200}"|\d+`),
	}
	for _, expression := range more {
		re, err := regexp.Compile(expression)
		if err != nil {
			return r, err
		}
		r.whole = append(r.whole, re)
	}
	return r, nil
}

// clean returns a line as it may be kept: valid text without secrets, cut.
func (r redactor) clean(line []byte) string {
	text := strings.ToValidUTF8(string(line[:min(len(line), maxLooked)]), "\uFFFD")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, text)
	text = r.fields.ReplaceAllString(text, "${1}"+hidden)
	text = r.login.ReplaceAllString(text, "://"+hidden+"@")
	for _, re := range r.whole {
		text = re.ReplaceAllString(text, hidden)
	}
	return cut(strings.TrimSpace(text), maxText)
}

// template returns what lines that say the same have in common.
func (r redactor) template(text string) string {
	return cut(r.shape.ReplaceAllString(text, "#"), 200)
}

// cut shortens a text without cutting a character.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
