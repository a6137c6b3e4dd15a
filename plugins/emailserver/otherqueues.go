package emailserver

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// exim asks Exim for its queue, which needs a user whom it counts as an
// administrator.
func (c *collector) exim(ctx context.Context) (*queue, error) {
	program := "exim4"
	if _, err := c.host.Commands.Find(program); err != nil {
		program = "exim"
	}
	out, asked, err := c.run(ctx, program, c.config.UseSudo, "-bp")
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(out.Stderr), "ermission denied") {
		return nil, fault.New(fault.Permission, "running %s: this user may not see the queue", command.Line(asked)).
			WithHint("add the user that runs Unity to the group Debian-exim, set queue_list_requires_admin = false in Exim's configuration, or use sudo")
	}
	if err := command.Check(asked, out); err != nil {
		return nil, err
	}
	q := newQueue(mtaExim, "queued", "frozen")
	q.details = true
	if err := q.readExim(string(out.Stdout)); err != nil {
		return nil, err
	}
	if out.Truncated {
		q.problems = append(q.problems, fault.New(fault.Partial, "the queue is longer than can be read: messages after the first %d are not counted", q.counted))
	}
	return q, nil
}

// readExim reads the list of exim -bp: of each message a line with age, size, ID
// and sender, then a line for each recipient; D marks one that has it already.
func (q *queue) readExim(text string) error {
	var m message
	var recipients []string
	flush := func() {
		if m.ID == "" {
			return
		}
		if q.counted < maxDetailed {
			q.add(m, recipients, make([]string, len(recipients))) // exim says why in its log only
		} else {
			q.count(m.Queue)
		}
		m, recipients = message{}, nil
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			flush()
		case m.ID == "" && len(words) >= 4 && strings.HasPrefix(words[3], "<"):
			age, known := eximAge(words[0])
			size, sized := eximSize(words[1])
			if !known || !sized {
				return fault.New(fault.BadAnswer, "reading the queue: what exim says is not understood: %q", plugin.Shorten(line, 80))
			}
			m = message{ID: plugin.Shorten(words[2], 40), Queue: "queued", Age: age.Seconds(), Bytes: size, Sender: domainOf(words[3])}
			if strings.Contains(line, "*** frozen ***") {
				m.Queue = "frozen"
			}
		case m.ID != "":
			if words[0] != "D" {
				recipients = append(recipients, words[0])
			}
		default:
			return fault.New(fault.BadAnswer, "reading the queue: what exim says is not understood: %q", plugin.Shorten(line, 80))
		}
	}
	flush()
	return nil
}

// eximAge reads 25m, 7h or 3d.
func eximAge(text string) (time.Duration, bool) {
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text[:len(text)-1])
	unit, known := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[len(text)-1]]
	return time.Duration(n) * unit, err == nil && known && n >= 0 && n < 10_000
}

// eximSize reads 412, 2.9K or 1.1M.
func eximSize(text string) (float64, bool) {
	factor := 1.0
	switch {
	case strings.HasSuffix(text, "K"):
		factor = 1 << 10
	case strings.HasSuffix(text, "M"):
		factor = 1 << 20
	}
	n, err := strconv.ParseFloat(strings.TrimRight(text, "KM"), 64)
	return n * factor, err == nil && n >= 0 && n < 1e9
}

// opensmtpd asks smtpctl for its queue, which only root may.
func (c *collector) opensmtpd(ctx context.Context) (*queue, error) {
	out, asked, err := c.run(ctx, "smtpctl", c.config.UseSudo, "show", "queue")
	if err != nil {
		return nil, err
	}
	said := string(out.Stderr)
	switch {
	case strings.Contains(said, "need root"), strings.Contains(said, "ermission denied"):
		return nil, fault.New(fault.Permission, "running %s: only root may see the queue", command.Line(asked)).
			WithHint("let Unity use sudo for smtpctl, or run it as root")
	case out.ExitCode != 0:
		return nil, command.Check(asked, out)
	}
	q := newQueue(mtaOpenSMTPD, "pending", "inflight")
	q.details, q.sizeless = true, true
	if err := q.readOpenSMTPD(string(out.Stdout), c.host.Now()); err != nil {
		return nil, err
	}
	if out.Truncated {
		q.problems = append(q.problems, fault.New(fault.Partial, "the queue is longer than can be read: envelopes after the first %d are not counted", q.counted))
	}
	// It says offline of every envelope while smtpd does not run.
	if offline := q.parts["offline"]; offline != nil || q.counted > 0 {
		running := offline == nil
		q.running = &running
	}
	return q, nil
}

// readOpenSMTPD reads envelopes, fourteen fields with bars between them: its ID, …
// the sender (5), the recipient (6), when it was made (8), … the state (12) and
// the latest trouble (14).
func (q *queue) readOpenSMTPD(text string, now time.Time) error {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" {
			continue
		}
		fields := strings.SplitN(line, "|", 14)
		if len(fields) < 14 {
			return fault.New(fault.BadAnswer, "reading the queue: what smtpctl says is not understood: %q", plugin.Shorten(line, 80))
		}
		made, err := strconv.ParseInt(fields[7], 10, 64)
		if err != nil {
			return fault.New(fault.BadAnswer, "reading the queue: what smtpctl says is not understood: %q", plugin.Shorten(line, 80))
		}
		if q.counted >= maxDetailed {
			q.count(fields[11])
			continue
		}
		q.add(message{
			ID: plugin.Shorten(fields[0], 40), Queue: plugin.Shorten(fields[11], 20), Age: max(0, float64(now.Unix()-made)), Sender: domainOf(fields[4]),
		}, []string{fields[5]}, []string{fields[13]})
	}
	return nil
}
