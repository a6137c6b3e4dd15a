package systeminfo

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// parseAssignments reads lines of NAME=value, where the value may be quoted as
// in a shell: /etc/os-release and the files of logind.
func parseAssignments(data []byte) map[string]string {
	values := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		values[name] = unquote(value)
	}
	return values
}

func unquote(value string) string {
	if len(value) < 2 {
		return value
	}
	quote := value[0]
	if (quote != '"' && quote != '\'') || value[len(value)-1] != quote {
		return value
	}
	value = value[1 : len(value)-1]
	if quote == '\'' {
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) && strings.IndexByte("\"\\$`", value[i+1]) >= 0 {
			i++
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// family is what a distribution descends from, as far as its tools matter.
func family(release map[string]string) string {
	for _, id := range append([]string{release["ID"]}, strings.Fields(release["ID_LIKE"])...) {
		switch id {
		case "debian", "ubuntu":
			return "debian"
		case "fedora", "rhel", "centos":
			return "fedora"
		case "arch", "archlinux":
			return "arch"
		case "alpine":
			return "alpine"
		}
	}
	return ""
}

// processorFacts is what /proc/cpuinfo says about the processors.
type processorFacts struct {
	model      string
	machine    string // small boards say what they are here
	mhz        float64
	physical   int // 0 when it does not say
	hypervisor bool
}

func parseCPUInfo(data []byte) processorFacts {
	var facts processorFacts
	type place struct{ socket, core string }
	seen := make(map[place]bool)
	var at place
	for line := range bytes.Lines(data) {
		key, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		text := strings.TrimSpace(string(value))
		switch strings.TrimSpace(string(key)) {
		case "processor":
			at = place{}
		case "model name", "cpu model", "Processor", "cpu":
			if facts.model == "" {
				facts.model = text
			}
		case "Model", "machine":
			facts.machine = text
		case "cpu MHz":
			if mhz, err := strconv.ParseFloat(text, 64); err == nil && mhz > 0 && mhz < 1e6 && facts.mhz == 0 {
				facts.mhz = round(mhz, 0)
			}
		case "physical id":
			at.socket = text
		case "core id":
			at.core = text
			seen[at] = true
		case "flags":
			facts.hypervisor = facts.hypervisor || strings.Contains(" "+text+" ", " hypervisor ")
		}
	}
	facts.physical = len(seen)
	return facts
}

// hypervisorOf names the virtual machine that firmware texts speak of.
func hypervisorOf(vendor, product string) string {
	text := strings.ToLower(vendor + " " + product)
	for _, known := range []struct{ word, name string }{
		{"qemu", "qemu"},
		{"kvm", "kvm"},
		{"vmware", "vmware"},
		{"virtualbox", "virtualbox"},
		{"innotek", "virtualbox"},
		{"xen", "xen"},
		{"bhyve", "bhyve"},
		{"parallels", "parallels"},
		{"apple virtualization", "apple"},
		{"amazon ec2", "amazon"},
		{"google compute engine", "google"},
		{"openstack", "openstack"},
		{"hetzner", "kvm"},
	} {
		if strings.Contains(text, known.word) {
			return known.name
		}
	}
	if strings.Contains(text, "microsoft") && strings.Contains(text, "virtual machine") {
		return "hyper-v"
	}
	return ""
}

// Sizes of a record of /run/utmp: 400 bytes where a session ID is as long as a
// pointer, 384 elsewhere.
const (
	utmpRecord     = 384
	utmpRecordLong = 400
	utmpUser       = 7 // the type of a record of somebody logged in
)

// maxSessions bounds how many sessions are read.
const maxSessions = 1000

// parseUTMP reads who is logged in from /run/utmp of a little-endian machine.
func parseUTMP(data []byte) []session {
	size := utmpRecord
	if len(data)%utmpRecord != 0 && len(data)%utmpRecordLong == 0 {
		size = utmpRecordLong
	}
	var sessions []session
	for ; len(data) >= size && len(sessions) < maxSessions; data = data[size:] {
		if binary.LittleEndian.Uint16(data) != utmpUser {
			continue
		}
		name := zeroEnded(data[44:76])
		if name == "" {
			continue
		}
		seconds, address := int64(binary.LittleEndian.Uint32(data[340:])), data[348:364]
		if size == utmpRecordLong {
			seconds, address = int64(binary.LittleEndian.Uint64(data[344:])), data[360:376]
		}
		s := session{Name: name, TTY: zeroEnded(data[8:40]), From: zeroEnded(data[76:332])}
		if s.From == "" {
			s.From = addressOf(address)
		}
		if seconds > 0 && seconds < 1<<40 {
			since := time.Unix(seconds, 0).UTC()
			s.Since = &since
		}
		sessions = append(sessions, s)
	}
	return sessions
}

func zeroEnded(field []byte) string {
	text, _, _ := bytes.Cut(field, []byte{0})
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// addressOf reads an address of which the last twelve bytes are zero when it is
// one of IPv4.
func addressOf(raw []byte) string {
	address := netip.AddrFrom16([16]byte(raw))
	if bytes.Count(raw[4:], []byte{0}) == 12 {
		address = netip.AddrFrom4([4]byte(raw[:4]))
	}
	if address.IsUnspecified() {
		return ""
	}
	return address.String()
}

// parseSession reads one file of /run/systemd/sessions. It reports false for
// what is not a person who is logged in.
func parseSession(data []byte) (session, bool) {
	values := parseAssignments(data)
	class := values["CLASS"]
	if values["USER"] == "" || values["STATE"] == "closing" || (class != "" && !strings.HasPrefix(class, "user")) {
		return session{}, false
	}
	s := session{Name: values["USER"], TTY: values["TTY"], From: values["REMOTE_HOST"]}
	if micros, err := strconv.ParseInt(values["REALTIME"], 10, 64); err == nil && micros > 0 {
		since := time.UnixMicro(micros).UTC().Truncate(time.Second)
		s.Since = &since
	}
	return s, true
}
