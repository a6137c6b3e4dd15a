package auth

import (
	"bytes"
	"strconv"
	"time"
)

// entry is one line of a log, taken apart.
type entry struct {
	time    time.Time
	program string
	pid     int
	message string
}

// parseLine reads a line as rsyslog writes it: RFC 3339 or the traditional time,
// host, program[pid]: message. The traditional time says neither year nor zone.
func parseLine(line []byte, now time.Time, zone *time.Location) (entry, bool) {
	line = withoutPriority(line)
	at, rest, ok := parseTime(line, now, zone)
	if !ok {
		return entry{}, false
	}
	_, rest, ok = bytes.Cut(rest, []byte(" ")) // the host
	if !ok {
		return entry{}, false
	}
	tag, message, ok := bytes.Cut(rest, []byte(": "))
	if !ok || len(tag) > 100 {
		return entry{}, false
	}
	e := entry{time: at, message: string(bytes.ToValidUTF8(message, []byte("\uFFFD")))}
	if name, pid, found := bytes.Cut(tag, []byte("[")); found {
		tag = name
		e.pid, _ = strconv.Atoi(string(bytes.TrimSuffix(pid, []byte("]")))) // 0 is not known
	}
	e.program = string(tag)
	return e, true
}

// withoutPriority cuts off what a line may begin with: <38>.
func withoutPriority(line []byte) []byte {
	if len(line) > 2 && line[0] == '<' {
		if end := bytes.IndexByte(line[:min(len(line), 6)], '>'); end > 0 {
			return line[end+1:]
		}
	}
	return line
}

func parseTime(line []byte, now time.Time, zone *time.Location) (time.Time, []byte, bool) {
	if first, rest, ok := bytes.Cut(line, []byte(" ")); ok && len(first) >= len("2006-01-02T15:04:05Z") {
		at, err := time.Parse(time.RFC3339Nano, string(first))
		return at.UTC(), rest, err == nil
	}
	const layout = time.Stamp // Jan _2 15:04:05
	if len(line) <= len(layout) || line[len(layout)] != ' ' {
		return time.Time{}, nil, false
	}
	stamp, err := time.ParseInLocation(layout, string(line[:len(layout)]), zone)
	if err != nil {
		return time.Time{}, nil, false
	}
	// The year that puts it nearest to now, and not more than a day ahead. A
	// leap day exists in some of them only.
	here := now.In(zone)
	for year := here.Year() + 1; year > here.Year()-8; year-- {
		at := time.Date(year, stamp.Month(), stamp.Day(), stamp.Hour(), stamp.Minute(), stamp.Second(), 0, zone)
		if at.Day() == stamp.Day() && at.Sub(now) <= 24*time.Hour {
			return at.UTC(), line[len(layout)+1:], true
		}
	}
	return time.Time{}, nil, false
}
