package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// commandEnd ends what is said in either direction.
	commandEnd = "<F2B_END_COMMAND>"
	// maxAnswer bounds an answer; a thousand bans are some 50 KiB.
	maxAnswer = 4 << 20
	maxJails  = 100
	// shownBans is how many addresses of a jail are shown.
	shownBans = 50
	// patience is how long one answer may take.
	patience = 5 * time.Second
)

// fail2ban is what the server says of itself.
type fail2ban struct {
	Version string `json:"version"`
	Jails   []jail `json:"jails"`
	Bans    []ban  `json:"bans"`
}

// jail is one of its jails.
type jail struct {
	Name        string   `json:"name"`
	Failed      int64    `json:"failed"`
	TotalFailed int64    `json:"total_failed"`
	Banned      int64    `json:"banned"`
	TotalBanned int64    `json:"total_banned"`
	BanSeconds  *int64   `json:"bantime_seconds,omitempty"`
	FindSeconds *int64   `json:"findtime_seconds,omitempty"`
	MaxRetry    *int64   `json:"maxretry,omitempty"`
	Files       []string `json:"files,omitempty"`
	addresses   []string
}

type ban struct {
	Jail    string `json:"jail"`
	Address string `json:"address"`
}

func (f *fail2ban) banned() int64 {
	var n int64
	for _, j := range f.Jails {
		n += j.Banned
	}
	return n
}

// askFail2ban asks the server, if it is to be asked.
func (c *collector) askFail2ban(ctx context.Context) (found *fail2ban, asked bool, err error) {
	switch c.config.Fail2ban {
	case off:
		return nil, false, nil
	case sourceAuto:
		if !c.hasSocket() && !c.knowsBans() {
			return nil, false, nil
		}
	}
	found, err = c.jails(ctx)
	if fault.Of(err) == fault.Permission && c.config.Fail2ban == sourceAuto && !c.knowsBans() {
		c.host.Log.DebugContext(ctx, "fail2ban may not be asked", "fault", err)
		return nil, false, nil
	}
	return found, true, err
}

// hasSocket reports whether fail2ban seems to be there.
func (c *collector) hasSocket() bool {
	_, err := c.host.Files.Stat(c.config.Socket)
	return err == nil
}

// knowsBans reports whether fail2ban ever answered; where it did not, it is not
// missed.
func (c *collector) knowsBans() bool { return len(c.host.State.Get(keyBans)) > 0 }

func (c *collector) jails(ctx context.Context) (*fail2ban, error) {
	found := &fail2ban{Jails: []jail{}, Bans: []ban{}}
	version, err := c.ask(ctx, "version")
	if err != nil {
		return nil, err
	}
	found.Version, _ = version.(string)
	status, err := c.ask(ctx, "status")
	if err != nil {
		return nil, err
	}
	names, ok := pair(status, "Jail list").(string)
	if !ok {
		return nil, fault.New(fault.BadAnswer, "asking fail2ban for its jails: the answer lists none")
	}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" || len(found.Jails) >= maxJails {
			continue
		}
		j, err := c.jail(ctx, name)
		if err != nil {
			return nil, err
		}
		found.Jails = append(found.Jails, j)
		for _, at := range j.addresses[:min(len(j.addresses), shownBans)] {
			found.Bans = append(found.Bans, ban{name, at})
		}
	}
	return found, nil
}

func (c *collector) jail(ctx context.Context, name string) (jail, error) {
	j := jail{Name: name}
	status, err := c.ask(ctx, "status", name)
	if err != nil {
		return j, err
	}
	filter, actions := pair(status, "Filter"), pair(status, "Actions")
	for _, figure := range []struct {
		of   any
		name string
		into *int64
	}{
		{filter, "Currently failed", &j.Failed},
		{filter, "Total failed", &j.TotalFailed},
		{actions, "Currently banned", &j.Banned},
		{actions, "Total banned", &j.TotalBanned},
	} {
		n, ok := pair(figure.of, figure.name).(int64)
		if !ok {
			return j, fault.New(fault.BadAnswer, "asking fail2ban for the jail %s: it does not say %q", name, figure.name)
		}
		*figure.into = n
	}
	j.Files = texts(pair(filter, "File list"))
	j.addresses = texts(pair(actions, "Banned IP list"))
	slices.Sort(j.addresses)
	for setting, into := range map[string]**int64{"bantime": &j.BanSeconds, "findtime": &j.FindSeconds, "maxretry": &j.MaxRetry} {
		value, err := c.ask(ctx, "get", name, setting)
		if n, ok := value.(int64); err == nil && ok {
			*into = &n
		}
	}
	return j, nil
}

// pair returns the second of the pair in a list whose first is the name.
func pair(v any, name string) any {
	for _, item := range items(v) {
		if both := items(item); len(both) == 2 && both[0] == any(name) {
			return both[1]
		}
	}
	return nil
}

// texts returns the texts in a list.
func texts(v any) []string {
	var out []string
	for _, item := range items(v) {
		switch item := item.(type) {
		case string:
			out = append(out, plugin.Shorten(item, 100))
		case opaque: // an address is an object of its own
			if text := saying(item); text != "" {
				out = append(out, plugin.Shorten(text, 100))
			}
		}
	}
	return out
}

// ask sends one command and reads its answer. The server ends the connection
// after it.
func (c *collector) ask(ctx context.Context, words ...string) (any, error) {
	doing := "asking fail2ban for " + strings.Join(words, " ")
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := c.host.Dial(ctx, "unix", c.config.Socket)
	if err != nil {
		return nil, explainSocket(err, c.config.Socket)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := conn.Write(append(encodeCommand(words), commandEnd...)); err != nil {
		return nil, c.broken(ctx, err, doing)
	}
	answer, err := readAnswer(conn)
	if err != nil {
		return nil, c.broken(ctx, err, doing)
	}
	value, err := unpickle(answer)
	if err != nil {
		return nil, fault.As(fault.BadAnswer, err, "%s", doing)
	}
	both := items(value)
	plugin.Observed(ctx, strings.Join(words, " "), func() []byte { return shown(both) })
	if len(both) != 2 {
		return nil, fault.New(fault.BadAnswer, "%s: the answer has not two parts", doing)
	}
	if both[0] != any(int64(0)) {
		return nil, fault.New(fault.BadAnswer, "%s: %s", doing, plugin.Shorten(saying(both[1]), 200))
	}
	return both[1], nil
}

// readAnswer reads up to the mark that ends an answer.
func readAnswer(conn net.Conn) ([]byte, error) {
	var answer []byte
	chunk := make([]byte, 16<<10)
	for {
		n, err := conn.Read(chunk)
		from := max(0, len(answer)-len(commandEnd))
		answer = append(answer, chunk[:n]...)
		if at := bytes.Index(answer[from:], []byte(commandEnd)); at >= 0 {
			return answer[:from+at], nil
		}
		if err != nil {
			return nil, err
		}
		if len(answer) > maxAnswer {
			return nil, fault.New(fault.BadAnswer, "the answer has more than %d MiB", maxAnswer>>20)
		}
	}
}

// broken says why a conversation ended.
func (c *collector) broken(ctx context.Context, err error, doing string) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.Timeout, "%s: no answer in time", doing).WithHint("the server may be stopped or busy: systemctl status fail2ban")
	case ctx.Err() != nil:
		return fault.As(fault.Canceled, ctx.Err(), "%s", doing)
	case fault.Of(err) == fault.BadAnswer:
		return fault.Wrap(err, "%s", doing)
	default:
		return fault.New(fault.BadAnswer, "%s: the connection ended in the middle", doing)
	}
}

func explainSocket(err error, socket string) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Timeout, "connecting to %s: no answer in time", socket)
	case errors.Is(err, context.Canceled):
		return fault.As(fault.Canceled, err, "connecting to %s", socket)
	case errors.Is(err, fs.ErrPermission):
		return fault.New(fault.Permission, "connecting to %s: permission denied", socket).
			WithHint("only root may talk to fail2ban; the README says how to let another user, or set fail2ban to off")
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Unreachable, "connecting to %s: no such socket", socket).
			WithHint("fail2ban is not running: systemctl status fail2ban")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fault.New(fault.Refused, "connecting to %s: connection refused", socket).
			WithHint("fail2ban is not running: systemctl status fail2ban")
	default:
		return fault.As(fault.Unreachable, err, "connecting to fail2ban")
	}
}

// shown is an answer as the cases have it.
func shown(both []any) []byte {
	if len(both) != 2 {
		return nil
	}
	if both[0] != any(int64(0)) {
		return []byte("!" + saying(both[1]) + "\n")
	}
	raw, err := json.Marshal(plain(both[1]))
	if err != nil {
		return nil
	}
	return append(raw, '\n')
}

// plain is a value without what only Python knows.
func plain(v any) any {
	switch v := v.(type) {
	case opaque:
		return saying(v)
	case *list, []any:
		out := []any{}
		for _, item := range items(v) {
			out = append(out, plain(item))
		}
		return out
	default:
		return v
	}
}
