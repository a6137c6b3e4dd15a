package firewall

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
	"github.com/unity-homelab/unity/plugin/syslog"
)

// Keys of the state. Each tenth of the window has one of its own, so that only the
// one that changed is stored again.
const (
	keyLedger = "ledger"
	keyRecent = "recent"
	keySlot   = "slot"
)

// Bounds of what is kept.
const (
	slots        = 10
	maxPerSlot   = 200 // addresses that were blocked within a tenth of the window
	maxPorts     = 100 // ports, likewise
	maxHitPorts  = 5   // ports of an address
	maxRecent    = 50
	maxSuspected = 100
)

// ledger is what was counted, and up to where.
type ledger struct {
	Places  *follow.Places `json:"places,omitempty"`
	Journal *follow.Cursor `json:"journal,omitempty"`
	// Blocked is by protocol and direction.
	Blocked   map[string]int64 `json:"blocked"`
	Suspected []string         `json:"suspected,omitempty"`
}

// slot is a tenth of the window.
type slot struct {
	Begin   int64            `json:"begin"`
	Blocked int64            `json:"blocked"`
	Sources map[string]*hit  `json:"sources"`
	Ports   map[string]int64 `json:"ports"`

	changed bool
}

// hit is what came from an address.
type hit struct {
	Count int64    `json:"n"`
	First int64    `json:"f"`
	Last  int64    `json:"l"`
	Ports []string `json:"p,omitempty"`
}

func (h *hit) add(other hit) {
	h.Count += other.Count
	if h.First == 0 || other.First < h.First {
		h.First = other.First
	}
	h.Last = max(h.Last, other.Last)
	for _, port := range other.Ports {
		if len(h.Ports) < maxHitPorts && !slices.Contains(h.Ports, port) {
			h.Ports = append(h.Ports, port)
		}
	}
}

// blockRow is a blocked packet as a person sees it.
type blockRow struct {
	Time      time.Time `json:"time"`
	Source    string    `json:"source"`
	Target    string    `json:"target"`
	Protocol  string    `json:"protocol"`
	Port      string    `json:"port,omitempty"`
	Interface string    `json:"interface,omitempty"`
	Direction string    `json:"direction"`
}

// blocked is what the log tells.
type blocked struct {
	from   string // journald, files
	now    time.Time
	ledger ledger
	slots  []*slot
	recent []blockRow
	fresh  []blockRow // of this run

	sources   map[string]*hit // within the window
	ports     map[string]int64
	total     int64
	suspected []string
}

// readBlocked reads which packets the kernel says were blocked since the run
// before. It returns nil where there is no log.
func (c *local) readBlocked(ctx context.Context, out *plugin.Batch) *blocked {
	b := &blocked{now: c.host.Now(), from: c.config.Log}
	b.ledger, _ = plugin.Recall[ledger](c.host.State, keyLedger)
	if b.from == auto {
		b.from = c.chooseLog(&b.ledger)
	}
	if b.from == none {
		return nil
	}
	if b.ledger.Blocked == nil {
		b.ledger.Blocked = make(map[string]int64)
	}
	b.recent, _ = plugin.Recall[[]blockRow](c.host.State, keyRecent)
	window := c.config.Window.Std()
	b.recall(c.host.State, window)
	read := c.readJournal
	if b.from == logFiles {
		read = c.readFiles
	}
	if err := read(ctx, b, out); err != nil {
		out.Problem(err)
		return nil
	}
	b.addUp(c.config.Threshold)
	out.Add("firewall_blocked_sources", float64(len(b.sources)))
	out.Add("firewall_suspicious_sources", float64(len(b.suspected)))
	for _, protocol := range []string{"tcp", "udp", "icmp", "other"} {
		for _, direction := range []string{"in", "out", "forward"} {
			out.Add("firewall_log_blocked_total", float64(b.ledger.Blocked[protocol+" "+direction]), "protocol", protocol, "direction", direction)
		}
	}
	return b
}

// chooseLog takes the journal if there is one, and goes on with what was begun.
func (c *local) chooseLog(l *ledger) string {
	switch {
	case l.Journal != nil:
		return logJournal
	case l.Places != nil:
		return logFiles
	}
	if _, err := c.host.Commands.Find("journalctl"); err == nil {
		folders := []string{"/var/log/journal", "/run/log/journal"}
		if c.config.Directory != "" {
			folders = []string{c.config.Directory}
		}
		for _, folder := range folders {
			entries, err := c.host.Files.ReadDir(folder)
			if err == nil && len(entries) > 0 || errors.Is(err, fs.ErrPermission) {
				return logJournal
			}
		}
	}
	for _, name := range c.config.LogFiles {
		if _, err := c.host.Files.Stat(name); err == nil {
			return logFiles
		}
	}
	return none
}

func (c *local) readJournal(ctx context.Context, b *blocked, out *plugin.Batch) error {
	journal := follow.Journal{Commands: c.host.Commands, Directory: c.config.Directory, Matches: []string{"_TRANSPORT=kernel"}}
	cursor, err := journal.Read(ctx, b.ledger.Journal, time.Time{}, b.now, func(e follow.Entry) {
		c.note(b, strings.ToValidUTF8(string(e.Message), "\uFFFD"), e.Time)
	})
	if err != nil && fault.Of(err) != fault.Partial {
		return err
	}
	out.Problem(err)
	b.ledger.Journal = cursor
	return nil
}

func (c *local) readFiles(ctx context.Context, b *blocked, out *plugin.Batch) error {
	places, report, err := c.follower.Read(ctx, b.ledger.Places, func(_ string, text []byte) {
		if e, ok := syslog.Parse(text, b.now, time.Local); ok && e.Program == "kernel" {
			c.note(b, e.Message, e.Time)
		}
	})
	if err != nil {
		return err
	}
	b.ledger.Places = places
	read, missing := 0, error(nil)
	for _, file := range report.Files {
		switch {
		case file.Err == nil:
			read++
		case fault.Of(file.Err) == fault.NotFound:
			missing = cmp.Or(missing, file.Err) // one of several names for the same thing
		default:
			out.Problem(file.Err)
		}
	}
	if read == 0 {
		return missing
	}
	return nil
}

// note counts a line that tells of a blocked packet.
func (c *local) note(b *blocked, message string, at time.Time) {
	one, ok := parseBlock(message, c.config.Prefixes)
	if !ok {
		return
	}
	b.ledger.Blocked[one.protocol+" "+one.direction]++
	b.fresh = append(b.fresh, blockRow{
		Time: at.UTC().Truncate(time.Second), Source: one.source, Target: one.target, Protocol: one.protocol, Port: one.port,
		Interface: one.device, Direction: one.direction,
	})
	b.fresh = b.fresh[max(0, len(b.fresh)-maxRecent):]
	s := b.slotAt(at, c.config.Window.Std())
	if s == nil {
		return
	}
	s.changed = true
	s.Blocked++
	seconds := at.Unix()
	h := hit{Count: 1, First: seconds, Last: seconds}
	if one.port != "" {
		port := one.port + "/" + one.protocol
		h.Ports = []string{port}
		if _, known := s.Ports[port]; known || len(s.Ports) < maxPorts {
			s.Ports[port]++
		}
	}
	if known := s.Sources[one.source]; known != nil {
		known.add(h)
	} else if len(s.Sources) < maxPerSlot {
		s.Sources[one.source] = &h
	}
}

func length(window time.Duration) int64 { return int64(max(1, window/slots/time.Second)) }

// recall takes up what is within the window.
func (b *blocked) recall(state plugin.State, window time.Duration) {
	for i := range slots {
		s, known := plugin.Recall[*slot](state, keySlot+strconv.Itoa(i))
		if known && s != nil && s.Sources != nil && s.Ports != nil && b.within(s.Begin, window) {
			b.slots = append(b.slots, s)
		}
	}
}

// within reports whether a tenth that begins then is of the window.
func (b *blocked) within(begin int64, window time.Duration) bool {
	return begin > b.now.Add(-window).Unix()-length(window) && begin <= b.now.Unix()
}

func (b *blocked) slotAt(at time.Time, window time.Duration) *slot {
	begin := at.Unix() / length(window) * length(window)
	if !b.within(begin, window) {
		return nil
	}
	for _, s := range b.slots {
		if s.Begin == begin {
			return s
		}
	}
	s := &slot{Begin: begin, Sources: make(map[string]*hit), Ports: make(map[string]int64)}
	b.slots = append(b.slots, s)
	return s
}

// addUp sums what is within the window.
func (b *blocked) addUp(threshold int) {
	b.sources, b.ports = make(map[string]*hit), make(map[string]int64)
	for _, s := range b.slots {
		b.total += s.Blocked
		for source, h := range s.Sources {
			if h == nil {
				continue
			}
			if b.sources[source] == nil {
				b.sources[source] = &hit{}
			}
			b.sources[source].add(*h)
		}
		for port, n := range s.Ports {
			b.ports[port] += n
		}
	}
	for source, h := range b.sources {
		if h.Count >= int64(threshold) {
			b.suspected = append(b.suspected, source)
		}
	}
	slices.SortFunc(b.suspected, func(x, y string) int {
		return cmp.Or(cmp.Compare(b.sources[y].Count, b.sources[x].Count), cmp.Compare(x, y))
	})
	for _, row := range b.fresh {
		b.recent = slices.Insert(b.recent, 0, row)
	}
	b.recent = b.recent[:min(len(b.recent), maxRecent)]
}

// keep stores all that is wanted in the next run.
func (b *blocked) keep(state plugin.State, window time.Duration) error {
	b.ledger.Suspected = b.suspected[:min(len(b.suspected), maxSuspected)]
	problems := []error{plugin.Keep(state, keyLedger, b.ledger)}
	if len(b.fresh) > 0 {
		problems = append(problems, plugin.Keep(state, keyRecent, b.recent))
	}
	for _, s := range b.slots {
		if s.changed {
			problems = append(problems, plugin.Keep(state, keySlot+strconv.FormatInt(s.Begin/length(window)%slots, 10), s))
		}
	}
	return errors.Join(problems...)
}

// top are the keys with the largest numbers, the largest first.
func top[T any](m map[string]T, most int, number func(T) int64) []string {
	keys := slices.SortedFunc(maps.Keys(m), func(x, y string) int {
		return cmp.Or(cmp.Compare(number(m[y]), number(m[x])), cmp.Compare(x, y))
	})
	return keys[:min(len(keys), most)]
}
