// Package syslog reads lines as rsyslog and its kin write them to files, for
// plugins that follow such files.
package syslog

import (
	"bytes"
	"strconv"
	"time"
)

// Line is one line of a log, taken apart.
type Line struct {
	Time    time.Time // in UTC
	Program string
	PID     int // 0 is not known
	Message string
}

// Parse reads a line as rsyslog writes it: RFC 3339 or the traditional time,
// host, program[pid]: message. The traditional time says neither year nor zone:
// the year is the one that puts it nearest to now, the zone is the one given. It
// reports whether the line has this form.
func Parse(line []byte, now time.Time, zone *time.Location) (Line, bool) {
	line = withoutPriority(line)
	at, rest, ok := parseTime(line, now, zone)
	if !ok {
		return Line{}, false
	}
	_, rest, ok = bytes.Cut(rest, []byte(" ")) // the host
	if !ok {
		return Line{}, false
	}
	tag, message, ok := bytes.Cut(rest, []byte(": "))
	if !ok || len(tag) > 100 {
		return Line{}, false
	}
	e := Line{Time: at, Message: string(bytes.ToValidUTF8(message, []byte("\uFFFD")))}
	if name, pid, found := bytes.Cut(tag, []byte("[")); found {
		tag = name
		e.PID, _ = strconv.Atoi(string(bytes.TrimSuffix(pid, []byte("]")))) // which is 0 then
	}
	e.Program = string(tag)
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
