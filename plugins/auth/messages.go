package auth

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin/syslog"
)

// kind is what a message tells of.
type kind uint8

const (
	login   kind = iota + 1 // somebody was let in
	refusal                 // somebody was not
	invalid                 // a user that does not exist was asked for
	scan                    // something knocked that does not want to log in
	sudoRun                 // a command was run as another user
	change                  // an account was changed
)

// finding is what a message says.
type finding struct {
	kind    kind
	service string
	method  string
	user    string
	source  string // an address, or "" where there is none
	unknown bool   // the user does not exist
	times   int    // how often
	// trace means that it counts only where the same connection has not told
	// of its failure in another way.
	trace   bool
	key     string // the fingerprint of the key that was used
	target  string // sudo: as whom
	command string
	change  string // what was changed
	pid     int
}

// reader reads messages of the programs that are wanted.
type reader struct {
	services []string

	accepted, failed, invalidUser, closed, attempts, notAllowed, pamFailure, sudo, su, suFailed,
	proxmox, proxmoxGood, loginOn, repeated, sshPAM *regexp.Regexp
}

func newReader(services []string) *reader {
	return &reader{
		services:    services,
		repeated:    regexp.MustCompile(`^message repeated (\d{1,6}) times: \[ ?(.*?)\]?$`),
		accepted:    regexp.MustCompile(`^Accepted (\S+) for (\S*) from (\S+) port \d+(?: ssh2)?(?:: (\S+) (\S+))?`),
		failed:      regexp.MustCompile(`^Failed (\S+) for (invalid user )?(.*?) from (\S+) port \d+`),
		invalidUser: regexp.MustCompile(`^(?:Invalid|Illegal) user (.*?) from (\S+)(?: port \d+)?$`),
		closed:      regexp.MustCompile(`^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (authenticating|invalid) user (.*?) (\S+) port \d+.*\[preauth\]$`),
		attempts:    regexp.MustCompile(`maximum authentication attempts exceeded for (invalid user )?(.*?) from (\S+)`),
		notAllowed:  regexp.MustCompile(`^User (\S*) from (\S+) not allowed because`),
		sshPAM:      regexp.MustCompile(`^error: PAM: .* for (illegal user |invalid user )?(.*?) from (\S+)`),
		sudo:        regexp.MustCompile(`^\s*(\S+) : (?:(\d{1,3}) incorrect password attempts? ; |((?:user )?NOT (?:in|allowed)[^;]*|command not allowed|a password is required|authentication failure)[^;]* ; )?(?:TTY=\S+ ; )?(?:PWD=.*? ; )?(?:USER=(\S+) ; )?(?:GROUP=\S+ ; )?(?:ENV=.*? ; )?(?:COMMAND=(.*))?$`),
		su:          regexp.MustCompile(`^(?:Successful su for (\S+) by (\S+)|\(to (\S+)\) (\S+) on )`),
		suFailed:    regexp.MustCompile(`^FAILED (?:SU|su) (?:\(to (\S+)\)|for (\S+) by) ?(\S+)`),
		pamFailure:  regexp.MustCompile(`^pam_\w+\(([\w.-]+):auth\): authentication failure;.*?(?:rhost=(\S*))?(?:\s+user=(\S+))?$`),
		proxmox:     regexp.MustCompile(`^authentication failure; rhost=(\S*) user=(\S+)`),
		proxmoxGood: regexp.MustCompile(`^successful auth for user '([^']+)'`),
		loginOn:     regexp.MustCompile(`^(?:ROOT )?LOGIN +(?i:on) \S+(?: BY (\S+))?(?: FROM (\S+))?`),
	}
}

// wants reports whether the logins of a program are counted.
func (r *reader) wants(program string) bool { return slices.Contains(r.services, program) }

// read says what an entry tells of, or nothing.
func (r *reader) read(e syslog.Line) (finding, bool) {
	times := 1
	if m := r.repeated.FindStringSubmatch(e.Message); m != nil {
		times, _ = strconv.Atoi(m[1]) // at most six digits
		e.Message = m[2]
	}
	var f finding
	var ok bool
	switch program := base(e.Program); {
	case program == "sshd" || program == "sshd-session" || program == "sshd-auth":
		if r.wants("sshd") {
			f, ok = r.ssh(e.Message)
		}
	case program == "sudo" && r.wants("sudo"):
		f, ok = r.readSudo(e.Message)
	case program == "su" && r.wants("su"):
		f, ok = r.readSu(e.Message)
	case program == "pvedaemon" && r.wants("pvedaemon"):
		f, ok = r.readProxmox(e.Message)
	case program == "useradd" || program == "userdel" || program == "usermod" || program == "passwd" ||
		program == "groupadd" || program == "gpasswd" || program == "chpasswd" || program == "groupmod":
		f, ok = accountChange(program, e.Message)
	case r.wants(program) || r.wants(serviceLabel(program)):
		f, ok = r.other(program, e.Message)
	}
	if !ok || times == 0 {
		return finding{}, false
	}
	f.times = max(f.times, 1) * times
	f.source = address(f.source)
	f.pid = e.PID
	return f, true
}

// base is the name of a program that may log with its path.
func base(program string) string { return program[strings.LastIndexByte(program, '/')+1:] }

// address returns an address in its usual form, or "" for what is none.
func address(text string) string {
	at, err := netip.ParseAddr(strings.TrimSuffix(strings.Trim(text, "[]"), "."))
	if err != nil {
		return ""
	}
	return at.Unmap().WithZone("").String()
}

// ssh reads a message of sshd, which since OpenSSH 9.8 is sshd-session.
func (r *reader) ssh(text string) (finding, bool) {
	f := finding{service: "ssh"}
	if m := r.accepted.FindStringSubmatch(text); m != nil {
		f.kind, f.method, f.user, f.source, f.key = login, method(m[1]), m[2], m[3], m[5]
		return f, true
	}
	if m := r.failed.FindStringSubmatch(text); m != nil {
		f.kind, f.method, f.unknown, f.user, f.source = refusal, method(m[1]), m[2] != "", m[3], m[4]
		return f, m[1] != "none" // asking which methods there are is no attempt
	}
	if m := r.invalidUser.FindStringSubmatch(text); m != nil {
		f.kind, f.unknown, f.user, f.source = invalid, true, m[1], m[2]
		return f, true
	}
	if m := r.closed.FindStringSubmatch(text); m != nil {
		f.kind, f.method, f.trace, f.unknown, f.user, f.source = refusal, "other", true, m[1] == "invalid", m[2], m[3]
		return f, true
	}
	if m := r.attempts.FindStringSubmatch(text); m != nil {
		f.kind, f.method, f.trace, f.unknown, f.user, f.source = refusal, "other", true, m[1] != "", m[2], m[3]
		return f, true
	}
	if m := r.notAllowed.FindStringSubmatch(text); m != nil {
		f.kind, f.method, f.trace, f.user, f.source = refusal, "other", true, m[1], m[2]
		return f, true
	}
	if m := r.sshPAM.FindStringSubmatch(text); m != nil {
		f.kind, f.method, f.trace, f.unknown, f.user, f.source = refusal, "keyboard-interactive", true, m[1] != "", m[2], m[3]
		return f, true
	}
	for _, noise := range []string{
		"banner exchange: Connection from ", "Unable to negotiate with ", "Did not receive identification string from ",
		"Bad protocol version identification ",
	} {
		if rest, ok := strings.CutPrefix(text, noise); ok {
			f.kind = scan
			if word, _, found := strings.Cut(rest, " port "); found {
				f.source = word[strings.LastIndexByte(word, ' ')+1:]
			}
			return f, true
		}
	}
	return f, false
}

// method is a way to log in, as a label.
func method(word string) string {
	name, _, _ := strings.Cut(word, "/")
	switch name {
	case "password", "publickey", "keyboard-interactive", "hostbased", "gssapi-with-mic":
		return name
	default:
		return "other"
	}
}

func (r *reader) readSudo(text string) (finding, bool) {
	m := r.sudo.FindStringSubmatch(text)
	if m == nil || m[4] == "" && m[2] == "" && m[3] == "" {
		return finding{}, false // what PAM says beside sudo's own line
	}
	f := finding{kind: sudoRun, service: "sudo", method: "other", user: m[1], target: m[4], command: m[5]}
	if m[2] != "" || m[3] != "" {
		f.kind, f.method = refusal, "password"
		f.times, _ = strconv.Atoi(m[2]) // 0 where it is another refusal
	}
	return f, true
}

func (r *reader) readSu(text string) (finding, bool) {
	f := finding{service: "su", method: "password"}
	if m := r.suFailed.FindStringSubmatch(text); m != nil {
		f.kind, f.user = refusal, m[3]
		return f, true
	}
	if m := r.su.FindStringSubmatch(text); m != nil {
		f.kind, f.user = login, m[1]+m[3]
		return f, true
	}
	return f, false
}

func (r *reader) readProxmox(text string) (finding, bool) {
	f := finding{service: "proxmox", method: "password"}
	if m := r.proxmox.FindStringSubmatch(text); m != nil {
		f.kind, f.source, f.user = refusal, m[1], m[2]
		return f, true
	}
	if m := r.proxmoxGood.FindStringSubmatch(text); m != nil {
		f.kind, f.user = login, m[1]
		return f, true
	}
	return f, false
}

// other reads what PAM logs for any program, and the login program.
func (r *reader) other(program, text string) (finding, bool) {
	f := finding{service: serviceLabel(program), method: "password"}
	if m := r.loginOn.FindStringSubmatch(text); m != nil {
		f.kind, f.user, f.source = login, m[1], m[2]
		if strings.HasPrefix(text, "ROOT ") {
			f.user = "root"
		}
		return f, true
	}
	if m := r.pamFailure.FindStringSubmatch(text); m != nil {
		f.kind, f.source, f.user = refusal, m[2], m[3]
		return f, true
	}
	return f, false
}

// serviceLabel is what a program is called in labels.
func serviceLabel(program string) string {
	switch program {
	case "login", "polkit", "cockpit":
		return program
	case "cockpit-session", "cockpit-ws":
		return "cockpit"
	case "polkitd", "polkit-agent-helper-1":
		return "polkit"
	default:
		return "other"
	}
}

// accountChange reads what the programs that change accounts say.
func accountChange(program, text string) (finding, bool) {
	f := finding{kind: change, service: program}
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "new user:"):
		f.change = "user_added"
	case strings.HasPrefix(lower, "delete user"):
		f.change = "user_deleted"
	case strings.Contains(lower, "password changed for") || strings.Contains(lower, "password for") && strings.Contains(lower, "changed"):
		f.change = "password"
	case strings.HasPrefix(lower, "add '") || strings.Contains(lower, "added by") || strings.Contains(lower, "added to group") ||
		strings.HasPrefix(lower, "delete '") || strings.HasPrefix(lower, "new group:"):
		f.change = "group"
	default:
		return f, false
	}
	f.command = text
	return f, true
}
