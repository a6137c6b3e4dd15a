package demo

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/transfer"
)

// happening is something that happened in the lab.
type happening struct {
	ago      float64 // seconds before the demo
	source   string
	kind     string
	severity inventory.Severity
	title    string
	detail   map[string]string
}

func happenings() []happening {
	return []happening{
		{6.6 * day, "homeserver", "packages_updated", inventory.Info, "14 packages were updated", map[string]string{"reboot": "not needed"}},
		{5.9 * day, "tank", "scrub_ended", inventory.Info, "A scrub of tank ended: nothing to repair", map[string]string{"took": "9h 12m"}},
		{5.2 * day, "passwords", "certificate_renewed", inventory.Info, "The certificate of Passwords was renewed", nil},
		{4.4 * day, "raspberrypi", "logged_in", inventory.Info, "anna logged in from 192.168.1.102", nil},
		{3.3 * day, "wifi-upstairs", "device_joined", inventory.Info, "A new device joined: doorbell", map[string]string{"address": "192.168.1.132"}},
		{3 * day, "backup-machines", "backup_missed", inventory.Warning, "The backup of machines was not made", map[string]string{"reason": "no space left on device"}},
		{2.3 * day, "nas-drives", "sectors_pending", inventory.Warning, "sdc has sectors that cannot be read", map[string]string{"drive": "sdc"}},
		{powerCut, "ups-rack", "on_battery", inventory.Critical, "Battery of the rack: no power from the wall", map[string]string{"charge": "100 %"}},
		{powerCut - 7*minute, "ups-rack", "on_mains", inventory.Info, "Battery of the rack: the power is back", map[string]string{"charge": "66 %"}},
		{2 * day, "backup-machines", "backup_missed", inventory.Warning, "The backup of machines was not made", map[string]string{"reason": "no space left on device"}},
		{38 * hour, "router", "offline", inventory.Critical, "The internet is away", nil},
		{38*hour - 9*minute, "router", "online", inventory.Info, "The internet is back after 9 minutes", nil},
		{27 * hour, "containers", "container_died", inventory.Warning, "paperless stopped (exit code 137)", map[string]string{"container": "paperless", "reason": "out of memory"}},
		{27*hour - 4*minute, "containers", "container_started", inventory.Info, "paperless was started again", map[string]string{"container": "paperless"}},
		{26 * hour, "backup-machines", "backup_missed", inventory.Warning, "The backup of machines was not made", map[string]string{"reason": "no space left on device"}},
		{21 * hour, "dns-primary", "lists_updated", inventory.Info, "The lists of blocked names were updated", map[string]string{"names": "184,213"}},
		{14 * hour, "guests", "guest_started", inventory.Info, "desktop was started", nil},
		{9 * hour, "backup-photos", "backup_made", inventory.Info, "The backup of photos is complete", map[string]string{"added": "2.4 GB"}},
		{5 * hour, "solar", "battery_full", inventory.Info, "The house's battery is full", nil},
		{2.2 * hour, "containers", "image_updated", inventory.Info, "immich was updated to v2.3", map[string]string{"container": "immich"}},
		{40 * minute, "media", "stream_started", inventory.Info, "ben watches Deep Field", nil},
	}
}

// happened writes down what happened, the earliest first.
func (w *writer) happened(all []past) bool {
	hostOf := make(map[string]string, len(all))
	for _, p := range all {
		hostOf[p.id] = p.host
	}
	for _, h := range happenings() {
		if h.ago > w.lab.history.Seconds() {
			continue
		}
		w.events = append(w.events, inventory.Event{
			Time: w.lab.at(-time.Duration(h.ago * float64(time.Second))), Kind: h.kind, Source: inventory.SourceID(h.source),
			Host: inventory.HostID(hostOf[h.source]), Severity: h.severity, Title: h.title, Detail: h.detail,
		})
	}
	slices.SortStableFunc(w.events, func(a, b inventory.Event) int { return a.Time.Compare(b.Time) })
	for n, event := range w.events {
		if !w.tell(int64(n+1), event) {
			return false
		}
	}
	return true
}

// changed remembers that a source has another status than before.
func (w *writer) changed(p past, before inventory.State) {
	if p.state.Status == before.Status {
		return
	}
	event := inventory.Event{
		Time: p.state.Since, Kind: "status_changed", Source: inventory.SourceID(p.id), Host: inventory.HostID(p.host), Severity: inventory.Info,
		Title:  p.name + " is " + string(p.state.Status),
		Detail: map[string]string{"from": string(before.Status), "to": string(p.state.Status)},
	}
	switch p.state.Status {
	case inventory.Degraded:
		event.Severity = inventory.Warning
	case inventory.Failing:
		event.Severity = inventory.Critical
	case inventory.Healthy:
		event.Title = p.name + " is healthy again"
	}
	if problem := p.state.Problem; problem != nil && p.state.Status != inventory.Healthy {
		event.Title += ": " + problem.Message
	}
	w.events = append(w.events, event)
}

func (w *writer) tell(id int64, event inventory.Event) bool {
	detail, err := json.Marshal(event.Detail)
	if err != nil {
		return w.yield(nil, fault.As(fault.Internal, err, "writing down what happened")) && false
	}
	return w.put(&transfer.Event{
		ID: id, Time: event.Time.UnixMilli(), Kind: event.Kind, Source: string(event.Source), Host: string(event.Host),
		Severity: string(event.Severity), Title: event.Title, Detail: detail,
	})
}
