package plugintest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/tools/txtar"
)

// testCase is one text file of testdata.
type testCase struct {
	file, name, comment string
	sections            []*section
	rounds              int
	now                 time.Time
}

// section is one part of a case, with its name taken apart.
type section struct {
	full  string // as it stands in the file
	round int    // the collection from which on it holds; 0: wanted of the last
	verb  string // file, exec, GET, want …
	rest  string // path, command line, what is wanted
	flags map[string]string
	data  []byte
}

const defaultAfter = 10 * time.Second

// verbs are the first words of sections, with the flags that may end them.
func verbFlags(verb string) (allowed []string, known bool) {
	switch verb {
	case "file", "link", "dir", "denied", "gone", "statfs", "socket", "listen", "now", "after", "config.json", "want":
		return nil, true
	case "exec":
		return []string{"stderr", "hang", "exit"}, true
	case "answer":
		return []string{"hang", "close"}, true
	case "GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "REPORT":
		return []string{"+headers", "hang", "close", "status"}, true
	}
	return nil, false
}

func wants() []string {
	return []string{"", "problems", "snapshot", "events", "error", "requests", "detect"}
}

func statusWord() *regexp.Regexp { return regexp.MustCompile(`^[1-5][0-9][0-9]$`) }

func parseCase(file string, data []byte) (*testCase, error) {
	archive := txtar.Parse(data)
	c := &testCase{
		file: file, name: strings.TrimSuffix(filepath.Base(file), ".txtar"), comment: string(archive.Comment),
		rounds: 1, now: beginning(),
	}
	for _, f := range archive.Files {
		s, err := parseSection(f.Name, f.Data)
		if err != nil {
			return nil, err
		}
		c.rounds = max(c.rounds, s.round)
		c.sections = append(c.sections, s)
		if s.verb == "now" {
			if c.now, err = time.Parse(time.RFC3339, strings.TrimSpace(string(s.data))); err != nil {
				return nil, fmt.Errorf("section %q: %w", s.full, err)
			}
		}
	}
	for _, s := range c.sections {
		if s.verb == "want" && s.round == 0 {
			s.round = c.rounds
		}
	}
	if !slices.ContainsFunc(c.sections, func(s *section) bool { return s.verb == "want" }) {
		return nil, fmt.Errorf("nothing is wanted: add a section want, want error or want detect")
	}
	// Without one of them nothing is collected, and whatever else is wanted would
	// never be looked at.
	if c.wanted("", c.rounds) == nil && c.wanted("error", c.rounds) == nil && c.wanted("detect", 1) == nil {
		return nil, fmt.Errorf("nothing is wanted of the last collection: add a section want or want error")
	}
	return c, nil
}

func parseSection(name string, data []byte) (*section, error) {
	s := &section{full: name, round: 1, data: data, flags: make(map[string]string)}
	rest := name
	first, after, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(first); err == nil && n > 0 && n < 100 {
		s.round, rest = n, after
	} else if strings.HasPrefix(name, "want") {
		s.round = 0
	}
	s.verb, s.rest, _ = strings.Cut(rest, " ")
	allowed, known := verbFlags(s.verb)
	if !known {
		return nil, fmt.Errorf("section %q: nothing begins with %q", name, s.verb)
	}
	if s.verb == "want" && !slices.Contains(wants(), s.rest) {
		return nil, fmt.Errorf("section %q: one of want, %s", name, strings.Join(wants()[1:], ", "))
	}
	for len(allowed) > 0 {
		i := strings.LastIndexByte(s.rest, ' ')
		word := s.rest[i+1:]
		key, value, _ := strings.Cut(word, "=")
		if slices.Contains(allowed, "status") && statusWord().MatchString(word) {
			key, value = "status", word
		}
		if i < 0 || !slices.Contains(allowed, key) {
			break
		}
		s.flags[key], s.rest = value, s.rest[:i]
	}
	if s.rest == "" && s.verb != "want" && s.verb != "now" && s.verb != "after" && s.verb != "config.json" {
		return nil, fmt.Errorf("section %q: of what?", name)
	}
	return s, nil
}

// find returns the last section of a verb that holds in the round, or nil.
func (c *testCase) find(verb string, round int) *section {
	var found *section
	for _, s := range c.sections {
		if s.verb == verb && s.round <= round {
			found = s
		}
	}
	return found
}

// wanted returns what is wanted of a round, or nil.
func (c *testCase) wanted(what string, round int) *section {
	for _, s := range c.sections {
		if s.verb == "want" && s.rest == what && s.round == round {
			return s
		}
	}
	return nil
}

// fails reports whether the case ends without samples.
func (c *testCase) fails() bool { return c.wanted("", c.rounds) == nil }

// config returns the config with its placeholders filled in.
func (c *testCase) config(w *world) []byte {
	if s := c.find("config.json", c.rounds); s != nil {
		return w.fill(s.data)
	}
	return []byte("{}")
}

// after returns how long after the round before the given one takes place.
func (c *testCase) after(round int) (time.Duration, error) {
	s := c.find("after", round)
	if s == nil {
		return defaultAfter, nil
	}
	return time.ParseDuration(strings.TrimSpace(string(s.data)))
}

// add puts in a wanted section that the file does not have yet.
func (c *testCase) add(what string, round int, data []byte) {
	full := strings.TrimSpace("want " + what)
	if round != c.rounds {
		full = strconv.Itoa(round) + " " + full
	}
	c.sections = append(c.sections, &section{full: full, round: round, verb: "want", rest: what, data: data})
}

// format returns the text of the file.
func (c *testCase) format() []byte {
	archive := txtar.Archive{Comment: []byte(c.comment)}
	for _, s := range c.sections {
		archive.Files = append(archive.Files, txtar.File{Name: s.full, Data: s.data})
	}
	return append(bytes.TrimRight(txtar.Format(&archive), "\n"), '\n')
}
