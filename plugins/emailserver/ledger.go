package emailserver

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/follow"
)

// keyLedger is where counts and the place in the log are kept, together: no line
// counts twice, whenever Unity is stopped.
const keyLedger = "log"

const (
	// slotLength and window are how counts of the last hour are kept.
	slotLength, window = 5 * time.Minute, time.Hour
	// maxKinds bounds what is told apart in one count.
	maxKinds = 200
)

// ledger is what was read in the log.
type ledger struct {
	Places  *follow.Places `json:"places,omitempty"`
	Journal *follow.Cursor `json:"journal,omitempty"`
	// Source is where it was read; another one begins anew.
	Source string `json:"source,omitempty"`

	Deliveries map[string]int64 `json:"deliveries"` // by status and transport
	Rejects    map[string]int64 `json:"rejects"`    // by source and code
	Auth       map[string]int64 `json:"auth"`       // failures by service
	Logins     map[string]int64 `json:"logins"`     // by service
	// Postfix says that Postfix logs there: others do not tell of all of this.
	Postfix     bool    `json:"postfix,omitempty"`
	Received    int64   `json:"received"`
	Connections int64   `json:"connections"`
	Fatal       int64   `json:"fatal"`
	Delay       float64 `json:"delay_seconds"`
	Slots       []slot  `json:"slots,omitempty"`
}

// slot is what happened in five minutes.
type slot struct {
	Start    int64            `json:"start"`
	Statuses map[string]int64 `json:"statuses"`
}

// ledgerOf takes up what was kept.
func ledgerOf(state plugin.State) *ledger {
	l, _ := plugin.Recall[ledger](state, keyLedger)
	for _, counts := range []*map[string]int64{&l.Deliveries, &l.Rejects, &l.Auth, &l.Logins} {
		if *counts == nil {
			*counts = make(map[string]int64)
		}
	}
	return &l
}

// note counts one more of a kind, as long as there are not too many kinds.
func note(counts map[string]int64, kind string, n int64) {
	if _, known := counts[kind]; known || len(counts) < maxKinds {
		counts[kind] += n
	}
}

// happened counts a delivery in the last hour.
func (l *ledger) happened(status string, now time.Time) {
	start := now.Truncate(slotLength).Unix()
	if n := len(l.Slots); n == 0 || l.Slots[n-1].Start != start {
		l.Slots = append(l.Slots, slot{Start: start, Statuses: make(map[string]int64)})
	}
	last := &l.Slots[len(l.Slots)-1]
	if last.Statuses == nil {
		last.Statuses = make(map[string]int64)
	}
	last.Statuses[status]++
}

// expire forgets what is longer ago than an hour.
func (l *ledger) expire(now time.Time) {
	oldest := now.Add(-window).Unix()
	for len(l.Slots) > 0 && (l.Slots[0].Start < oldest || len(l.Slots) > int(window/slotLength)+1) {
		l.Slots = l.Slots[1:]
	}
}

// lastHour is what became of messages within the last hour.
func (l *ledger) lastHour() map[string]int64 {
	sums := make(map[string]int64)
	for _, status := range statuses() {
		sums[status] = 0
	}
	for _, s := range l.Slots {
		for status, n := range s.Statuses {
			sums[status] += n
		}
	}
	return sums
}

// statuses are what can become of a message.
func statuses() []string { return []string{"sent", "deferred", "bounced", "expired"} }
