package ups

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const (
	stateKey = "power"
	// maxHistory and maxPast bound what is remembered.
	maxHistory = 20
	maxPast    = 100
)

// memory is what is kept between runs.
type memory struct {
	UPS    map[string]*past `json:"ups"`
	Events []happening      `json:"events,omitempty"` // the newest first
}

// past is what was seen of one UPS.
type past struct {
	States    []string `json:"states"`
	Since     int64    `json:"since,omitempty"` // on battery since then
	Transfers float64  `json:"transfers,omitempty"`
	OnBattery float64  `json:"on_battery,omitempty"` // seconds, those before Since
	Test      string   `json:"test,omitempty"`
}

// happening is an event as the page of the UPS lists it.
type happening struct {
	Time     time.Time       `json:"time"`
	UPS      string          `json:"ups"`
	Severity plugin.Severity `json:"severity"`
	Title    string          `json:"title"`
}

// onBatteryFor returns for how many seconds the UPS has been on battery.
func (p *past) onBatteryFor(now time.Time) float64 {
	if p.Since == 0 {
		return 0
	}
	return max(0, math.Floor(now.Sub(time.Unix(p.Since, 0)).Seconds()))
}

// load reads what was kept. What cannot be read is as if nothing was.
func load(state plugin.State) *memory {
	m, _ := plugin.Recall[memory](state, stateKey)
	if m.UPS == nil {
		m.UPS = make(map[string]*past)
	}
	for name, p := range m.UPS {
		if p == nil {
			delete(m.UPS, name)
		}
	}
	return &m
}

// makeRoom forgets those that are there no more when there is no room for all.
func (m *memory) makeRoom(devices []*device) {
	if len(m.UPS)+len(devices) <= maxPast {
		return
	}
	maps.DeleteFunc(m.UPS, func(name string, _ *past) bool {
		return !slices.ContainsFunc(devices, func(d *device) bool { return d.Name == name })
	})
}

// notice compares a UPS with what it was, tells what happened to it, and returns
// what is known of it now. Of more than 100 the rest is met anew in every run.
func (m *memory) notice(d *device, now time.Time, out *plugin.Batch) *past {
	p, known := m.UPS[d.Name]
	if !known {
		p = &past{}
		if len(m.UPS) < maxPast {
			m.UPS[d.Name] = p
		}
	}
	tell := func(kind string, severity plugin.Severity, detail map[string]string, format string, args ...any) {
		if !known {
			return // it may have been so for weeks
		}
		title := fmt.Sprintf(format, args...)
		detail["ups"] = d.Name
		out.Event(plugin.Event{Time: now, Kind: kind, Severity: severity, Title: title, Detail: detail})
		m.Events = slices.Insert(m.Events, 0, happening{now.UTC().Truncate(time.Second), d.Name, severity, title})
		m.Events = m.Events[:min(len(m.Events), maxHistory)]
	}
	came := func(state string) bool { return d.is(state) && !slices.Contains(p.States, state) }
	if d.Lost != "" {
		if came(stateLost) {
			tell("ups_lost", plugin.Warning, map[string]string{"why": d.Lost}, "%s is lost: %s", d.Name, d.Lost)
			p.States = append(p.States, stateLost) // what it was before it still is, for all that is known
		}
		return p
	}
	if slices.Contains(p.States, stateLost) {
		tell("ups_found", plugin.Info, map[string]string{}, "%s answers again", d.Name)
	}
	m.noticePower(d, p, now, tell)
	for _, alarm := range []struct {
		state, kind string
		severity    plugin.Severity
		words       string
	}{
		{stateLowBattery, "ups_low_battery", plugin.Critical, "%s has little battery left"},
		{stateShutdown, "ups_forced_shutdown", plugin.Critical, "%s shuts down what hangs on it"},
		{stateReplace, "ups_replace_battery", plugin.Warning, "%s wants a new battery"},
		{stateOverload, "ups_overload", plugin.Warning, "%s carries more than it can"},
	} {
		if came(alarm.state) {
			tell(alarm.kind, alarm.severity, left(d), alarm.words, d.Name)
		}
	}
	if d.Test.State == testFailed && p.Test != testFailed {
		tell("ups_self_test_failed", plugin.Warning, map[string]string{"result": shorten(d.Test.Text)}, "the self test of %s did not pass", d.Name)
	}
	p.States, p.Test = d.ordered(), d.Test.State
	return p
}

// noticePower tells of mains that went and came back, and keeps the time.
func (m *memory) noticePower(d *device, p *past, now time.Time, tell func(string, plugin.Severity, map[string]string, string, ...any)) {
	was, is := slices.Contains(p.States, stateOnBattery), d.is(stateOnBattery)
	switch {
	case is && p.Since == 0:
		p.Since = now.Unix()
		if !was && len(p.States) > 0 {
			p.Transfers++
			detail := left(d)
			if d.LastTransfer != "" {
				detail["reason"] = shorten(d.LastTransfer)
			}
			tell("ups_on_battery", plugin.Warning, detail, "%s runs on battery", d.Name)
		}
	case !is && p.Since != 0:
		took := p.onBatteryFor(now)
		p.OnBattery += took
		p.Since = 0
		lasted := plugin.Duration(took * float64(time.Second)).String()
		if d.is(stateOnline) {
			tell("ups_on_mains", plugin.Info, map[string]string{"lasted": lasted}, "%s is back on mains after %s", d.Name, lasted)
		} else {
			tell("ups_off", plugin.Warning, map[string]string{"lasted": lasted}, "%s was on battery for %s and is off", d.Name, lasted)
		}
	}
}

// left says what the battery still has.
func left(d *device) map[string]string {
	detail := make(map[string]string)
	if charge, ok := d.value("ups_battery_charge_ratio"); ok {
		detail["charge"] = fmt.Sprintf("%.0f %%", charge*100)
	}
	if runtime, ok := d.value("ups_battery_runtime_seconds"); ok && runtime < math.MaxInt32 {
		detail["runtime"] = (time.Duration(runtime) * time.Second).String()
	}
	return detail
}
