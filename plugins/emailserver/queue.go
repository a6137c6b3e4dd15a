package emailserver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

const (
	// maxListing bounds what a program may say of a queue.
	maxListing = 32 << 20
	// maxDetailed is up to how many messages each is looked at; of more only the
	// number is of interest.
	maxDetailed = 20_000
	// maxRows bounds the tables of messages and domains.
	maxRows, maxDomains = 50, 20
	// versionFor is how long the version of a mail server is believed.
	versionFor = time.Hour
)

// reading is something that was read once and is believed for a while.
type reading struct {
	text string
	at   time.Time
}

// queue is what waits in a mail server.
type queue struct {
	mta     string
	version string
	running *bool // nil where it is not known
	parts   map[string]*part
	// details say that messages were told one by one, sizeless that their sizes
	// were not.
	details  bool
	sizeless bool
	messages []message
	domains  map[string]*waiting
	counted  int
	problems []error
}

// part is one of the queues that the mail server itself tells apart.
type part struct {
	Messages int
	Bytes    float64
	Oldest   float64
}

// message is one that waits. Of addresses there is the domain only.
type message struct {
	ID        string  `json:"id"`
	Queue     string  `json:"queue"`
	Age       float64 `json:"age_seconds"`
	Bytes     float64 `json:"bytes,omitempty"`
	Sender    string  `json:"sender_domain,omitempty"`
	Recipient string  `json:"recipient_domain,omitempty"`
	Reason    string  `json:"reason,omitempty"`
}

// waiting are the recipients of a domain that wait.
type waiting struct {
	Domain string `json:"domain"`
	Count  int    `json:"count"`
	Reason string `json:"reason,omitempty"`
}

// newQueue returns a queue whose parts are known and empty.
func newQueue(mta string, parts ...string) *queue {
	q := &queue{mta: mta, parts: make(map[string]*part), domains: make(map[string]*waiting)}
	for _, name := range parts {
		q.parts[name] = new(part)
	}
	return q
}

// add counts a message.
func (q *queue) add(m message, recipients []string, reasons []string) {
	p := q.parts[m.Queue]
	if p == nil {
		if len(q.parts) >= 10 {
			return
		}
		p = new(part)
		q.parts[m.Queue] = p
	}
	p.Messages++
	p.Bytes += max(0, m.Bytes)
	p.Oldest = max(p.Oldest, m.Age)
	q.counted++
	for i, recipient := range recipients {
		domain := domainOf(recipient)
		if m.Recipient == "" {
			m.Recipient, m.Reason = domain, plugin.Shorten(reasons[i], 160)
		}
		q.wait(domain, reasons[i])
	}
	// The oldest are of interest.
	at, _ := slices.BinarySearchFunc(q.messages, m, func(a, b message) int { return cmp.Compare(b.Age, a.Age) })
	if at < maxRows {
		q.messages = slices.Insert(q.messages, at, m)
		q.messages = q.messages[:min(len(q.messages), maxRows)]
	}
}

// wait counts a recipient for whom somebody said why it waits.
func (q *queue) wait(domain, reason string) {
	if domain == "" || reason == "" {
		return
	}
	w := q.domains[domain]
	if w == nil {
		w = &waiting{Domain: domain}
		q.domains[domain] = w
	}
	w.Count++
	w.Reason = plugin.Shorten(reason, 160)
}

// topDomains are the domains for which most waits.
func (q *queue) topDomains() []waiting {
	all := make([]waiting, 0, len(q.domains))
	for _, w := range q.domains {
		all = append(all, *w)
	}
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Domain, b.Domain)) })
	return all[:min(len(all), maxDomains)]
}

// domainOf is what of an address may be shown.
func domainOf(address string) string {
	address = strings.Trim(address, "<>")
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return plugin.Shorten(strings.ToLower(address[at+1:]), 80)
}

// emit makes samples of a queue.
func (q *queue) emit(out *plugin.Batch) {
	if q.running != nil {
		out.AddBool("mail_mta_running", *q.running, "mta", q.mta)
	}
	for name, p := range q.parts {
		out.Add("mail_queue_messages", float64(p.Messages), "mta", q.mta, "queue", name)
		if q.details && !q.sizeless {
			out.Add("mail_queue_bytes", p.Bytes, "mta", q.mta, "queue", name)
		}
		if q.details {
			out.Add("mail_queue_oldest_seconds", p.Oldest, "mta", q.mta, "queue", name)
		}
	}
	for _, problem := range q.problems {
		out.Problem(problem)
	}
}

// byQueue is the table of queues.
func (q *queue) byQueue() []queueRow {
	rows := make([]queueRow, 0, len(q.parts))
	for _, name := range slices.Sorted(maps.Keys(q.parts)) {
		p := q.parts[name]
		row := queueRow{Queue: name, Messages: p.Messages}
		if q.details && p.Messages > 0 {
			row.Oldest = &p.Oldest
		}
		if q.details && !q.sizeless {
			row.Bytes = &p.Bytes
		}
		rows = append(rows, row)
	}
	return rows
}

// readQueue reads the queue of the mail server on this machine; nil when there is
// none to read.
func (c *collector) readQueue(ctx context.Context) (*queue, error) {
	mta := c.config.MTA
	if mta == auto {
		mta = c.installed()
	}
	switch mta {
	case mtaPostfix:
		return c.postfix(ctx)
	case mtaExim:
		return c.exim(ctx)
	case mtaOpenSMTPD:
		return c.opensmtpd(ctx)
	default:
		return nil, nil //nolint:nilnil // there is none, which is no fault
	}
}

// installed is the mail server whose programs are there.
func (c *collector) installed() string {
	for _, one := range []struct{ program, mta string }{
		{"postqueue", mtaPostfix}, {"exim4", mtaExim}, {"exim", mtaExim}, {"smtpctl", mtaOpenSMTPD},
	} {
		if _, err := c.host.Commands.Find(one.program); err == nil {
			return one.mta
		}
	}
	return none
}

// run runs a program of a mail server.
func (c *collector) run(ctx context.Context, name string, sudo bool, args ...string) (plugin.Output, plugin.Command, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.config.Timeout.Std())
	defer cancel()
	asked := plugin.Command{Name: name, Args: args, Sudo: sudo, MaxOutputBytes: maxListing}
	out, err := c.host.Commands.Run(ctx, asked)
	return out, asked, err
}

// postfix asks postqueue, which everybody may whom authorized_mailq_users allows.
func (c *collector) postfix(ctx context.Context) (*queue, error) {
	var where []string
	if c.config.PostfixConfigDir != "" {
		where = []string{"-c", c.config.PostfixConfigDir}
	}
	q := newQueue(mtaPostfix, "active", "deferred", "hold", "incoming", "maildrop")
	out, asked, err := c.run(ctx, "postqueue", false, append(where, "-j")...)
	if err != nil {
		return nil, err
	}
	said := string(out.Stderr)
	running := !strings.Contains(said, "mail system is down") && !strings.Contains(said, "Mail system is down")
	switch {
	case strings.Contains(said, "not allowed to view the mail queue"):
		return nil, fault.New(fault.Permission, "running %s: this user may not see the queue", command.Line(asked)).
			WithHint("add the user that runs Unity to authorized_mailq_users in main.cf; postconf -e does that")
	case out.ExitCode != 0 && !running:
		q.running, q.parts = &running, nil
		q.problems = append(q.problems, stopped())
		return q, nil
	case strings.Contains(said, "invalid option"), strings.Contains(said, "usage:"):
		return c.postfixBefore(ctx, q, where)
	case out.ExitCode != 0:
		return nil, command.Check(asked, out)
	}
	q.running, q.details = &running, true
	if !running { // root sees the files all the same
		q.problems = append(q.problems, stopped())
	}
	if err := q.readPostfix(out, c.host.Now()); err != nil {
		return nil, err
	}
	q.version = c.postfixVersion(ctx, where)
	return q, nil
}

func stopped() error {
	return fault.New(fault.Unreachable, "reading the queue: Postfix does not run").WithHint("start it: postfix start, or systemctl start postfix")
}

// readPostfix reads the messages, each a JSON object on a line of its own.
func (q *queue) readPostfix(out plugin.Output, now time.Time) error {
	good, bad := 0, 0
	for line := range bytes.Lines(out.Stdout) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if q.counted >= maxDetailed {
			if name, ok := queueNamed(line); ok {
				q.count(name)
				continue
			}
		}
		var m struct {
			Queue      string `json:"queue_name"`
			ID         string `json:"queue_id"`
			Arrival    int64  `json:"arrival_time"`
			Size       int64  `json:"message_size"`
			Sender     string `json:"sender"`
			Recipients []struct {
				Address string `json:"address"`
				Reason  string `json:"delay_reason"`
			} `json:"recipients"`
		}
		if json.Unmarshal(line, &m) != nil || m.Queue == "" {
			bad++
			continue
		}
		good++
		recipients, reasons := make([]string, len(m.Recipients)), make([]string, len(m.Recipients))
		for i, r := range m.Recipients {
			recipients[i], reasons[i] = r.Address, r.Reason
		}
		q.add(message{
			ID: plugin.Shorten(m.ID, 40), Queue: plugin.Shorten(m.Queue, 20), Age: max(0, float64(now.Unix()-m.Arrival)), Bytes: float64(m.Size), Sender: domainOf(m.Sender),
		}, recipients, reasons)
	}
	switch {
	case out.Truncated:
		q.problems = append(q.problems, fault.New(fault.Partial, "the queue is longer than can be read: messages after the first %d are not counted", q.counted))
	case bad > 0 && good == 0:
		return fault.New(fault.BadAnswer, "reading the queue: what postqueue says is not understood")
	case bad > 0:
		q.problems = append(q.problems, fault.New(fault.Partial, "%d lines of postqueue were not understood", bad))
	}
	return nil
}

// queueNamed finds the name of the queue without reading the whole line.
func queueNamed(line []byte) (string, bool) {
	_, rest, ok := bytes.Cut(line, []byte(`"queue_name": "`))
	name, _, ended := bytes.Cut(rest, []byte(`"`))
	return string(name), ok && ended && len(name) <= 20
}

// count counts a message of which nothing else is looked at.
func (q *queue) count(name string) {
	q.counted++
	if p := q.parts[name]; p != nil {
		p.Messages++
	}
}

// postfixBefore asks a Postfix before 3.1, which knows no JSON, for how many there
// are.
func (c *collector) postfixBefore(ctx context.Context, q *queue, where []string) (*queue, error) {
	out, asked, err := c.run(ctx, "postqueue", false, append(where, "-p")...)
	if err == nil {
		err = command.Check(asked, out)
	}
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(out.Stdout)), "\n")
	last := strings.Fields(lines[len(lines)-1])
	all := new(part)
	switch {
	case strings.HasPrefix(lines[len(lines)-1], "Mail queue is empty"):
	case len(last) == 6 && last[0] == "--" && strings.HasPrefix(last[5], "Request"):
		if all.Messages, err = strconv.Atoi(last[4]); err != nil {
			return nil, fault.New(fault.BadAnswer, "reading the queue: %q is no number", last[4])
		}
	default:
		return nil, fault.New(fault.BadAnswer, "reading the queue: what postqueue says is not understood")
	}
	running := true
	q.parts, q.running = map[string]*part{"all": all}, &running
	return q, nil
}

// postfixVersion asks postconf, not each time.
func (c *collector) postfixVersion(ctx context.Context, where []string) string {
	now := c.host.Now()
	if !c.version.at.IsZero() && now.Sub(c.version.at) < versionFor {
		return c.version.text
	}
	out, asked, err := c.run(ctx, "postconf", false, append(where, "-h", "mail_version")...)
	if err != nil || command.Check(asked, out) != nil {
		return c.version.text // a detail of the page
	}
	c.version = reading{plugin.Shorten(string(out.Stdout), 40), now}
	return c.version.text
}
