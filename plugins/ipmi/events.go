package ipmi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const (
	stateKey = "log"
	// maxSeen bounds the entries that are remembered, maxTold those that are told
	// of in one run.
	maxSeen = 200
	maxTold = 20
)

// memory is what is kept between runs.
type memory struct {
	// Seen are the keys of entries that were counted, the newest first.
	Seen   []string           `json:"seen,omitempty"`
	Begun  bool               `json:"begun,omitempty"` // the log was read once
	Recent []logEvent         `json:"recent,omitempty"`
	Counts map[string]float64 `json:"counts,omitempty"`
	Power  string             `json:"power,omitempty"` // on or off
}

func severities() []string { return []string{severityInfo, stateWarning, stateCritical} }

func load(state plugin.State) *memory {
	m, _ := plugin.Recall[memory](state, stateKey)
	if m.Counts == nil {
		m.Counts = make(map[string]float64)
	}
	return &m
}

// notice tells what is new in the log, and whether the machine went on or off.
func (k *memory) notice(m *machine, now time.Time, out *plugin.Batch) {
	if m.PowerOn != nil {
		power := "off"
		if *m.PowerOn {
			power = "on"
		}
		if k.Power != "" && k.Power != power {
			severity := plugin.Warning
			if *m.PowerOn {
				severity = plugin.Info
			}
			out.Event(plugin.Event{Time: now, Kind: "ipmi_power_" + power, Severity: severity, Title: "the machine was switched " + power})
		}
		k.Power = power
	}
	if m.Log == nil || m.Log.Unread {
		return
	}
	var fresh []logEvent
	for _, e := range m.Log.Events {
		if !slices.Contains(k.Seen, e.key()) {
			fresh = append(fresh, e)
		}
	}
	if k.Begun {
		k.count(fresh, now, out)
	}
	k.Begun = true
	k.remember(m.Log, fresh)
}

// count counts entries and tells of those that matter.
func (k *memory) count(fresh []logEvent, now time.Time, out *plugin.Batch) {
	told, untold := 0, 0
	for _, e := range slices.Backward(fresh) {
		k.Counts[e.Severity]++
		if e.Severity == severityInfo {
			continue
		}
		if told++; told > maxTold {
			untold++
			continue
		}
		at := now
		// The clock of a controller may be years off.
		if e.Time != nil && e.Time.Before(now) && now.Sub(*e.Time) < time.Hour {
			at = *e.Time
		}
		title := e.Text
		if e.Sensor != "" && !strings.Contains(e.Text, e.Sensor) {
			title = e.Sensor + ": " + e.Text
		}
		out.Event(plugin.Event{
			Time: at, Kind: "ipmi_log", Severity: plugin.Severity(e.Severity), Title: title, Detail: map[string]string{"id": e.ID, "sensor": e.Sensor},
		})
	}
	if untold > 0 {
		out.Event(plugin.Event{Time: now, Kind: "ipmi_log", Severity: plugin.Warning, Title: fmt.Sprintf("%d more entries of the log", untold)})
	}
}

// remember keeps the keys, and what the page lists.
func (k *memory) remember(log *eventLog, fresh []logEvent) {
	if log.Entries != nil && *log.Entries == 0 {
		k.Seen, k.Recent = nil, nil // it was cleared
		return
	}
	for _, e := range slices.Backward(fresh) {
		k.Seen = slices.Insert(k.Seen, 0, e.key())
		k.Recent = slices.Insert(k.Recent, 0, e)
	}
	const most = 50
	k.Seen = k.Seen[:min(len(k.Seen), maxSeen)]
	k.Recent = k.Recent[:min(len(k.Recent), most)]
}
