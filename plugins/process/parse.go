package process

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"
)

// text returns what the kernel says as valid text.
func text(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// isKernelThread is the flag of a thread of the kernel.
const isKernelThread = 0x00200000

// parseStat reads /proc/PID/stat. The name stands in brackets and may hold
// brackets and spaces itself, so that the last bracket ends it.
func parseStat(data []byte, pageSize uint64) (reading, bool) {
	var r reading
	first := bytes.IndexByte(data, '(')
	last := bytes.LastIndexByte(data, ')')
	if first < 1 || last < first {
		return r, false
	}
	pid, ok := digits(bytes.TrimSpace(data[:first]))
	if !ok || pid == 0 || pid > 1<<30 {
		return r, false
	}
	r.pid, r.name = int(pid), data[first+1:last]
	rest := data[last+1:]
	for field := 3; field <= 24; field++ {
		var word []byte
		word, rest = nextWord(rest)
		if len(word) == 0 {
			return r, false
		}
		if field == 3 {
			r.state = conditionOf(word[0])
			continue
		}
		value, ok := digits(word)
		if !ok {
			continue // priorities are negative, and not wanted
		}
		switch field {
		case 4:
			r.ppid = int(min(value, 1<<30))
		case 9:
			r.kernel = value&isKernelThread != 0
		case 14:
			r.user = value
		case 15:
			r.system = value
		case 20:
			r.threads = int(min(value, 1<<30))
		case 22:
			r.start = value
		case 24:
			r.rss = min(value, 1<<40) * pageSize
		}
	}
	return r, true
}

func conditionOf(letter byte) condition {
	switch letter {
	case 'R':
		return running
	case 'S':
		return sleeping
	case 'D':
		return blocked
	case 'Z', 'X', 'x':
		return zombie
	case 'T', 't':
		return stopped
	case 'I', 'P':
		return idle
	default:
		return conditions // not one that is known
	}
}

// digits reads a whole number without making a string of it.
func digits(word []byte) (uint64, bool) {
	const most = 19 // of those every number fits
	if len(word) == 0 || len(word) > most {
		return parseLong(word)
	}
	var n uint64
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// parseLong reads the few numbers that may not fit.
func parseLong(word []byte) (uint64, bool) {
	n, err := strconv.ParseUint(string(word), 10, 64)
	return n, err == nil
}

func nextWord(line []byte) (word, rest []byte) {
	start := 0
	for start < len(line) && (line[start] == ' ' || line[start] == '\t' || line[start] == '\n') {
		start++
	}
	end := start
	for end < len(line) && line[end] != ' ' && line[end] != '\t' && line[end] != '\n' {
		end++
	}
	return line[start:end], line[end:]
}

// field returns the words of the line that begins with the name and a colon, as
// the files status, io, smaps_rollup and meminfo have them.
func field(data []byte, name string) ([]byte, bool) {
	for line := range bytes.Lines(data) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if ok && len(rest) > 0 && rest[0] == ':' {
			return bytes.TrimSpace(rest[1:]), true
		}
	}
	return nil, false
}

// fieldNumber returns the number at the beginning of such a line.
func fieldNumber(data []byte, name string) (uint64, bool) {
	value, ok := field(data, name)
	if !ok {
		return 0, false
	}
	word, _ := nextWord(value)
	return digits(word)
}

// effectiveUser returns the second number of the line Uid of a status file.
func effectiveUser(status []byte) (string, bool) {
	value, ok := field(status, "Uid")
	if !ok {
		return "", false
	}
	_, rest := nextWord(value)
	effective, _ := nextWord(rest)
	_, ok = digits(effective)
	return string(effective), ok
}

// softFileLimit returns the soft limit of open files, or 0 where there is none.
func softFileLimit(limits []byte) float64 {
	for line := range bytes.Lines(limits) {
		if rest, ok := bytes.CutPrefix(line, []byte("Max open files")); ok {
			word, _ := nextWord(rest)
			n, _ := digits(word) // "unlimited" is no number
			return float64(n)
		}
	}
	return 0
}

// splitArgs reads /proc/PID/cmdline. Programs that write their own title leave
// one text without an end.
func splitArgs(data []byte) []string {
	data = bytes.TrimRight(data, "\x00 \n")
	if len(data) == 0 {
		return nil
	}
	var args []string
	for part := range bytes.SplitSeq(data, []byte{0}) {
		args = append(args, text(part))
	}
	return args
}

// parsePasswd reads user names by number. Of two names the first holds.
func parsePasswd(data []byte) map[string]string {
	names := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 4)
		if len(fields) < 4 || fields[0] == "" || fields[0][0] == '#' {
			continue
		}
		if _, taken := names[fields[2]]; !taken {
			names[fields[2]] = strings.ToValidUTF8(fields[0], "\uFFFD")
		}
	}
	return names
}

// placeOf reads /proc/PID/cgroup: lines of "number:controllers:path". It says
// which unit of systemd and which container the path names.
func placeOf(data []byte) (unit, container string) {
	for line := range bytes.Lines(data) {
		parts := bytes.SplitN(bytes.TrimSpace(line), []byte(":"), 3)
		if len(parts) != 3 {
			continue
		}
		unit, container = placeOfPath(text(parts[2]))
		if unit != "" || container != "" {
			return unit, container
		}
	}
	return "", ""
}

func placeOfPath(path string) (unit, container string) {
	elements := strings.Split(path, "/")
	for i := len(elements) - 1; i >= 0; i-- {
		element := elements[i]
		if name := containerOf(elements, i); name != "" && container == "" {
			container = name
		}
		if unit != "" {
			continue
		}
		if strings.HasSuffix(element, ".service") || strings.HasSuffix(element, ".scope") {
			unit = element
		}
	}
	if container != "" && strings.Contains(unit, container) {
		unit = "" // the scope is the container once more
	}
	return unit, container
}

// shownID is how much of a container's ID people are used to seeing.
const shownID = 12

// containerOf returns the container that an element of a path names: by 64
// hexadecimal digits, or for LXC by its name.
func containerOf(elements []string, i int) string {
	element := strings.TrimSuffix(elements[i], ".scope")
	if id := element[strings.LastIndexAny(element, "-:")+1:]; isContainerID(id) {
		return id[:shownID]
	}
	if name, ok := strings.CutPrefix(element, "lxc.payload."); ok {
		return name
	}
	if i > 0 && elements[i-1] == "lxc" && !strings.HasPrefix(element, ".") {
		return element
	}
	return ""
}

func isContainerID(id string) bool {
	if len(id) != 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// parseMachine counts processors in /proc/stat and reads when the machine
// started.
func parseMachine(stat []byte) (processors int, started int64) {
	for line := range bytes.Lines(stat) {
		if len(line) > 3 && bytes.HasPrefix(line, []byte("cpu")) && line[3] >= '0' && line[3] <= '9' {
			processors++
		}
		if rest, ok := bytes.CutPrefix(line, []byte("btime ")); ok {
			if n, ok := digits(bytes.TrimSpace(rest)); ok && n < 1<<40 {
				started = int64(n)
			}
		}
	}
	if processors == 0 {
		processors = runtime.NumCPU()
	}
	return processors, started
}

// parseUptime reads the first number of /proc/uptime in hundredths of a second.
func parseUptime(data []byte) uint64 {
	word, _ := nextWord(data)
	seconds, err := strconv.ParseFloat(string(word), 64)
	if err != nil || !(seconds >= 0 && seconds < 1e12) {
		return 0
	}
	return uint64(seconds * 100)
}

// parseTasks reads how many threads there are, in the fourth word of
// /proc/loadavg: "running/all".
func parseTasks(loadavg []byte) int {
	words := bytes.Fields(loadavg)
	if len(words) < 4 {
		return 0
	}
	_, all, _ := bytes.Cut(words[3], []byte("/"))
	n, _ := digits(all)
	return int(min(n, 1<<40))
}
