package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
	"github.com/unity-homelab/unity/plugin/syslog"
)

// pass is one collection.
type pass struct {
	c      *collector
	now    time.Time
	first  bool // nothing was ever read
	ledger *ledger
	recent *recent
	seen   addresses
	read   string // what was read: files, journal
	events []plugin.Event
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	p := &pass{
		c: c, now: c.host.Now(),
		ledger: recall[ledger](c, keyLedger), recent: recall[recent](c, keyRecent), seen: *recall[addresses](c, keyAddresses),
	}
	p.ledger.complete()
	if p.seen == nil {
		p.seen = make(addresses)
	}
	window := c.config.Window.Std()
	if p.ledger.Since == 0 {
		p.first, p.ledger.Since = true, p.now.Add(-window).Unix()
	}
	p.ledger.expire(p.now, window)
	logs := p.readLogs(ctx, out)
	jails, asked, banned := c.askFail2ban(ctx)
	if logs != nil && (!asked || banned != nil) {
		return logs
	}
	out.Problem(logs)
	out.Problem(banned)
	p.ledger.expire(p.now, window)

	p.emit(out)
	document := p.document()
	if asked {
		out.AddBool("fail2ban_reachable", banned == nil)
	}
	if asked && banned == nil {
		bans := p.compareBans(jails)
		emitJails(out, jails)
		document.Fail2ban = jails
		document.Summary.Banned = jails.banned()
		if err := plugin.Keep(c.host.State, keyBans, bans); err != nil {
			return err
		}
	}
	out.SetSnapshot(document)
	for _, event := range p.events {
		out.Event(event)
	}
	return errors.Join(
		plugin.Keep(c.host.State, keyLedger, p.ledger),
		plugin.Keep(c.host.State, keyRecent, p.recent),
		plugin.Keep(c.host.State, keyAddresses, p.seen),
	)
}

// readLogs reads what was logged since the run before.
func (p *pass) readLogs(ctx context.Context, out *plugin.Batch) error {
	source := p.c.config.Source
	if source == sourceAuto {
		source = p.choose()
	}
	p.read = source
	if source == sourceFiles {
		return p.readFiles(ctx, out)
	}
	err := p.readJournal(ctx, out)
	if p.c.config.Source == sourceAuto && fault.Of(err) == fault.NotInstalled {
		return fault.New(fault.NotFound, "reading logins: there is none of %s, and journalctl is not installed", strings.Join(p.c.config.LogFiles, ", ")).
			WithHint("name the files that programs write logins to")
	}
	return err
}

// choose takes the files if one of them is there. What was begun goes on.
func (p *pass) choose() string {
	if p.ledger.Places != nil {
		return sourceFiles
	}
	for _, name := range p.c.config.LogFiles {
		if strings.ContainsAny(name, "*?[") {
			return sourceFiles
		}
		if _, err := p.c.host.Files.Stat(name); err == nil || errors.Is(err, fs.ErrPermission) {
			return sourceFiles
		}
	}
	return sourceJournal
}

func (p *pass) readFiles(ctx context.Context, out *plugin.Batch) error {
	places, report, err := p.c.follower.Read(ctx, p.ledger.Places, func(_ string, text []byte) {
		if e, ok := syslog.Parse(text, p.now, time.Local); ok {
			p.entry(e)
		}
	})
	if err != nil {
		return err
	}
	p.ledger.Places = places
	var missing error
	read := 0
	for _, file := range report.Files {
		switch {
		case file.Err == nil:
			read++
		case fault.Of(file.Err) == fault.NotFound && p.c.config.Source == sourceAuto || missing == nil && fault.Of(file.Err) == fault.NotFound:
			missing = cmp.Or(missing, file.Err) // one of several names for the same thing
		default:
			out.Problem(file.Err)
			missing = file.Err
		}
	}
	if read == 0 && missing != nil {
		return missing
	}
	if read == 0 && len(report.Problems) > 0 {
		return report.Problems[0]
	}
	return nil
}

func (p *pass) readJournal(ctx context.Context, out *plugin.Batch) error {
	journal := follow.Journal{
		Commands: p.c.host.Commands, Directory: p.c.config.Directory,
		// What sshd logs is of facility auth, unless somebody chose another.
		Matches: []string{"SYSLOG_FACILITY=4", "+", "SYSLOG_FACILITY=10", "+", "_COMM=sshd", "+", "SYSLOG_IDENTIFIER=sshd-session"},
	}
	for _, custom := range p.c.custom {
		journal.Matches = append(journal.Matches, "+", "SYSLOG_IDENTIFIER="+custom.Identifier)
	}
	cursor, err := journal.Read(ctx, p.ledger.Journal, time.Unix(p.ledger.Since, 0), p.now, func(e follow.Entry) {
		p.entry(syslog.Line{Time: e.Time, Program: e.Identifier, PID: e.PID, Message: strings.ToValidUTF8(string(e.Message), "\uFFFD")})
	})
	if err != nil && fault.Of(err) != fault.Partial {
		return err
	}
	out.Problem(err)
	p.ledger.Journal = cursor
	return nil
}

// entry counts what an entry tells of.
func (p *pass) entry(e syslog.Line) {
	if e.Time.Unix() < p.ledger.Since {
		return
	}
	if f, ok := p.c.reader.read(e); ok {
		p.count(f, e.Time)
	}
	for _, c := range p.c.custom {
		if base(e.Program) != c.Identifier {
			continue
		}
		m := c.regex.FindStringSubmatch(e.Message)
		if m == nil {
			continue
		}
		f := finding{kind: refusal, service: c.Name, method: "other", times: 1, pid: e.PID}
		if c.Result == "success" {
			f.kind = login
		}
		if i := c.regex.SubexpIndex("user"); i > 0 {
			f.user = m[i]
		}
		if i := c.regex.SubexpIndex("source"); i > 0 {
			f.source = address(m[i])
		}
		p.count(f, e.Time)
	}
}

func (p *pass) count(f finding, at time.Time) {
	switch f.kind {
	case login:
		p.login(f, at)
	case refusal:
		p.refusal(f, at)
	case invalid:
		p.ledger.Invalid[f.service] += int64(f.times)
	case scan:
		p.ledger.Scans += int64(f.times)
	case sudoRun:
		p.ledger.Sudo++
		p.ledger.Events["sudo success other"]++
		p.sudoRow(f, at, true)
	case change:
		p.ledger.Changes[f.change]++
		p.events = append(p.events, plugin.Event{
			Time: at, Kind: "account_change", Severity: plugin.Warning, Title: plugin.Shorten(f.service+": "+f.command, 160),
		})
	}
}

func (p *pass) login(f finding, at time.Time) {
	l := p.ledger
	l.Events[f.service+" success "+f.method] += int64(f.times)
	if s := l.slotAt(at, p.now, p.c.config.Window.Std()); s != nil {
		s.Successes[f.service] += int64(f.times)
	}
	if f.user == "root" {
		l.Root[f.service] += int64(f.times)
	}
	detail := map[string]string{"user": f.user, "source": f.source, "service": f.service, "method": f.method}
	if f.source != "" && !p.trusted(f.source) {
		failed := l.within(func(s slot) map[string]int64 { return s.Sources })[f.source]
		if failed >= int64(p.c.config.Threshold) {
			l.Broken[f.service]++
			p.events = append(p.events, plugin.Event{
				Time: at, Kind: "login_after_failures", Severity: plugin.Critical, Detail: detail,
				Title: fmt.Sprintf("%s logged in from %s after %d failures", plugin.Shorten(f.user, 60), f.source, failed),
			})
		}
		// Who was there before anybody looked is not new.
		if fresh := f.service == "ssh" && p.seen.know(f.source, at); fresh && !p.first && p.c.config.NewAddresses {
			p.events = append(p.events, plugin.Event{
				Time: at, Kind: "login_from_new_address", Severity: plugin.Warning, Detail: detail,
				Title: fmt.Sprintf("%s logged in over SSH from %s, for the first time from there", plugin.Shorten(f.user, 60), f.source),
			})
		}
	}
	if p.c.config.Successful {
		p.recent.Logins = push(p.recent.Logins, p.row(f, at), p.c.config.Recent)
	}
}

func (p *pass) refusal(f finding, at time.Time) {
	l := p.ledger
	if f.trace && f.pid > 0 && slices.Contains(l.PIDs, f.pid) {
		return
	}
	if f.pid > 0 && f.service == "ssh" && !slices.Contains(l.PIDs, f.pid) {
		l.PIDs = append(l.PIDs, f.pid)
		l.PIDs = l.PIDs[max(0, len(l.PIDs)-maxPIDs):]
	}
	l.Events[f.service+" failure "+f.method] += int64(f.times)
	if s := l.slotAt(at, p.now, p.c.config.Window.Std()); s != nil {
		s.Failures[f.service] += int64(f.times)
		note(s.Sources, f.source, f.times)
		if user := p.shown(f); user != hiddenUser {
			note(s.Users, user, f.times)
		}
	}
	if f.service == "sudo" {
		l.NoSudo += int64(f.times)
		p.sudoRow(f, at, false)
	}
	p.recent.Failures = push(p.recent.Failures, p.row(f, at), p.c.config.Recent)
}

// hiddenUser stands for names that may be passwords.
const hiddenUser = "(unknown)"

// shown is a user's name as it may be shown.
func (p *pass) shown(f finding) string {
	if f.unknown && !p.c.config.ShowInvalid {
		return hiddenUser
	}
	return plugin.Shorten(f.user, 60)
}

func (p *pass) row(f finding, at time.Time) loginRow {
	return loginRow{
		Time: at.Truncate(time.Second), User: p.shown(f), Source: f.source, Service: f.service, Method: f.method, Key: plugin.Shorten(f.key, 80),
	}
}

func (p *pass) sudoRow(f finding, at time.Time, ok bool) {
	p.recent.Sudo = push(p.recent.Sudo, sudoRow{
		Time: at.Truncate(time.Second), User: plugin.Shorten(f.user, 60), Target: plugin.Shorten(f.target, 60), Command: plugin.Shorten(f.command, 120), OK: ok,
	}, min(maxSudo, p.c.config.Recent))
}

// push puts a row in front of the others.
func push[T any](rows []T, row T, most int) []T {
	rows = slices.Insert(rows, 0, row)
	return rows[:min(len(rows), most)]
}

// trusted reports whether an address is never suspicious.
func (p *pass) trusted(source string) bool {
	at, err := netip.ParseAddr(source)
	if err != nil || at.IsLoopback() {
		return err == nil
	}
	return slices.ContainsFunc(p.c.ignored, func(n netip.Prefix) bool { return n.Contains(at) })
}

// suspicious are those that failed as often as the threshold says, the worst
// first.
func (p *pass) suspicious(failed map[string]int64, skip func(string) bool) []string {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(failed)), func(key string) bool {
		return failed[key] < int64(p.c.config.Threshold) || skip(key)
	})
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(failed[b], failed[a]), cmp.Compare(a, b)) })
	return keys
}

// compareBans reports addresses that were banned since the run before, and
// returns those of now by jail.
func (p *pass) compareBans(jails *fail2ban) map[string][]string {
	known := *recall[map[string][]string](p.c, keyBans)
	now := make(map[string][]string)
	for _, jail := range jails.Jails {
		list := jail.addresses[:min(len(jail.addresses), maxBans/max(1, len(jails.Jails)))]
		now[jail.Name] = list
		last, asked := known[jail.Name]
		if !asked {
			continue // bans from before anybody looked
		}
		for _, banned := range list {
			if !slices.Contains(last, banned) {
				p.events = append(p.events, plugin.Event{
					Kind: "ban", Severity: plugin.Info, Title: jail.Name + " banned " + banned,
					Detail: map[string]string{"jail": jail.Name, "source": banned},
				})
			}
		}
	}
	return now
}
