package process

import (
	"regexp"
	"strings"
)

// hidden stands in place of what nobody should see.
const hidden = "***"

// redactor hides what is secret in command lines.
type redactor struct {
	option, assignment, header, login *regexp.Regexp
	own                               []*regexp.Regexp
}

func newRedactor(patterns []string) (*redactor, error) {
	const word = `[\w.-]*(?:password|passwd|passphrase|token|secret|api[-_]?key)[\w.-]*`
	r := &redactor{
		// An option whose value is the next argument.
		option: regexp.MustCompile(`(?i)^--?` + word + `$`),
		// name=value, name: value and, within one argument, --name value.
		assignment: regexp.MustCompile(`(?i)(` + word + `["']?\s*[=:]\s*|--?` + word + `\s+)("[^"]*"|'[^']*'|\S+)`),
		header:     regexp.MustCompile(`(?i)(authorization:\s*|\bbearer\s+|\bbasic\s+).+`),
		login:      regexp.MustCompile(`(\w://)[^\s/@]*@`),
	}
	for _, pattern := range patterns {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		r.own = append(r.own, compiled)
	}
	return r, nil
}

// maxLineBytes bounds a command line that is shown.
const maxLineBytes = 1024

// line returns the arguments as one line without secrets.
func (r *redactor) line(args []string) string {
	words := make([]string, len(args))
	hide := false
	for i, arg := range args {
		if hide {
			words[i], hide = hidden, false
			continue
		}
		hide = r.option.MatchString(arg)
		words[i] = r.word(arg)
	}
	line := strings.Join(words, " ")
	for _, own := range r.own {
		line = own.ReplaceAllLiteralString(line, hidden)
	}
	if len(line) > maxLineBytes {
		line = strings.ToValidUTF8(line[:maxLineBytes], "") + "…"
	}
	return line
}

func (r *redactor) word(arg string) string {
	// A value may hold spaces when it is the whole rest of its argument.
	if name, _, ok := strings.Cut(arg, "="); ok && r.option.MatchString("-"+strings.TrimLeft(name, "-")) {
		return name + "=" + hidden
	}
	arg = r.header.ReplaceAllString(arg, "${1}"+hidden)
	arg = r.assignment.ReplaceAllString(arg, "${1}"+hidden)
	return r.login.ReplaceAllString(arg, "${1}"+hidden+"@")
}
