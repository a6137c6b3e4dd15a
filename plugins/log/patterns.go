package log

import (
	"regexp"
	"strconv"
)

// usual are the patterns that are looked for in any log.
func usual() []pattern {
	return []pattern{
		{Name: "error", Severity: "error", Regex: `\b(error|exception|failed|failure)\b`, Exclude: `\b(0|no|without) errors?\b|\w-errors?-\w|\berror"?[=:] ?("?(nil|null|none|false|0)"?([\s,}]|$)|"")`},
		{Name: "warning", Severity: "warning", Regex: `\bwarn(ing)?\b`},
		{Name: "critical", Severity: "critical", Regex: `\b(critical|fatal|panic|emerg(ency)?)\b`},
		{Name: "stack_trace", Severity: "error", Regex: `^(Traceback \(most recent call last\)|goroutine \d+ \[|\s+at \S+\(.+:\d+\)|Caused by:)`},
		{Name: "connection", Severity: "warning", Regex: `connection (refused|reset|timed out)|unable to connect|no route to host`},
		{Name: "out_of_memory", Severity: "critical", Regex: `out of memory|oom-kill|memory exhausted|Killed process \d+`},
		{Name: "permission", Severity: "warning", Regex: `permission denied|access denied|operation not permitted`},
		{Name: "disk", Severity: "critical", Regex: `no space left on device|read-only file system|\bI/O error`},
		{Name: "crash", Severity: "critical", Regex: `segfault at|core dumped`},
		{Name: "auth", Severity: "warning", Regex: `authentication fail|invalid (user|password|credentials)`},
	}
}

// The bits of what is looked for beside patterns, which have those below.
const (
	bitIgnore uint64 = 1 << (63 - iota)
	bitKey
	bitWord
)

// compiled is a pattern ready for use.
type compiled struct {
	pattern

	severity severity
	bit      uint64
	regex    *regexp.Regexp
	exclude  *regexp.Regexp // or nil
	group    int            // of the value, or 0
}

// matcher says of lines what they match.
type matcher struct {
	automaton *automaton
	patterns  []compiled
	ignore    []*regexp.Regexp
	any       uint64 // the bits of all patterns
}

// verdict is what a line was found to be. It is used again for the next line.
type verdict struct {
	ignored  bool
	severity severity
	matched  []int // numbers of patterns
	values   []float64
	valued   []int
}

func newMatcher(c config) (*matcher, error) {
	m := &matcher{}
	list := c.Patterns
	if c.DefaultPatterns {
		for _, p := range usual() {
			if !hasName(c.Patterns, p.Name) { // one's own takes its place
				list = append(list[:len(list):len(list)], p)
			}
		}
	}
	var wanted []literalsOf
	for i, p := range list {
		one, err := c.compilePattern(p)
		if err != nil {
			return nil, err
		}
		one.bit = 1 << i
		m.any |= one.bit
		m.patterns = append(m.patterns, one)
		wanted = append(wanted, literalsOf{literals(one.regex.String()), one.bit})
	}
	for _, expression := range c.Ignore {
		re, err := c.compile(expression)
		if err != nil {
			return nil, err
		}
		m.ignore = append(m.ignore, re)
		wanted = append(wanted, literalsOf{literals(re.String()), bitIgnore})
	}
	wanted = append(wanted, literalsOf{levelKeys(), bitKey}, literalsOf{levelWords(), bitWord})
	everything := m.any | bitIgnore
	m.automaton = newAutomaton(append(wanted, literalsOf{foldsOddly(), everything}))
	return m, nil
}

func hasName(patterns []pattern, name string) bool {
	for _, p := range patterns {
		if p.Name == name {
			return true
		}
	}
	return false
}

func (c config) compilePattern(p pattern) (compiled, error) {
	one := compiled{pattern: p, severity: severityNamed(p.Severity)}
	one.Severity = one.severity.String()
	var err error
	if one.regex, err = c.compile(p.Regex); err != nil {
		return one, err
	}
	if p.Exclude != "" {
		if one.exclude, err = c.compile(p.Exclude); err != nil {
			return one, err
		}
	}
	if p.ValueGroup != "" {
		one.group = one.regex.SubexpIndex(p.ValueGroup)
	}
	return one, nil
}

// judge looks at a line. A severity that is given from elsewhere is not looked
// for in the line.
func (m *matcher) judge(line []byte, given severity, v *verdict) {
	v.ignored, v.severity = false, given
	v.matched, v.values, v.valued = v.matched[:0], v.values[:0], v.valued[:0]
	found := m.automaton.look(line)
	if found&bitIgnore != 0 {
		for _, re := range m.ignore {
			if re.Match(line) {
				v.ignored = true
				return
			}
		}
	}
	if given == unknown {
		if found&(bitKey|bitWord) != 0 {
			v.severity = levelOf(line, found&bitKey != 0)
		} else {
			v.severity = klogLevel(line)
		}
	}
	if found&m.any == 0 {
		return
	}
	worst := unknown
	for i := range m.patterns {
		p := &m.patterns[i]
		if found&p.bit == 0 || !p.match(line, i, v) {
			continue
		}
		v.matched = append(v.matched, i)
		worst = max(worst, p.severity)
	}
	if v.severity == unknown {
		v.severity = worst
	}
}

// match reports whether the pattern matches, and notes its value.
func (p *compiled) match(line []byte, number int, v *verdict) bool {
	if p.group == 0 {
		return p.regex.Match(line) && (p.exclude == nil || !p.exclude.Match(line))
	}
	found := p.regex.FindSubmatchIndex(line)
	if found == nil || p.exclude != nil && p.exclude.Match(line) {
		return false
	}
	if from, to := found[2*p.group], found[2*p.group+1]; from >= 0 && to-from < 40 {
		if value, err := strconv.ParseFloat(string(line[from:to]), 64); err == nil && finite(value) {
			v.values, v.valued = append(v.values, value), append(v.valued, number)
		}
	}
	return true
}

// finite reports whether a value is a number that can be stored and summed.
func finite(v float64) bool { return v-v == 0 && v < 1e100 && v > -1e100 }
