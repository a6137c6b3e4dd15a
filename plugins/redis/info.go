package redis

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// info is what INFO says: values by name.
type info map[string]string

// parseInfo reads lines of name:value; lines that are none are passed over.
func parseInfo(text string) info {
	fields := make(info, 256)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if name, value, found := strings.Cut(line, ":"); found && name != "" {
			fields[name] = value
		}
	}
	return fields
}

// number returns a number. What the server does not know it writes as -1 or
// not at all.
func (i info) number(name string) (float64, bool) {
	n, ok := i.signed(name)
	return n, ok && n >= 0
}

// signed returns a number that may be below zero.
func (i info) signed(name string) (float64, bool) { return number(i[name]) }

func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// whole returns a number for the snapshot, or nil.
func (i info) whole(name string) *int64 {
	n, err := strconv.ParseInt(i[name], 10, 64)
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

// moment returns a time written in seconds since 1970, or nil.
func (i info) moment(name string) *time.Time {
	n := i.whole(name)
	if n == nil || *n == 0 || *n > 1<<40 {
		return nil
	}
	at := time.Unix(*n, 0).UTC()
	return &at
}

// is returns whether a value is the given word; known says whether it is there.
func (i info) is(name, word string) (yes, known bool) {
	value, known := i[name]
	return value == word, known && value != ""
}

// pairs reads a list such as keys=3,expires=1. A comma within a value cannot be
// told from one between two, and does not happen in numbers and addresses.
func pairs(text string) info {
	fields := make(info, 8)
	for pair := range strings.SplitSeq(text, ",") {
		if name, value, found := strings.Cut(pair, "="); found {
			fields[name] = value
		}
	}
	return fields
}

// numbered returns the lists whose names are a word and a number, such as db0
// and slave1, by their number.
func (i info) numbered(word string) map[int]info {
	found := make(map[int]info)
	for name, value := range i {
		rest, ok := strings.CutPrefix(name, word)
		if !ok || !strings.Contains(value, "=") {
			continue
		}
		if n, err := strconv.Atoi(rest); err == nil && n >= 0 && strconv.Itoa(n) == rest {
			found[n] = pairs(value)
		}
	}
	return found
}

// product says which server it is, and its version.
func (i info) product() (name, version string) {
	switch {
	case i["server_name"] == "valkey" || i["valkey_version"] != "":
		return "valkey", i["valkey_version"]
	case i["dragonfly_version"] != "":
		return "dragonfly", strings.TrimPrefix(i["dragonfly_version"], "df-v")
	case i["garnet_version"] != "":
		return "garnet", i["garnet_version"]
	case strings.Contains(strings.ToLower(i["executable"]), "keydb"):
		return "keydb", i["redis_version"]
	default:
		return "redis", i["redis_version"]
	}
}

// The roles of a server.
const (
	rolePrimary  = "primary"
	roleReplica  = "replica"
	roleSentinel = "sentinel"
)

// role says in today's words what the server is to others.
func (i info) role() string {
	switch {
	case i["redis_mode"] == "sentinel" || i["server_mode"] == "sentinel" || i["role"] == "sentinel":
		return roleSentinel
	case i["role"] == "master":
		return rolePrimary
	case i["role"] == "slave" || i["role"] == "replica":
		return roleReplica
	default:
		return ""
	}
}

// mode is standalone, cluster or sentinel.
func (i info) mode() string {
	if mode := i["redis_mode"]; mode != "" {
		return mode
	}
	return i["server_mode"]
}
