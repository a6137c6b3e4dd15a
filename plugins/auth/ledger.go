package auth

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// Keys of the state.
const (
	keyLedger    = "ledger"
	keyRecent    = "recent"
	keyAddresses = "addresses"
	keyBans      = "bans"
)

// Bounds of what is kept.
const (
	maxSlots     = 10
	maxPerSlot   = 50   // addresses, and users, that failed within a tenth of the window
	maxPIDs      = 64   // connections that failed lately
	maxAddresses = 1000 // from which somebody logged in
	maxBans      = 1000
	maxSudo      = 20
)

// ledger is what was counted, and up to where. It is recorded with the run or
// not at all, so that the two never disagree.
type ledger struct {
	Places  *follow.Places `json:"places,omitempty"`
	Journal *follow.Cursor `json:"journal,omitempty"`
	// Since is when counting began, in seconds since 1970: lines from before
	// count for nothing.
	Since int64 `json:"since"`

	Events  map[string]int64 `json:"events"` // by "service result method"
	Invalid map[string]int64 `json:"invalid"`
	Broken  map[string]int64 `json:"broken"` // logins after failures, by service
	Root    map[string]int64 `json:"root"`
	Changes map[string]int64 `json:"changes"`
	Scans   int64            `json:"scans"`
	Sudo    int64            `json:"sudo"`
	NoSudo  int64            `json:"no_sudo"`

	Slots []slot `json:"slots"`
	PIDs  []int  `json:"pids,omitempty"`
}

// slot is a tenth of the window.
type slot struct {
	Begin     int64            `json:"begin"`
	Failures  map[string]int64 `json:"failures,omitempty"` // by service
	Successes map[string]int64 `json:"successes,omitempty"`
	Sources   map[string]int64 `json:"sources,omitempty"`
	Users     map[string]int64 `json:"users,omitempty"`
}

// recent is what a person sees of logins.
type recent struct {
	Logins   []loginRow `json:"logins"`
	Failures []loginRow `json:"failures"`
	Sudo     []sudoRow  `json:"sudo"`
}

type loginRow struct {
	Time    time.Time `json:"time"`
	User    string    `json:"user"`
	Source  string    `json:"source"`
	Service string    `json:"service"`
	Method  string    `json:"method"`
	Key     string    `json:"key,omitempty"`
}

type sudoRow struct {
	Time    time.Time `json:"time"`
	User    string    `json:"user"`
	Target  string    `json:"as"`
	Command string    `json:"command"`
	OK      bool      `json:"ok"`
}

// recall returns what was kept under a key, or a new one.
func recall[T any](c *collector, key string) *T {
	value, _ := plugin.Recall[T](c.host.State, key)
	return &value
}

// complete makes what was not kept.
func (l *ledger) complete() {
	for _, m := range []*map[string]int64{&l.Events, &l.Invalid, &l.Broken, &l.Root, &l.Changes} {
		if *m == nil {
			*m = make(map[string]int64)
		}
	}
}

// slotAt returns the slot of a moment, or nil when it is out of the window.
func (l *ledger) slotAt(at, now time.Time, window time.Duration) *slot {
	length := int64(max(1, window/maxSlots/time.Second))
	begin := at.Unix() / length * length
	if begin <= now.Add(-window).Unix()-length {
		return nil
	}
	i, found := slices.BinarySearchFunc(l.Slots, begin, func(s slot, begin int64) int { return cmp.Compare(s.Begin, begin) })
	if !found {
		l.Slots = slices.Insert(l.Slots, i, slot{
			Begin: begin, Failures: make(map[string]int64), Successes: make(map[string]int64),
			Sources: make(map[string]int64), Users: make(map[string]int64),
		})
	}
	s := &l.Slots[i]
	for _, m := range []*map[string]int64{&s.Failures, &s.Successes, &s.Sources, &s.Users} {
		if *m == nil {
			*m = make(map[string]int64)
		}
	}
	return s
}

// expire forgets what is out of the window.
func (l *ledger) expire(now time.Time, window time.Duration) {
	length := int64(max(1, window/maxSlots/time.Second))
	l.Slots = slices.DeleteFunc(l.Slots, func(s slot) bool {
		return s.Begin+length <= now.Add(-window).Unix() || s.Begin > now.Add(25*time.Hour).Unix()
	})
	if extra := len(l.Slots) - 3*maxSlots; extra > 0 { // a clock that jumped
		l.Slots = slices.Delete(l.Slots, 0, extra)
	}
}

// within sums what the slots of the window hold.
func (l *ledger) within(pick func(slot) map[string]int64) map[string]int64 {
	sums := make(map[string]int64)
	for _, s := range l.Slots {
		for key, n := range pick(s) {
			sums[key] += n
		}
	}
	return sums
}

// note counts for a key, up to so many keys.
func note(m map[string]int64, key string, times int) {
	if _, known := m[key]; key != "" && (known || len(m) < maxPerSlot) {
		m[key] += int64(times)
	}
}

// addresses are from where somebody logged in, with the day of the last time in
// days since 1970.
type addresses map[string]int64

// know remembers an address and reports whether it is new. The one that was not
// seen for longest makes room.
func (a addresses) know(source string, at time.Time) bool {
	key := networkOf(source)
	day := at.Unix() / 86400
	last, known := a[key]
	a[key] = max(last, day)
	if len(a) > maxAddresses {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(a)), func(x, y string) int {
			return cmp.Or(cmp.Compare(a[x], a[y]), cmp.Compare(x, y))
		})
		delete(a, oldest)
	}
	return !known
}

// networkOf is an address as it is remembered: of IPv6 the network, for hosts
// change the rest as they like.
func networkOf(source string) string {
	at, err := netip.ParseAddr(source)
	if err != nil || at.Is4() {
		return source
	}
	prefix, err := at.Prefix(64)
	if err != nil {
		return source
	}
	return prefix.String()
}
