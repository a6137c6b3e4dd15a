package vpn

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// status is what OpenVPN says of its clients, or of itself when it is one.
type status struct {
	version string
	written time.Time // zero where the form does not tell
	client  bool      // it is a client, or a tunnel between two
	dco     string    // 1 with kernel offload; empty where it is not told
	clients []client
	routes  []vpnRoute
	// statistics are those of a client.
	received, sent *float64
}

// client is one connection. Several may have one name.
type client struct {
	name, username  string
	real            string
	virtual, six    string
	received, sent  float64
	since           time.Time
	cipher          string
	hasSince, known bool
}

type vpnRoute struct {
	Virtual string `json:"virtual_address"`
	Name    string `json:"common_name"`
	Real    string `json:"real_address"`
}

// undefined is what OpenVPN says of a name that it does not know yet.
const undefined = "UNDEF"

// parseStatus reads a status of any version: 1 in sections, 2 with commas, 3 with
// tabs, or the statistics of a client. Columns are found by their names, which
// differ from version to version.
func parseStatus(lines []string) (*status, error) {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil, fault.New(fault.BadAnswer, "the status is empty")
	}
	switch first := lines[0]; {
	case strings.HasPrefix(first, "TITLE\t"):
		return parseTable(lines, "\t")
	case strings.HasPrefix(first, "TITLE,"):
		return parseTable(lines, ",")
	case strings.HasPrefix(first, "OpenVPN CLIENT LIST"):
		return parseSections(lines)
	case strings.HasPrefix(first, "OpenVPN STATISTICS"):
		return parseStatistics(lines), nil
	default:
		return nil, fault.New(fault.BadAnswer, "the status begins with %.60q, as none does", first).
			WithHint("see whether it is the file behind status in OpenVPN's configuration")
	}
}

// parseTable reads versions 2 and 3, in which every line says what it is.
func parseTable(lines []string, separator string) (*status, error) {
	s := &status{}
	columns := make(map[string][]string)
	for _, line := range lines {
		fields := strings.Split(line, separator)
		switch kind := fields[0]; kind {
		case "TITLE":
			s.version = versionIn(fields[len(fields)-1])
			if len(fields) > 1 {
				s.version = versionIn(strings.Join(fields[1:], separator))
			}
		case "TIME":
			if at, ok := unixTime(fields[len(fields)-1]); ok {
				s.written = at
			}
		case "HEADER":
			if len(fields) > 2 {
				columns[fields[1]] = fields[2:]
			}
		case "CLIENT_LIST", "ROUTING_TABLE":
			if len(columns[kind]) == 0 {
				return nil, fault.New(fault.BadAnswer, "the status names no columns of %s", kind)
			}
			s.row(kind, named(columns[kind], fields[1:]))
		case "GLOBAL_STATS":
			s.global(fields[1:])
		}
	}
	return s, nil
}

// parseSections reads version 1.
func parseSections(lines []string) (*status, error) {
	s := &status{}
	kind, header := "", []string(nil)
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "OpenVPN CLIENT LIST"):
			kind, header = "CLIENT_LIST", nil
		case line == "ROUTING TABLE":
			kind, header = "ROUTING_TABLE", nil
		case line == "GLOBAL STATS":
			kind, header = "GLOBAL_STATS", nil
		case line == "END":
			return s, nil
		case strings.HasPrefix(line, "Updated,"), line == "":
		case kind == "GLOBAL_STATS":
			s.global(strings.Split(line, ","))
		case header == nil:
			header = strings.Split(line, ",")
		default:
			s.row(kind, named(header, strings.Split(line, ",")))
		}
	}
	return nil, fault.New(fault.BadAnswer, "the status ends too early")
}

// parseStatistics reads what a client says of itself.
func parseStatistics(lines []string) *status {
	s := &status{client: true}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ",")
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil {
			continue
		}
		figure := float64(n)
		switch name {
		case "TCP/UDP read bytes":
			s.received = &figure
		case "TCP/UDP write bytes":
			s.sent = &figure
		}
	}
	return s
}

// named gives the fields their names.
func named(names, fields []string) map[string]string {
	row := make(map[string]string, len(names))
	for i, name := range names[:min(len(names), len(fields))] {
		row[strings.TrimSpace(name)] = strings.ToValidUTF8(fields[i], "\ufffd")
	}
	return row
}

// row takes a line. One whose name is not known yet is about to log in.
func (s *status) row(kind string, row map[string]string) {
	name := row["Common Name"]
	if name == undefined || name == "" {
		return
	}
	if kind == "ROUTING_TABLE" {
		s.routes = append(s.routes, vpnRoute{Virtual: row["Virtual Address"], Name: name, Real: row["Real Address"]})
		return
	}
	one := client{
		name: name, real: row["Real Address"], virtual: row["Virtual Address"], six: row["Virtual IPv6 Address"], cipher: row["Data Channel Cipher"],
	}
	if row["Username"] != undefined {
		one.username = row["Username"]
	}
	received, err := strconv.ParseUint(row["Bytes Received"], 10, 63)
	sent, errSent := strconv.ParseUint(row["Bytes Sent"], 10, 63)
	if err == nil && errSent == nil {
		one.received, one.sent, one.known = float64(received), float64(sent), true
	}
	one.since, one.hasSince = unixTime(row["Connected Since (time_t)"])
	s.clients = append(s.clients, one)
}

// global takes a line about the whole, such as whether the kernel moves the data.
func (s *status) global(fields []string) {
	if len(fields) == 2 && fields[0] == "dco_enabled" && (fields[1] == "0" || fields[1] == "1") {
		s.dco = fields[1]
	}
}

func unixTime(text string) (time.Time, bool) {
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	const latest = 1 << 40
	if err != nil || seconds <= 0 || seconds > latest {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// versionIn takes 2.6.14 out of "OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL …".
func versionIn(text string) string {
	words := strings.Fields(text)
	i := slices.Index(words, "OpenVPN")
	for _, word := range words[i+1:] {
		if word[0] >= '0' && word[0] <= '9' {
			const most = 40
			return strings.ToValidUTF8(word[:min(len(word), most)], "")
		}
	}
	return ""
}

// summed are the clients by name and user, each once: one who is connected twice
// has the sum of both.
func (s *status) summed() []client {
	type who struct{ name, username string }
	byName := make(map[who]client)
	for _, one := range s.clients {
		key := who{one.name, one.username}
		all, there := byName[key]
		if !there {
			byName[key] = one
			continue
		}
		all.received, all.sent = all.received+one.received, all.sent+one.sent
		all.known = all.known && one.known
		if one.hasSince && (!all.hasSince || one.since.Before(all.since)) {
			all.since, all.hasSince = one.since, true
		}
		byName[key] = all
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b client) int {
		return strings.Compare(a.name+"\x00"+a.username, b.name+"\x00"+b.username)
	})
}
