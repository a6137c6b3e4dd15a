package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// maxBatches is how often one Read asks journalctl for another 8 MiB.
const maxBatches = 32

// Journal is what is followed of the journal of systemd. It is asked through
// journalctl, which the plugin declares among its commands.
type Journal struct {
	Commands plugin.Runner
	// Directory holds the journal's files; that of the machine when empty.
	Directory string
	// Units, Identifiers and Priority narrow what is read, as -u, -t and -p do.
	Units       []string
	Identifiers []string
	Priority    string
	// Matches are further conditions, such as SYSLOG_FACILITY=4 and +.
	Matches []string
	// Sudo runs journalctl through sudo.
	Sudo bool
}

// Cursor is where reading the journal stopped. It marshals to JSON.
type Cursor struct {
	Cursor string `json:"cursor,omitempty"`
	// Since is when nothing was in the journal yet, in seconds since 1970.
	Since int64 `json:"since,omitempty"`
}

// Entry is one entry of the journal.
type Entry struct {
	Time       time.Time
	Message    []byte
	Priority   int // 0 to 7, as of syslog; -1 when unknown
	Identifier string
	Unit       string
	Container  string
	PID        int
}

// Read calls entry for every entry since from and returns the place behind the
// last. A nil from begins at start, or where the journal ends when that is zero.
// When the place of before is refused it goes on where the journal ends, and
// says so with an error of kind Partial; otherwise an error means that nothing
// was read.
func (j Journal) Read(ctx context.Context, from *Cursor, start, now time.Time, entry func(Entry)) (*Cursor, error) {
	if from == nil && start.IsZero() {
		return j.end(ctx, now)
	}
	place := Cursor{Since: start.Unix()}
	if from != nil {
		place = *from
	}
	for range maxBatches {
		began := place.Cursor
		out, err := j.run(ctx, append([]string{"-o", "json", "--all", "--output-fields=" + strings.Join(fields(), ",")}, place.arguments()...))
		switch {
		case fault.Of(err) == fault.BadAnswer && place.Cursor != "" && strings.Contains(err.Error(), "cursor"):
			anew, again := j.end(ctx, now)
			if again != nil {
				return from, again
			}
			return anew, fault.As(fault.Partial, err, "going on where the journal ends")
		case err != nil:
			return from, err
		}
		if err := tellEntries(out, &place, entry); err != nil {
			return from, err
		}
		switch {
		case !out.Truncated:
			return &place, nil
		case place.Cursor == began:
			return from, fault.New(fault.BadAnswer, "reading the journal: an entry is larger than an answer may be")
		}
	}
	return &place, nil
}

// fields are those of an entry that are asked for.
func fields() []string {
	return []string{"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_PID", "SYSLOG_PID", "_SYSTEMD_UNIT", "CONTAINER_NAME"}
}

func (c Cursor) arguments() []string {
	if c.Cursor != "" {
		return []string{"--after-cursor=" + c.Cursor}
	}
	return []string{"--since=@" + strconv.FormatInt(c.Since, 10)}
}

// end asks where the journal ends.
func (j Journal) end(ctx context.Context, now time.Time) (*Cursor, error) {
	out, err := j.run(ctx, []string{"-n", "0", "--show-cursor"})
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(out.Stdout) {
		if cursor, ok := bytes.CutPrefix(line, []byte("-- cursor: ")); ok {
			return &Cursor{Cursor: string(bytes.TrimSpace(cursor))}, nil
		}
	}
	return &Cursor{Since: now.Unix()}, nil
}

// run runs journalctl with what narrows the entries.
func (j Journal) run(ctx context.Context, args []string) (plugin.Output, error) {
	args = append([]string{"--no-pager", "-q"}, args...)
	if j.Directory != "" {
		args = append(args, "-D", j.Directory)
	}
	for _, unit := range j.Units {
		args = append(args, "-u", unit)
	}
	for _, identifier := range j.Identifiers {
		args = append(args, "-t", identifier)
	}
	if j.Priority != "" {
		args = append(args, "-p", j.Priority)
	}
	c := plugin.Command{Name: "journalctl", Args: append(args, j.Matches...), Sudo: j.Sudo}
	out, err := j.Commands.Run(ctx, c)
	if err == nil {
		err = command.Check(c, out)
	}
	if fault.Of(err) == fault.Permission && fault.Hint(err) == "" {
		err = fault.As(fault.Permission, err, "").
			WithHint("let the user that runs Unity read the journal: usermod -aG systemd-journal USER, then start Unity again")
	}
	return out, err
}

// tellEntries tells the entries of an answer, one a line, and moves the place.
// A line that the bound cut is left for the next answer.
func tellEntries(out plugin.Output, place *Cursor, entry func(Entry)) error {
	for line := range bytes.Lines(out.Stdout) {
		if out.Truncated && !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		e, cursor, err := parseEntry(line)
		if err != nil {
			return fault.As(fault.BadAnswer, err, "reading what journalctl said")
		}
		entry(e)
		place.Cursor = cursor
	}
	return nil
}

// parseEntry reads one line of journalctl -o json.
func parseEntry(line []byte) (Entry, string, error) {
	var raw struct {
		Cursor     string          `json:"__CURSOR"`
		Realtime   string          `json:"__REALTIME_TIMESTAMP"`
		Message    json.RawMessage `json:"MESSAGE"`
		Priority   json.RawMessage `json:"PRIORITY"`
		Identifier json.RawMessage `json:"SYSLOG_IDENTIFIER"`
		PID        json.RawMessage `json:"_PID"`
		SyslogPID  json.RawMessage `json:"SYSLOG_PID"`
		Unit       json.RawMessage `json:"_SYSTEMD_UNIT"`
		Container  json.RawMessage `json:"CONTAINER_NAME"`
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return Entry{}, "", err
	}
	micros, err := strconv.ParseInt(raw.Realtime, 10, 64)
	if err != nil || raw.Cursor == "" {
		return Entry{}, "", fault.New(fault.BadAnswer, "an entry has no time or no cursor")
	}
	e := Entry{
		Time: time.UnixMicro(micros).UTC(), Message: text(raw.Message), Priority: -1,
		Identifier: string(text(raw.Identifier)), Unit: string(text(raw.Unit)), Container: string(text(raw.Container)),
	}
	if n, err := strconv.Atoi(string(text(raw.Priority))); err == nil && n >= 0 && n <= 7 {
		e.Priority = n
	}
	for _, field := range []json.RawMessage{raw.PID, raw.SyslogPID} {
		if n, err := strconv.Atoi(string(text(field))); err == nil {
			e.PID = n
			break
		}
	}
	return e, raw.Cursor, nil
}

// text returns a field: a string; a list of bytes where it is no UTF-8; or, where
// the entry has the field several times, the first of a list of these.
func text(raw json.RawMessage) []byte {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []byte(one)
	}
	var numbers []uint16
	if json.Unmarshal(raw, &numbers) == nil {
		out := make([]byte, len(numbers))
		for i, n := range numbers {
			out[i] = byte(n)
		}
		return out
	}
	var several []json.RawMessage
	if json.Unmarshal(raw, &several) == nil && len(several) > 0 && len(several[0]) < len(raw) {
		return text(several[0])
	}
	return nil
}
