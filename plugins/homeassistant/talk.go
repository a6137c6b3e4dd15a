package homeassistant

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// backupsEvery is how often is asked what backups there are: it makes Home
// Assistant ask wherever they are kept.
const backupsEvery = time.Hour

// talk is what is told over the WebSocket. What was not told is nil.
type talk struct {
	repairs       []repair
	repairsKnown  bool
	notifications *float64
	log           []logRow
	logKnown      bool
	backlog       *float64
	migrating     *bool
}

// repair is something that somebody has to mend.
type repair struct {
	Domain   string       `json:"domain"`
	ID       string       `json:"issue_id"`
	Key      lenient.Text `json:"translation_key"`
	Severity string       `json:"severity"`
	Ignored  lenient.Flag `json:"ignored"`
	Created  moment       `json:"created"`
	Breaks   lenient.Text `json:"breaks_in_ha_version"`
}

// label is what it is called: those of the Supervisor have a number for a name.
func (r repair) label() string {
	if r.Key != "" && len(r.ID) == 32 && strings.Trim(r.ID, "0123456789abcdef") == "" {
		return string(r.Key) + " " + r.ID[:8]
	}
	return r.ID
}

func severities() []string { return []string{"warning", "error", "critical"} }

// logRow is a line of the log, with how often it came.
type logRow struct {
	Name    string          `json:"name"`
	Message json.RawMessage `json:"message"`
	Level   string          `json:"level"`
	Count   lenient.Number  `json:"count"`
	Last    lenient.Number  `json:"timestamp"`
}

// backups are what is known of them where no entity tells.
type backups struct {
	at         time.Time
	last, next time.Time
	state      string
}

// command is a question over the WebSocket; one to the Supervisor has a path.
type command struct {
	name, kind, path string
	into             any
	done             func()
}

// question is how it is told apart from others.
func (c command) question() string { return strings.TrimSuffix(c.kind+" "+c.path, " ") }

// message is what is sent. The Supervisor has half the time, so that one that is
// silent keeps nothing else away.
func (c command) message(id int, timeout time.Duration) map[string]any {
	message := map[string]any{"id": id, "type": c.kind}
	if c.path != "" {
		message["endpoint"], message["method"], message["timeout"] = c.path, "get", timeout.Seconds()/2
	}
	return message
}

// answer is a message of the other side.
type answer struct {
	ID      int             `json:"id"`
	Type    string          `json:"type"`
	Success bool            `json:"success"`
	Message lenient.Text    `json:"message"`
	Result  json.RawMessage `json:"result"`
	Error   struct {
		Code    lenient.Text `json:"code"`
		Message lenient.Text `json:"message"`
	} `json:"error"`
}

// converse asks what is told over the WebSocket only. When that cannot be had, the
// rest is good all the same.
func (c *collector) converse(ctx context.Context, s *sight) {
	commands := c.commands(s)
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout.Std())
	defer cancel()
	answers := make(map[int]answer, len(commands))
	err := c.session(ctx, commands, answers)
	for i, one := range commands {
		said, came := answers[i+1]
		if !came {
			continue
		}
		ok := c.part(s, one.name, func() error { return said.read(one) })
		if ok {
			one.done()
		}
	}
	// Those that were left alone are named as well.
	for _, name := range []string{"repairs", "notifications", "the recorder", "the log", "backups", whichAddOns} {
		if told, _ := c.resting.Left(name, s.now); told != "" && !slices.Contains(s.leftOut, told) {
			s.leftOut = append(s.leftOut, told)
		}
	}
	if err != nil {
		s.problems = append(s.problems, fault.Wrap(err, "asking for repairs and the log over a WebSocket"))
	}
}

// commands are what is asked, without what is left alone.
func (c *collector) commands(s *sight) []command {
	t := &s.talk
	var repairs struct {
		Issues []repair `json:"issues"`
	}
	var notifications []struct{}
	var recorder struct {
		Backlog   lenient.Number `json:"backlog"`
		Migrating *lenient.Flag  `json:"migration_in_progress"`
	}
	var log []logRow
	var found backupInfo
	all := []command{
		{"repairs", "repairs/list_issues", "", &repairs, func() { t.addRepairs(repairs.Issues) }},
		{"notifications", "persistent_notification/get", "", &notifications, func() {
			n := float64(len(notifications))
			t.notifications = &n
		}},
		{"the recorder", "recorder/info", "", &recorder, func() {
			t.backlog = recorder.Backlog.Pointer()
			if recorder.Migrating != nil {
				migrating := bool(*recorder.Migrating)
				t.migrating = &migrating
			}
		}},
		{"the log", "system_log/list", "", &log, func() { t.log, t.logKnown = log, true }},
	}
	if s.entities.last.IsZero() && s.entities.manager == "" && s.now.Sub(c.backups.at) >= backupsEvery {
		all = append(all, command{"backups", "backup/info", "", &found, func() { c.backups = found.backups(s.now) }})
	}
	if s.supervised() && s.entities.unsure() {
		all = append(all, c.askAddOns())
	}
	return slices.DeleteFunc(all, func(one command) bool {
		_, left := c.resting.Left(one.name, s.now)
		return left
	})
}

// session opens a WebSocket, logs in, asks everything at once and takes the answers
// in whatever order they come.
func (c *collector) session(ctx context.Context, commands []command, answers map[int]answer) error {
	what := "GET " + c.URL("/api/websocket")
	conn, err := c.WebSocket(ctx, fetch.Request{Path: "/api/websocket"})
	var status *fetch.StatusError
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusBadRequest || status.Status == http.StatusNotFound):
		return fault.As(fault.Unsupported, err, "no WebSocket is let through").
			WithHint("let the proxy in between pass the headers Upgrade and Connection on, or switch use_websocket off")
	case err != nil:
		return explain(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if err := c.enter(ctx, conn, what); err != nil {
		return err
	}
	for i, one := range commands {
		if err := send(ctx, conn, what, one.message(i+1, c.config.Timeout.Std())); err != nil {
			return err
		}
	}
	for len(answers) < len(commands) {
		said, raw, err := receive(ctx, conn, what)
		if err != nil {
			return err
		}
		if said.Type == "result" && said.ID >= 1 && said.ID <= len(commands) {
			answers[said.ID] = said
			plugin.Observed(ctx, "ws "+commands[said.ID-1].question(), func() []byte { return raw })
		}
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	return nil
}

// enter logs in.
func (c *collector) enter(ctx context.Context, conn *websocket.Conn, what string) error {
	token, err := c.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	said, _, err := receive(ctx, conn, what)
	if err != nil {
		return err
	}
	if said.Type == "auth_required" {
		if err := send(ctx, conn, what, map[string]any{"type": "auth", "access_token": token}); err != nil {
			return err
		}
		if said, _, err = receive(ctx, conn, what); err != nil {
			return err
		}
	}
	switch said.Type {
	case "auth_ok":
		return nil
	case "auth_invalid":
		return fault.New(fault.Auth, "%s: the token is not taken", what).WithHint("create a new long-lived access token and enter it")
	default:
		return fault.New(fault.BadAnswer, "%s: it says %q where a login is expected", what, plugin.Shorten(said.Type, 40))
	}
}

func send(ctx context.Context, conn *websocket.Conn, what string, message map[string]any) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return fault.As(fault.Internal, err, "%s", what)
	}
	return closed(ctx, what, conn.Write(ctx, websocket.MessageText, raw))
}

func receive(ctx context.Context, conn *websocket.Conn, what string) (said answer, raw []byte, err error) {
	if _, raw, err = conn.Read(ctx); err != nil {
		return said, nil, closed(ctx, what, err)
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return said, nil, fault.New(fault.BadAnswer, "%s: the answer is not what was expected: %v", what, err)
	}
	return said, raw, nil
}

// closed says in plain words why a WebSocket went.
func closed(ctx context.Context, what string, err error) error {
	var end websocket.CloseError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		kind, words, hint := fetch.Explain(ctx.Err())
		return fault.New(kind, "%s: %s", what, words).WithHint("%s", hint)
	case errors.As(err, &end):
		return fault.New(fault.BadAnswer, "%s: it closed the connection (%d)", what, int(end.Code))
	case errors.Is(err, websocket.ErrMessageTooBig):
		return fault.New(fault.BadAnswer, "%s: an answer is too large", what)
	default:
		_, words, hint := fetch.Explain(err)
		return fault.New(fault.BadAnswer, "%s: %s", what, words).WithHint("%s", hint)
	}
}

// read takes the answer to a command.
func (a answer) read(of command) error {
	if !a.Success {
		code := string(a.Error.Code)
		kind := fault.BadAnswer
		switch code {
		case "unauthorized":
			kind = fault.Permission
		case "unknown_command", "not_found":
			kind = fault.NotFound
		case "unknown_error":
			if of.path != "" {
				kind = fault.Unsupported // the Supervisor does not answer, or is too old for it
			}
		}
		return fault.New(kind, "%s: %s: %s", of.kind, plugin.Shorten(code, 40), plugin.Shorten(string(a.Error.Message), 200))
	}
	if err := json.Unmarshal(a.Result, of.into); err != nil {
		return fault.New(fault.BadAnswer, "%s: the answer is not what was expected: %v", of.kind, err)
	}
	return nil
}

// addRepairs keeps those that are not ignored.
func (t *talk) addRepairs(all []repair) {
	t.repairsKnown = true
	for _, one := range all {
		if one.Ignored || len(t.repairs) >= maxAway {
			continue
		}
		if !slices.Contains(severities(), one.Severity) {
			one.Severity = "warning"
		}
		t.repairs = append(t.repairs, one)
	}
	slices.SortStableFunc(t.repairs, func(a, b repair) int {
		return cmp.Or(cmp.Compare(slices.Index(severities(), b.Severity), slices.Index(severities(), a.Severity)), cmp.Compare(a.Domain+" "+a.ID, b.Domain+" "+b.ID))
	})
}

// text is what a line says: a list of texts, or one in older versions.
func (l logRow) text() string {
	var list []lenient.Text
	var one lenient.Text
	if json.Unmarshal(l.Message, &list) == nil && len(list) > 0 {
		return plugin.Shorten(string(list[0]), 200)
	}
	_ = json.Unmarshal(l.Message, &one) // a text, or nothing
	return plugin.Shorten(string(one), 200)
}

// level is that of a line, in lower case.
func (l logRow) level() string { return strings.ToLower(l.Level) }

// count is how often it came; at least once.
func (l logRow) count() float64 { return max(1, l.Count.Or(1)) }

// backupInfo is what is told of backups. Old versions have only the list.
type backupInfo struct {
	State   lenient.Text `json:"state"`
	Last    moment       `json:"last_completed_automatic_backup"`
	Next    moment       `json:"next_automatic_backup"`
	Backups []struct {
		Date moment `json:"date"`
	} `json:"backups"`
}

func (b backupInfo) backups(now time.Time) backups {
	found := backups{at: now, last: b.Last.Time, next: b.Next.Time, state: plugin.Shorten(string(b.State), 40)}
	for _, one := range b.Backups {
		if b.Last.IsZero() && one.Date.After(found.last) {
			found.last = one.Date.Time
		}
	}
	return found
}
