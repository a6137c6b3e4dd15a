package emailserver

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
	"github.com/unity-homelab/unity/plugin/syslog"
)

// programDovecot is the name with which all of Dovecot logs.
const programDovecot = "dovecot"

// readLog counts what was logged since the run before. It returns nil where no
// log is read.
func (c *collector) readLog(ctx context.Context) (*ledger, []error, error) {
	l, now := ledgerOf(c.host.State), c.host.Now()
	source := c.logSource(l)
	if source == none {
		return nil, nil, nil
	}
	if l.Source != source {
		l.Source, l.Places, l.Journal = source, nil, nil
	}
	defer l.expire(now)
	if source == logJournal {
		journal := follow.Journal{Commands: c.host.Commands, Units: c.config.LogUnits}
		cursor, err := journal.Read(ctx, l.Journal, time.Time{}, now, func(e follow.Entry) {
			l.line(e.Identifier, string(e.Message), now)
		})
		if err != nil && fault.Of(err) != fault.Partial {
			return nil, nil, err
		}
		l.Journal = cursor
		return l, []error{err}, nil
	}
	places, report, err := c.follower.Read(ctx, l.Places, func(_ string, text []byte) {
		if program, said, ok := cutLine(text, now); ok {
			l.line(program, said, now)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	l.Places = places
	var missing error
	var problems []error
	read := 0
	for _, file := range report.Files {
		switch {
		case file.Err == nil:
			read++
		case fault.Of(file.Err) == fault.NotFound:
			missing = file.Err // one of several names for the same thing
		default:
			problems = append(problems, file.Err)
		}
	}
	switch {
	case read == 0 && len(problems) > 0:
		return nil, nil, problems[0]
	case read == 0 && missing != nil:
		return nil, nil, missing
	default:
		return l, append(problems, report.Problems...), nil
	}
}

// logSource is where the log is read. What was begun goes on.
func (c *collector) logSource(l *ledger) string {
	if c.config.LogSource != auto {
		return c.config.LogSource
	}
	for _, name := range c.config.LogFiles {
		if _, err := c.host.Files.Stat(name); err == nil || errors.Is(err, fs.ErrPermission) || strings.ContainsAny(name, "*?[") {
			return logFile
		}
	}
	if l.Places != nil {
		return logFile // it is being rotated
	}
	if c.installed() == none {
		return none // whose log would it be?
	}
	if _, err := c.host.Commands.Find("journalctl"); err == nil && len(c.config.LogUnits) > 0 {
		return logJournal
	}
	return none
}

// cutLine takes a line of a log apart: as rsyslog and Postfix write it, or as Exim
// and Dovecot write their own, with a time and neither host nor program.
func cutLine(line []byte, now time.Time) (program, said string, ok bool) {
	line = bytes.TrimSpace(line)
	if own, is := ownLine(line, time.DateTime); is {
		return mtaExim, own, true
	}
	if own, is := ownLine(line, time.Stamp); is {
		if word, _, _ := strings.Cut(own, " "); strings.HasSuffix(word, "-login:") {
			return programDovecot, own, true
		}
	}
	parsed, is := syslog.Parse(line, now, time.Local)
	return parsed.Program, parsed.Message, is && parsed.Program != ""
}

// ownLine takes a time of the layout off a line.
func ownLine(line []byte, layout string) (string, bool) {
	if len(line) <= len(layout) || line[len(layout)] != ' ' {
		return "", false
	}
	_, err := time.Parse(layout, string(line[:len(layout)]))
	return string(bytes.ToValidUTF8(bytes.TrimSpace(line[len(layout):]), nil)), err == nil
}

// line counts what one line tells of.
func (l *ledger) line(program, said string, now time.Time) {
	instance, daemon := program, ""
	if slash := strings.LastIndexByte(program, '/'); slash >= 0 {
		instance, daemon = program[:slash], program[slash+1:]
	}
	switch {
	case program == programDovecot:
		l.dovecot(said)
	case program == mtaExim || program == "exim4":
		l.exim(said, now)
	case daemon != "" && strings.HasPrefix(instance, "postfix"):
		l.Postfix = true
		l.postfix(daemon, said, now)
	}
}

// postfix counts a line of one of Postfix's programs.
func (l *ledger) postfix(daemon, said string, now time.Time) {
	switch {
	case strings.HasPrefix(said, "fatal: "), strings.HasPrefix(said, "panic: "):
		l.Fatal++
	case strings.HasPrefix(said, "warning: ") && strings.Contains(said, " authentication failed"):
		note(l.Auth, "smtp", 1)
	case daemon == "smtpd" && strings.HasPrefix(said, "connect from "):
		l.Connections++
	case strings.Contains(said, "reject: ") && (daemon == "smtpd" || daemon == "cleanup" || daemon == "postscreen"):
		l.rejected(daemon, said)
	case daemon == "smtpd" && strings.Contains(said, ": client="), daemon == "pickup" && strings.Contains(said, ": uid="):
		l.Received++
	case strings.Contains(said, " status="):
		l.delivered(daemon, said, now)
	}
}

// rejected counts a reject: or milter-reject: of a program.
func (l *ledger) rejected(daemon, said string) {
	before, after, _ := strings.Cut(said, "reject: ")
	source := daemon
	if strings.HasSuffix(before, "milter-") {
		source = "milter"
	}
	// RCPT from host[address]: 550 5.1.1 …, or 5.7.1 alone where a filter said it.
	_, reason, _ := strings.Cut(after, ": ")
	code := "other"
	switch {
	case len(reason) > 3 && reason[3] == ' ' && isNumber(reason[:3]):
		code = reason[:3]
	case len(reason) > 2 && reason[1] == '.' && (reason[0] == '4' || reason[0] == '5'):
		code = reason[:1] + "xx"
	}
	note(l.Rejects, source+" "+code, 1)
}

func isNumber(text string) bool { return strings.Trim(text, "0123456789") == "" }

// delivered counts an attempt to deliver: QID: to=<…>, …, delay=0.1, …,
// status=sent (…).
func (l *ledger) delivered(daemon, said string, now time.Time) {
	_, rest, _ := strings.Cut(said, " status=")
	status, _, _ := strings.Cut(rest, " ")
	switch status {
	case "sent", "deferred", "bounced", "expired":
	default:
		return // deliverable and the like: nothing was delivered
	}
	switch daemon {
	case "smtp", "lmtp", "local", "virtual", "pipe", "error", "relay", "discard", "qmgr":
	default:
		daemon = "other"
	}
	note(l.Deliveries, status+" "+daemon, 1)
	l.happened(status, now)
	if status != "sent" {
		return
	}
	if _, rest, ok := strings.Cut(said, ", delay="); ok {
		text, _, _ := strings.Cut(rest, ",")
		if delay, err := strconv.ParseFloat(text, 64); err == nil && delay >= 0 && delay < 1e9 {
			l.Delay += delay
		}
	}
}

// dovecot counts logins and refused ones: imap-login: Login: …, or imap-login:
// Disconnected … (auth failed, 2 attempts in 4 secs).
func (l *ledger) dovecot(said string) {
	process, rest, ok := strings.Cut(said, ": ")
	service, is := strings.CutSuffix(process, "-login")
	if !ok || !is {
		return
	}
	switch service {
	case "imap", "pop3":
	case "submission":
		service = "smtp"
	case "managesieve":
		service = "sieve"
	default:
		return
	}
	rest = strings.TrimPrefix(rest, "Info: ")
	if strings.HasPrefix(rest, "Login: ") {
		note(l.Logins, service, 1)
		return
	}
	if _, after, failed := strings.Cut(rest, "(auth failed, "); failed {
		text, _, _ := strings.Cut(after, " ")
		attempts, err := strconv.ParseInt(text, 10, 32)
		if err != nil || attempts < 1 {
			attempts = 1
		}
		note(l.Auth, service, min(attempts, 1000))
	}
}

// exim counts a line of Exim's main log: ID, a mark, and what it is about.
func (l *ledger) exim(said string, now time.Time) {
	words := strings.SplitN(said, " ", 4)
	if len(words) < 3 {
		return
	}
	if strings.Contains(said, "authenticator failed for ") {
		note(l.Auth, "smtp", 1)
		return
	}
	var status string
	switch words[1] {
	case "<=":
		l.Received++
		return
	case "=>", "->":
		status = "sent"
	case "==":
		status = "deferred"
	case "**":
		status = "bounced"
	default:
		if strings.Contains(said, " rejected ") {
			note(l.Rejects, "smtpd other", 1)
		}
		return
	}
	transport := "other"
	for word := range strings.FieldsSeq(said) {
		if name, is := strings.CutPrefix(word, "T="); is {
			switch {
			case strings.Contains(name, "smtp"):
				transport = "smtp"
			case strings.Contains(name, "local"), strings.Contains(name, "mail_spool"), strings.Contains(name, "maildir"):
				transport = "local"
			case strings.Contains(name, "pipe"):
				transport = "pipe"
			}
		}
	}
	note(l.Deliveries, status+" "+transport, 1)
	l.happened(status, now)
}

// emit makes samples of what was counted.
func (l *ledger) emit(out *plugin.Batch, logins bool) {
	if l.Postfix || l.Received > 0 {
		out.Add("mail_received_total", float64(l.Received))
	}
	if l.Postfix {
		out.Add("mail_connections_total", float64(l.Connections))
		out.Add("mail_fatal_total", float64(l.Fatal))
		out.Add("mail_delivery_delay_seconds_total", l.Delay)
	}
	for kind, n := range l.Deliveries {
		status, transport, _ := strings.Cut(kind, " ")
		out.Add("mail_deliveries_total", float64(n), "status", status, "transport", transport)
	}
	for kind, n := range l.Rejects {
		source, code, _ := strings.Cut(kind, " ")
		out.Add("mail_rejects_total", float64(n), "by", source, "code", code)
	}
	for service, n := range l.Auth {
		out.Add("mail_auth_failures_total", float64(n), "service", service)
	}
	for service, n := range l.Logins {
		if logins {
			out.Add("dovecot_logins_total", float64(n), "service", service)
		}
	}
}
