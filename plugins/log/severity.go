package log

import (
	"bytes"
	"strings"
)

// severity is how bad a line is; 0 is unknown.
type severity uint8

// The severities, the worst last.
const (
	unknown severity = iota
	debug
	info
	warning
	failure
	critical
)

// severities are the words for them, as labels.
func severities() []string { return []string{"debug", "info", "warning", "error", "critical"} }

// String returns the word for a severity.
func (s severity) String() string {
	if s == unknown {
		return ""
	}
	return severities()[s-1]
}

func severityNamed(name string) severity {
	for i, word := range severities() {
		if word == name {
			return severity(i + 1)
		}
	}
	return info
}

// ofPriority is the severity of a priority of syslog.
func ofPriority(priority int) severity {
	switch {
	case priority < 0:
		return unknown
	case priority <= 2:
		return critical
	case priority == 3:
		return failure
	case priority == 4:
		return warning
	case priority <= 6:
		return info
	default:
		return debug
	}
}

// levelWords are what programs call their levels; a line without any of them,
// and without one of levelKeys, has none.
func levelWords() []string {
	return []string{"debug", "trace", "info", "notice", "warn", "err", "crit", "fatal", "panic", "emerg", "alert", "severe"}
}

// levelKeys are what programs call the field of a line that holds its level.
func levelKeys() []string { return []string{"level", "severity", "lvl"} }

// longestWord is that of levelWords and what may be added to them.
const longestWord = 11

// wordLevel returns the level that a word stands for.
func wordLevel(word []byte) severity {
	if len(word) < 3 || len(word) > longestWord {
		return unknown
	}
	var room [longestWord]byte
	lower := room[:len(word)]
	for i, b := range word {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	switch string(lower) {
	case "debug", "trace", "dbg":
		return debug
	case "info", "notice", "information", "inf":
		return info
	case "warn", "warning", "wrn":
		return warning
	case "error", "err", "severe":
		return failure
	case "critical", "crit", "fatal", "panic", "emerg", "emergency", "alert", "ftl":
		return critical
	default:
		return unknown
	}
}

// numberLevel is a level as bunyan and pino write it.
func numberLevel(digits []byte) severity {
	switch string(digits) {
	case "10", "20":
		return debug
	case "30":
		return info
	case "40":
		return warning
	case "50":
		return failure
	case "60":
		return critical
	default:
		return unknown
	}
}

// wordsWithin is where in a line a bare word may be its level.
const wordsWithin = 60

// levelOf returns the level that a line gives itself: as a field of JSON or
// logfmt if it may have one (keyed), as the letter of klog, or as a word that
// stands out among the first.
func levelOf(line []byte, keyed bool) severity {
	if keyed {
		for _, key := range levelKeys() {
			if s := levelField(line, key); s != unknown {
				return s
			}
		}
	}
	if s := klogLevel(line); s != unknown {
		return s
	}
	head := line[:min(len(line), wordsWithin)]
	for i := 0; i < len(head); {
		if !isLetter(head[i]) {
			i++
			continue
		}
		end := i
		for end < len(line) && end-i <= longestWord && isLetter(line[end]) {
			end++
		}
		if s := wordLevel(line[i:end]); s != unknown && standsOut(line, i, end) {
			return s
		}
		for end < len(head) && isLetter(head[end]) {
			end++
		}
		i = end
	}
	return unknown
}

func isLetter(b byte) bool { b |= 0x20; return b >= 'a' && b <= 'z' }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// standsOut reports whether a word is meant as a level: in capitals, or before a
// colon or a bracket; and no part of a path or a name.
func standsOut(line []byte, begin, end int) bool {
	if begin > 0 && (strings.IndexByte("/-_.", line[begin-1]) >= 0 || isDigit(line[begin-1])) {
		return false
	}
	if end < len(line) {
		switch next := line[end]; {
		case next == '/' || next == '_' || isDigit(next):
			return false
		case next == ':' || next == ']' || next == ')' || next == '>' || next == '|':
			return true
		}
	}
	for _, b := range line[begin:end] {
		if b >= 'a' {
			return false
		}
	}
	return true
}

// levelField looks for key=word, "key":"word" and the like.
func levelField(line []byte, key string) severity {
	for from := 0; ; {
		at := indexFold(line[from:], key)
		if at < 0 {
			return unknown
		}
		begin := from + at
		rest := line[begin+len(key):]
		from = begin + len(key)
		if begin > 0 && (isLetter(line[begin-1]) || line[begin-1] == '_') {
			continue
		}
		rest = bytes.TrimLeft(rest, "\"' ")
		if len(rest) == 0 || rest[0] != '=' && rest[0] != ':' {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], "\"' ")
		end := 0
		for end < len(rest) && end <= longestWord && isLetter(rest[end]) {
			end++
		}
		if s := wordLevel(rest[:end]); s != unknown {
			return s
		}
		for end < len(rest) && end <= 3 && isDigit(rest[end]) {
			end++
		}
		if s := numberLevel(rest[:end]); s != unknown {
			return s
		}
	}
}

// indexFold is bytes.Index without regard to the case of ASCII; key is in small
// letters.
func indexFold(text []byte, key string) int {
	for i := 0; i+len(key) <= len(text); i++ {
		at := bytes.IndexAny(text[i:len(text)-len(key)+1], string(key[0])+string(key[0]-0x20))
		if at < 0 {
			return -1
		}
		i += at
		match := true
		for j := 1; j < len(key); j++ {
			if text[i+j]|0x20 != key[j] {
				match = false
				break
			}
		}
		if match {
			return i
		}
	}
	return -1
}

// klogLevel reads the letter that lines of Kubernetes begin with: E0102.
func klogLevel(line []byte) severity {
	if len(line) < 6 || line[5] != ' ' {
		return unknown
	}
	for _, b := range line[1:5] {
		if !isDigit(b) {
			return unknown
		}
	}
	switch line[0] {
	case 'I':
		return info
	case 'W':
		return warning
	case 'E':
		return failure
	case 'F':
		return critical
	default:
		return unknown
	}
}
