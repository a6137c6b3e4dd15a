package log

import (
	"regexp"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// Keys of the state.
const (
	keyLedger = "ledger"
	keyRecent = "recent"
)

// ledger is what was counted, and up to where: both are kept in one piece, so
// that they never disagree. Each collection begins with what was kept last;
// what a collector counted in a run that was not recorded is counted again.
type ledger struct {
	Places  *follow.Places    `json:"places,omitempty"`
	Journal *follow.Cursor    `json:"journal,omitempty"`
	Files   map[string]*tally `json:"files"` // by label
	// Matches, Alerts and Values are by pattern, Severities by severity.
	Matches    map[string]int64  `json:"matches"`
	Alerts     map[string]int64  `json:"alerts"`
	Values     map[string]number `json:"values,omitempty"`
	Severities map[string]int64  `json:"severities"`
	Web        *webTotals        `json:"web,omitempty"`
}

// tally is what was counted in one file, or in several with dates in their names.
type tally struct {
	Lines     int64 `json:"lines"`
	Bytes     int64 `json:"bytes"`
	Cut       int64 `json:"cut,omitempty"`
	Rotations int64 `json:"rotations,omitempty"`
	Lost      int64 `json:"lost,omitempty"`
	// Last is when the last line came, in seconds since 1970.
	Last int64 `json:"last,omitempty"`
}

// number is what a pattern captured.
type number struct {
	Last  float64 `json:"last"`
	Count int64   `json:"count"`
}

// recent is what a person sees of matching lines.
type recent struct {
	Matches  []match   `json:"matches"`
	Messages []message `json:"messages"`
}

// match is a line that matched.
type match struct {
	Time     time.Time `json:"time"`
	File     string    `json:"file"`
	Pattern  string    `json:"pattern"`
	Severity string    `json:"severity"`
	Text     string    `json:"text"`
}

// message is what matching lines that say the same have in common.
type message struct {
	Template string    `json:"template"`
	Count    int64     `json:"count"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Severity string    `json:"severity"`
}

func newLedger() *ledger {
	return &ledger{
		Files: make(map[string]*tally), Matches: make(map[string]int64), Alerts: make(map[string]int64),
		Values: make(map[string]number), Severities: make(map[string]int64),
	}
}

// recall returns what was kept under a key, or a new one.
func recall[T any](c *collector, key string) *T {
	value, _ := plugin.Recall[T](c.host.State, key)
	return &value
}

// tallyOf returns the tally of a file.
func (l *ledger) tallyOf(label string) *tally {
	if l.Files[label] == nil {
		l.Files[label] = &tally{}
	}
	return l.Files[label]
}

// labelOf is what stands for a file in labels. Dates and long numbers are left
// out, so that a new file a day does not make new series each day.
func labelOf(dates *regexp.Regexp, path string) string { return dates.ReplaceAllString(path, "*") }

func datesInNames() *regexp.Regexp {
	return regexp.MustCompile(`\d{4}[-_.]\d{2}[-_.]\d{2}(?:[-_.T]?\d{2,6})?|\d{6,}`)
}
