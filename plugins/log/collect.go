package log

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

const (
	// maxAlerts is how many lines become events of their own in one run.
	maxAlerts = 20
	// maxMessages bounds the list of what lines have in common.
	maxMessages = 40
	// maxRecentBytes keeps the lines that are shown below what a state may hold.
	maxRecentBytes = 40 << 10
	// journalLabel stands for the journal where others have the name of a file.
	journalLabel = "journal"
)

// pass is one collection.
type pass struct {
	c      *collector
	now    time.Time
	ledger *ledger
	recent *recent
	web    *webPass
	// values are the numbers that patterns captured this time.
	sums   map[string]float64
	counts map[string]int64

	label   string // of the file that is read, and its path
	path    string
	dates   *regexp.Regexp
	verdict verdict
	alerts  []match
	more    int64  // alerts beyond the bound
	fresh   []line // a ring of the last lines that matched
	seen    int
}

// line is a line that matched.
type line struct {
	at      time.Time
	file    string
	pattern *compiled
	text    []byte
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	p := &pass{
		c: c, now: c.host.Now(), ledger: recall[ledger](c, keyLedger), recent: recall[recent](c, keyRecent),
		sums: make(map[string]float64), counts: make(map[string]int64), dates: datesInNames(),
	}
	p.ledger.complete()
	if c.config.AccessLog != accessOff {
		p.web = newWebPass(c.config.AccessLog, p.ledger)
	}
	var files []follow.File
	var err error
	if c.config.Source == sourceJournal {
		files, err = p.readJournal(ctx, out)
	} else {
		files, err = p.readFiles(ctx, out)
	}
	if err != nil {
		return err
	}
	p.keepRecent()
	p.emit(out, files)
	out.SetSnapshot(p.document(files))
	p.report(out)
	if err := plugin.Keep(c.host.State, keyRecent, p.recent); err != nil {
		return err
	}
	return plugin.Keep(c.host.State, keyLedger, p.ledger)
}

// complete makes maps that were not kept.
func (l *ledger) complete() {
	empty := newLedger()
	if l.Files == nil {
		l.Files = empty.Files
	}
	if l.Matches == nil {
		l.Matches = empty.Matches
	}
	if l.Alerts == nil {
		l.Alerts = empty.Alerts
	}
	if l.Values == nil {
		l.Values = empty.Values
	}
	if l.Severities == nil {
		l.Severities = empty.Severities
	}
	for label, t := range l.Files {
		if t == nil {
			delete(l.Files, label)
		}
	}
}

// readFiles reads what was added to the files.
func (p *pass) readFiles(ctx context.Context, out *plugin.Batch) ([]follow.File, error) {
	places, report, err := p.c.follower.Read(ctx, p.ledger.Places, func(path string, text []byte) {
		if path != p.path {
			p.path, p.label = path, labelOf(p.dates, path)
		}
		p.judge(text, unknown, p.now)
	})
	if err != nil {
		return nil, err
	}
	p.ledger.Places = places
	read := 0
	for _, file := range report.Files {
		if file.Err == nil {
			read++
		}
		out.Problem(file.Err)
		t := p.ledger.tallyOf(labelOf(p.dates, file.Path))
		t.Lines += file.Lines
		t.Bytes += file.Bytes
		t.Cut += file.Cut
		t.Rotations += int64(file.Rotations)
		t.Lost += int64(file.Lost)
		if file.Lines > 0 || t.Last == 0 && !file.Modified.IsZero() {
			t.Last = max(t.Last, file.Modified.Unix())
		}
	}
	for _, problem := range report.Problems {
		out.Problem(problem)
	}
	switch {
	case report.More > 0:
		out.Problem(fault.New(fault.Partial, "%d files more than max_files (%d) match and are not read", report.More, p.c.config.MaxFiles))
	case read == 0 && len(report.Files) > 0:
		return nil, report.Files[0].Err
	case read == 0 && len(report.Problems) > 0:
		return nil, report.Problems[0]
	}
	return report.Files, nil
}

// readJournal reads what was added to the journal.
func (p *pass) readJournal(ctx context.Context, out *plugin.Batch) ([]follow.File, error) {
	c := p.c.config
	journal := follow.Journal{
		Commands: p.c.host.Commands, Directory: c.Directory, Units: c.Units, Identifiers: c.Identifiers,
		Priority: c.Priority, Sudo: c.UseSudo,
	}
	var start time.Time
	if c.StartAt == "beginning" {
		start = time.Unix(1, 0)
	}
	file := follow.File{Path: journalLabel}
	p.label = journalLabel
	cursor, err := journal.Read(ctx, p.ledger.Journal, start, p.now, func(e follow.Entry) {
		file.Lines++
		file.Bytes += int64(len(e.Message))
		file.Modified = e.Time
		p.path = cmp.Or(e.Container, e.Unit, e.Identifier, journalLabel)
		p.judge(e.Message, ofPriority(e.Priority), e.Time)
	})
	if err != nil && fault.Of(err) != fault.Partial {
		return nil, err
	}
	out.Problem(err)
	p.ledger.Journal = cursor
	t := p.ledger.tallyOf(journalLabel)
	t.Lines += file.Lines
	t.Bytes += file.Bytes
	if !file.Modified.IsZero() {
		t.Last = file.Modified.Unix()
	}
	return []follow.File{file}, nil
}

// judge counts one line.
func (p *pass) judge(text []byte, given severity, at time.Time) {
	v := &p.verdict
	p.c.matcher.judge(text, given, v)
	if v.ignored {
		return
	}
	if v.severity != unknown {
		p.ledger.Severities[v.severity.String()]++
	}
	if p.web != nil {
		p.web.line(text)
	}
	for i, number := range v.valued {
		name := p.c.matcher.patterns[number].Name
		p.sums[name] += v.values[i]
		p.counts[name]++
		held := p.ledger.Values[name]
		held.Last, held.Count = v.values[i], held.Count+1
		p.ledger.Values[name] = held
	}
	if len(v.matched) > 0 {
		p.matched(text, at)
	}
}

// matched counts and keeps a line that matched.
func (p *pass) matched(text []byte, at time.Time) {
	worst := &p.c.matcher.patterns[p.verdict.matched[0]]
	alert := (*compiled)(nil)
	for _, number := range p.verdict.matched {
		one := &p.c.matcher.patterns[number]
		p.ledger.Matches[one.Name]++
		if one.severity > worst.severity {
			worst = one
		}
		if one.Alert {
			p.ledger.Alerts[one.Name]++
			if alert == nil || one.severity > alert.severity {
				alert = one
			}
		}
	}
	if alert != nil {
		if len(p.alerts) < maxAlerts {
			p.alerts = append(p.alerts, p.readable(line{at: at, file: p.path, pattern: alert, text: text}))
		} else {
			p.more++
		}
	}
	keep := p.c.config.KeepMatches
	if keep == 0 {
		return
	}
	// Of a flood only the last lines are kept, and made readable in the end.
	if len(p.fresh) < keep {
		p.fresh = append(p.fresh, line{})
	}
	last := &p.fresh[p.seen%keep]
	p.seen++
	last.at, last.file, last.pattern = at, p.path, worst
	last.text = append(last.text[:0], text[:min(len(text), maxLooked)]...)
}

// readable is a line as it may be shown.
func (p *pass) readable(l line) match {
	return match{
		Time: l.at.UTC().Truncate(time.Second), File: l.file, Pattern: l.pattern.Name,
		Severity: l.pattern.severity.String(), Text: p.c.redactor.clean(l.text),
	}
}

// keepRecent puts the new matches in front of those that were kept.
func (p *pass) keepRecent() {
	keep := p.c.config.KeepMatches
	fresh := make([]match, 0, len(p.fresh))
	for i := range p.fresh { // the newest first
		fresh = append(fresh, p.readable(p.fresh[(p.seen-1-i)%len(p.fresh)]))
	}
	for _, m := range slices.Backward(fresh) {
		p.countMessage(m)
	}
	slices.SortStableFunc(p.recent.Messages, func(a, b message) int { return cmp.Compare(b.Count, a.Count) })
	p.recent.Matches = append(fresh, p.recent.Matches...)
	p.recent.Matches = p.recent.Matches[:min(len(p.recent.Matches), keep)]
	size := 0
	for i, m := range p.recent.Matches {
		raw, err := json.Marshal(m)
		if size += len(raw); err != nil || size > maxRecentBytes {
			p.recent.Matches = p.recent.Matches[:i]
			break
		}
	}
	if keep == 0 {
		p.recent.Messages = nil
	}
}

// countMessage counts a line among those that say the same.
func (p *pass) countMessage(m match) {
	template := p.c.redactor.template(m.Text)
	list := p.recent.Messages
	i := slices.IndexFunc(list, func(one message) bool { return one.Template == template })
	if i < 0 {
		if len(list) >= maxMessages { // the one that was not seen for longest makes room
			oldest := 0
			for j := range list {
				if list[j].Last.Before(list[oldest].Last) {
					oldest = j
				}
			}
			list = slices.Delete(list, oldest, oldest+1)
		}
		list = append(list, message{Template: template, First: m.Time, Severity: m.Severity})
		i = len(list) - 1
	}
	list[i].Count++
	list[i].Last = m.Time
	p.recent.Messages = list
}

// report makes events of the lines that somebody wants to hear of.
func (p *pass) report(out *plugin.Batch) {
	severities := map[string]plugin.Severity{"warning": plugin.Warning, "error": plugin.Warning, "critical": plugin.Critical}
	for _, m := range p.alerts {
		out.Event(plugin.Event{
			Time: m.Time, Kind: "log_alert", Severity: cmp.Or(severities[m.Severity], plugin.Info),
			Title: cut(m.Pattern+": "+m.Text, 200), Detail: map[string]string{"file": m.File, "pattern": m.Pattern, "text": m.Text},
		})
	}
	if p.more > 0 {
		out.Event(plugin.Event{
			Kind: "log_alert", Severity: plugin.Warning,
			Title: plural(p.more, "line") + " more matched patterns with an alert",
		})
	}
}
