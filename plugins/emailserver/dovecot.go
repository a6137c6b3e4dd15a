package emailserver

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// sessions are who is logged in to Dovecot, and what it counted.
type sessions struct {
	known    bool
	Services map[string]float64
	Users    int
	// These are nil where they are not told.
	total            *float64
	logins           *float64
	success, failure *float64
	problems         []error
}

// maxServices bounds the services that are told apart.
const maxServices = 30

// askDovecot asks Dovecot in the way that is set; nil where it is not asked.
func (c *collector) askDovecot(ctx context.Context) (*sessions, error) {
	way := c.config.Dovecot
	if way == auto {
		if _, err := c.host.Commands.Find("doveadm"); err == nil {
			way = viaDoveadm
		} else if c.openmetrics != nil {
			way = viaMetrics
		} else {
			return nil, nil //nolint:nilnil // there is none, which is no fault
		}
	}
	s := &sessions{Services: make(map[string]float64)}
	var err error
	switch way {
	case viaDoveadm:
		if err = c.doveadm(ctx, s); err == nil && c.openmetrics != nil {
			s.problem(c.readOpenMetrics(ctx, s))
		}
	case viaMetrics:
		err = c.readOpenMetrics(ctx, s)
	case viaOld:
		err = c.oldStats(ctx, s)
	default:
		return nil, nil //nolint:nilnil // nobody wants it asked
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *sessions) problem(err error) {
	if err != nil {
		s.problems = append(s.problems, err)
	}
}

// askDoveadm runs doveadm.
func (c *collector) askDoveadm(ctx context.Context, args ...string) ([]byte, error) {
	if c.config.DovecotConfig != "" {
		args = append([]string{"-c", c.config.DovecotConfig}, args...)
	}
	out, asked, err := c.run(ctx, "doveadm", c.config.UseSudo, args...)
	if err != nil {
		return nil, err
	}
	if err := command.Check(asked, out); err != nil {
		said := complaint(string(out.Stderr))
		switch {
		case strings.Contains(said, "ermission denied"):
			return nil, fault.New(fault.Permission, "running %s: this user may not use Dovecot's sockets", command.Line(asked)).
				WithHint("let the group of the user that runs Unity use the sockets anvil and stats-reader, as the plugin's page shows, or use sudo")
		case strings.Contains(said, "onnection refused"), strings.Contains(said, "No such file or directory"):
			return nil, fault.New(fault.Refused, "running %s: Dovecot does not run", command.Line(asked)).WithHint("start it: systemctl start dovecot")
		default:
			return nil, fault.New(fault.Of(err), "running %s: %s", command.Line(asked), plugin.Shorten(said, 200))
		}
	}
	return out.Stdout, nil
}

// complaint is why doveadm gave up. Before that it may complain of what does no
// harm, such as not being allowed to count its own use.
func complaint(said string) string {
	for line := range strings.Lines(said) {
		if why, is := strings.CutPrefix(line, "Fatal: "); is {
			return why
		}
	}
	return said
}

// doveadm asks who is logged in, and for counters where the operator set some up.
func (c *collector) doveadm(ctx context.Context, s *sessions) error {
	text, err := c.askDoveadm(ctx, "-f", "json", "who")
	if err != nil {
		return err
	}
	var rows []struct{ Username, Connections, Service string }
	if err := json.Unmarshal(text, &rows); err != nil {
		return fault.New(fault.BadAnswer, "asking doveadm who is logged in: the answer is not understood")
	}
	users := make(map[string]bool)
	for _, row := range rows {
		n, err := strconv.ParseFloat(row.Connections, 64)
		if err != nil || n < 0 || n > 1e9 {
			return fault.New(fault.BadAnswer, "asking doveadm who is logged in: %q is no number", plugin.Shorten(row.Connections, 40))
		}
		service := plugin.Shorten(row.Service, 30)
		if _, known := s.Services[service]; known || len(s.Services) < maxServices {
			s.Services[service] += n
		}
		users[row.Username] = true
	}
	s.known, s.Users = true, len(users)
	text, err = c.askDoveadm(ctx, "stats", "dump")
	if err != nil {
		s.problem(err)
		return nil
	}
	s.readDump(string(text))
	return nil
}

// readDump reads a table with tabs, whose first line says what is in it. Only what
// the operator asks Dovecot to count is there.
func (s *sessions) readDump(text string) {
	var name, count int
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Split(line, "\t")
		if i == 0 {
			name, count = -1, -1
			for column, title := range fields {
				switch title {
				case "metric_name":
					name = column
				case "count":
					count = column
				}
			}
		}
		if name < 0 || count < 0 || len(fields) <= max(name, count) {
			continue
		}
		value, err := strconv.ParseFloat(fields[count], 64)
		if err != nil {
			continue
		}
		switch fields[name] {
		case "auth_success", "auth_successes":
			s.success = &value
		case "auth_failures", "auth_failure":
			s.failure = &value
		}
	}
}

// readOpenMetrics asks Dovecot's service stats over HTTP.
func (c *collector) readOpenMetrics(ctx context.Context, s *sessions) error {
	answer, err := c.openmetrics.Do(ctx, fetch.Request{Path: metricsPath})
	if err != nil {
		return fault.Wrap(err, "asking Dovecot for its figures")
	}
	defer func() { _ = answer.Body.Close() }()
	figures, err := exposition.Read(answer.Body, func(name string) bool { return strings.HasPrefix(name, "dovecot_auth_") })
	if err != nil {
		return fault.Wrap(err, "asking Dovecot for its figures")
	}
	s.success = figures.Sum("dovecot_auth_success_total")
	s.failure = figures.Sum("dovecot_auth_failures_total")
	return nil
}

// oldStats asks the service old-stats, which is there before version 2.4.
func (c *collector) oldStats(ctx context.Context, s *sessions) error {
	address := c.config.DovecotAddress
	if address == "" {
		address = oldStatsPort
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.Timeout.Std(), errOwnTime)
	defer cancel()
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	head, values, err := c.export(ctx, network, address)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		kind, words, hint := fetch.Explain(err)
		return &fault.Error{Kind: kind, Message: "asking old-stats of Dovecot at " + address, Hint: hint, Err: fault.Reword(err, words)}
	}
	said := make(map[string]float64)
	for i, name := range head {
		if i < len(values) {
			if n, err := strconv.ParseFloat(values[i], 64); err == nil && n >= 0 {
				said[name] = n
			}
		}
	}
	if _, known := said["num_logins"]; !known {
		return fault.New(fault.WrongService, "asking old-stats of Dovecot at %s: it answers something else", address).
			WithHint("since version 2.4 there is no old-stats; use doveadm or OpenMetrics")
	}
	for name, into := range map[string]**float64{
		"num_logins": &s.logins, "num_connected_sessions": &s.total, "auth_successes": &s.success, "auth_failures": &s.failure,
	} {
		if value, known := said[name]; known {
			*into = &value
		}
	}
	return nil
}

// export asks for the sums of everything: a line of names and a line of values.
func (c *collector) export(ctx context.Context, network, address string) (head, values []string, err error) {
	conn, err := c.host.Dial(ctx, network, address)
	if err != nil {
		return nil, nil, err
	}
	t := newTalk(ctx, conn)
	defer t.close()
	t.asked = "EXPORT"
	if _, err := io.WriteString(t.conn, "EXPORT\tglobal\n"); err != nil {
		return nil, nil, err
	}
	t.from = bufio.NewReaderSize(t.conn, maxLine)
	lines, err := t.lines(func(line string) bool { return line == "" })
	if err != nil || len(lines) < 2 {
		return nil, nil, err
	}
	return strings.Split(lines[0], "\t"), strings.Split(lines[1], "\t"), nil
}

// emit makes samples of what Dovecot says.
func (s *sessions) emit(out *plugin.Batch) {
	if s.known {
		for _, service := range []string{"imap", "pop3"} {
			if _, there := s.Services[service]; !there {
				s.Services[service] = 0
			}
		}
		for service, n := range s.Services {
			out.Add("dovecot_sessions", n, "service", service)
		}
		out.Add("dovecot_users_online", float64(s.Users))
	}
	if s.total != nil {
		out.Add("dovecot_sessions", *s.total, "service", "all")
	}
	if s.logins != nil {
		out.Add("dovecot_logins_total", *s.logins, "service", "all")
	}
	if s.success != nil {
		out.Add("dovecot_auth_total", *s.success, "result", "success")
	}
	if s.failure != nil {
		out.Add("dovecot_auth_total", *s.failure, "result", "failure")
	}
	for _, problem := range s.problems {
		out.Problem(problem)
	}
}
