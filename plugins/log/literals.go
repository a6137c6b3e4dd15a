package log

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

const (
	// leastLiteral is how long a literal must be to be worth looking for.
	leastLiteral = 2
	// mostLiterals bounds how many alternatives an expression may have.
	mostLiterals = 64
)

// literals returns texts in small letters of which every match of an expression
// holds at least one, or nothing where there are no such texts. Only the case of
// ASCII is folded; see foldsOddly for the rest.
func literals(expression string) []string {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	return needed(parsed.Simplify())
}

func needed(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return literal(re)
	case syntax.OpCapture, syntax.OpPlus:
		return needed(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needed(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if found := needed(sub); better(found, best) {
				best = found
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			found := needed(sub)
			if len(found) == 0 || len(all)+len(found) > mostLiterals {
				return nil
			}
			all = append(all, found...)
		}
		return all
	default:
	}
	return nil
}

// literal returns the longest run of characters whose case, where it does not
// matter, is that of ASCII.
func literal(re *syntax.Regexp) []string {
	best, run := "", ""
	for _, r := range re.Rune {
		odd := re.Flags&syntax.FoldCase != 0 && r > unicode.MaxASCII
		if odd || r == unicode.ReplacementChar { // which stands for any byte that is no text
			run = ""
			continue
		}
		run += string(r)
		if len(run) > len(best) {
			best = run
		}
	}
	if len(best) < leastLiteral {
		return nil
	}
	return []string{lowerASCII(best)}
}

// lowerASCII is strings.ToLower for the letters of ASCII alone.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// better reports whether a set of literals is rarer than another: its shortest
// is longer.
func better(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) > 0
	}
	shortest := func(list []string) int {
		least := len(list[0])
		for _, s := range list {
			least = min(least, len(s))
		}
		return least
	}
	if x, y := shortest(a), shortest(b); x != y {
		return x > y
	}
	return len(a) < len(b)
}

// foldsOddly are the characters beyond ASCII that an expression without regard
// to case takes for letters of ASCII: the long s and the sign for kelvin. A line
// that holds one is tried with every expression.
func foldsOddly() []string { return []string{"ſ", "K"} }
