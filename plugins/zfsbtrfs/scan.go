package zfsbtrfs

import (
	"regexp"
	"strings"
	"time"
)

// scan is a scrub or resilver that goes on or was the last.
type scan struct {
	Function string     `json:"function"` // scrub or resilver
	State    string     `json:"state"`    // running, paused, finished or canceled
	Progress *float64   `json:"progress,omitempty"`
	ToGo     *float64   `json:"to_go_seconds,omitempty"`
	Started  *time.Time `json:"started,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"`
	Duration *float64   `json:"duration_seconds,omitempty"`
	Errors   *float64   `json:"errors,omitempty"`
	Repaired string     `json:"repaired,omitempty"`
	Text     string     `json:"text"`
}

// What a scan does, and how it stands.
const (
	scrub    = "scrub"
	resilver = "resilver"

	scanRunning  = "running"
	scanPaused   = "paused"
	scanFinished = "finished"
	scanCanceled = "canceled"
)

// parseScan reads what zpool status says after "scan:", or "scrub:" in old
// versions. It returns nil when there never was one.
func parseScan(text string, zone *time.Location) *scan {
	text = strings.TrimSpace(text)
	s := &scan{Text: strings.Join(strings.Fields(text), " ")}
	switch {
	case strings.HasPrefix(text, scrub):
		s.Function = scrub
	case strings.HasPrefix(text, resilver):
		s.Function = resilver
	default:
		return nil // none requested
	}
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.Contains(first, " in progress"):
		s.State = scanRunning
		if _, since, found := strings.Cut(first, " since "); found {
			s.Started = date(since, zone)
		}
		s.readProgress(text)
	case strings.Contains(first, " paused"):
		s.State = scanPaused
		s.readProgress(text)
	case strings.Contains(first, " canceled"), strings.Contains(first, " stopped"):
		s.State = scanCanceled
		s.readEnd(first, zone)
	default:
		s.State = scanFinished
		s.readEnd(first, zone)
		s.readResult(first)
	}
	return s
}

func (s *scan) readProgress(text string) {
	if found := regexp.MustCompile(`([0-9.]+)% done`).FindStringSubmatch(text); found != nil {
		if s.Progress = part(found[1]); s.Progress != nil && *s.Progress > 1 {
			s.Progress = nil
		}
	}
	if found := regexp.MustCompile(`([0-9][0-9 a-z:]*) to go`).FindStringSubmatch(text); found != nil {
		s.ToGo = span(found[1])
	}
}

func (s *scan) readEnd(line string, zone *time.Location) {
	if i := strings.LastIndex(line, " on "); i >= 0 {
		s.Ended = date(line[i+len(" on "):], zone)
	}
}

// readResult reads "scrub repaired 0B in 02:15:33 with 0 errors on …" and the
// older "scrub completed after 0h0m with 0 errors on …".
func (s *scan) readResult(line string) {
	found := regexp.MustCompile(`(?:repaired|resilvered) (\S+) in (.+?) with ([0-9]+) errors`).FindStringSubmatch(line)
	if found != nil {
		s.Repaired, s.Duration, s.Errors = found[1], span(found[2]), decimal(found[3])
		return
	}
	if found = regexp.MustCompile(`after (.+?) with ([0-9]+) errors`).FindStringSubmatch(line); found != nil {
		s.Duration, s.Errors = span(found[1]), decimal(found[2])
	}
}
