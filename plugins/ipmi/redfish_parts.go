package ipmi

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// readStorage reads the drives. There may be many, each a request of its own, so
// they are not asked in every run.
func (r *redfish) readStorage(ctx context.Context, m *machine, system node) error {
	now := r.host.Now()
	if r.drivesAt.IsZero() || now.Sub(r.drivesAt) >= storageEvery {
		r.drives, r.storage = nil, ""
		all, err := r.members(ctx, system.link("Storage"))
		if err != nil {
			return err
		}
		var missed error
		for _, storage := range all {
			if state := healthOf(storage.in("Status").text("HealthRollup", "Health")); state != "" {
				r.storage = worse(r.storage, state)
			}
			drives, err := r.follow(ctx, storage.list("Drives"))
			if err != nil {
				if ctx.Err() != nil || fault.Of(err) == fault.Auth {
					return err
				}
				missed = err
			}
			for _, n := range drives {
				r.drive(n)
			}
		}
		if missed != nil {
			m.note(missed)
		} else {
			r.drivesAt = now
		}
	}
	m.Drives = r.drives
	if r.storage != "" {
		m.Health["storage"] = r.storage
	}
	return nil
}

// drive takes a drive that is there.
func (r *redfish) drive(n node) {
	const percent = 100
	state, there := n.state()
	d := drive{
		Name: n.text("Name", "Id"), Model: n.text("Model"), Serial: n.text("SerialNumber"), Media: n.text("MediaType"), State: state,
		Bytes: n.number("CapacityBytes"),
	}
	if !there || d.Name == "" {
		return
	}
	if left := n.number("PredictedMediaLifeLeftPercent"); left != nil && *left >= 0 && *left <= percent {
		d.LifeLeft = value(*left / percent)
	}
	if failing, ok := n["FailurePredicted"].(bool); ok {
		d.Failing = &failing
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(r.drives, func(other drive) bool { return other.Name == name })
	}
	for i, name := 2, d.Name; taken(d.Name); i++ {
		d.Name = name + " #" + strconv.Itoa(i)
	}
	r.drives = append(r.drives, d)
}

// readLogs reads the log of the hardware: there are others beside it, of logins and
// of what was configured.
func (r *redfish) readLogs(ctx context.Context, m *machine, of ...node) error {
	for _, owner := range of {
		services, err := r.members(ctx, owner.link("LogServices"))
		if err != nil {
			return err
		}
		if service := hardwareLog(services); service != nil {
			return r.readEntries(ctx, m, service)
		}
	}
	return nil
}

// hardwareLog picks the log of the hardware, or nothing.
func hardwareLog(services []node) node {
	rank := func(n node) int {
		id := strings.ToLower(n.text("Id"))
		switch {
		case strings.EqualFold(n.text("LogEntryType"), "SEL"), id == "sel", id == "iml":
			return 2
		case strings.Contains(id, "lclog"), strings.Contains(id, "audit"), id == "iel", strings.Contains(id, "dump"), strings.Contains(id, "fault"),
			strings.Contains(id, "post"), strings.Contains(id, "security"):
			return 0
		default:
			return 1
		}
	}
	var best node
	for _, n := range services {
		if n.link("Entries") != "" && rank(n) > 0 && (best == nil || rank(n) > rank(best)) {
			best = n
		}
	}
	return best
}

// maxPages bounds how far a log is read whose oldest entries come first.
const maxPages = 10

func (r *redfish) readEntries(ctx context.Context, m *machine, service node) error {
	path := service.link("Entries")
	log := &eventLog{}
	var events []logEvent
	for page := 0; path != "" && page < maxPages; page++ {
		list, err := r.get(ctx, path)
		if err != nil {
			return err
		}
		if count := list.number("Members@odata.count"); count != nil && *count >= 0 {
			log.Entries = count
		}
		entries, err := r.follow(ctx, list.list("Members"))
		if err != nil {
			return err
		}
		for _, n := range entries {
			events = append(events, entryOf(n))
		}
		next, _ := list["Members@odata.nextLink"].(string)
		if path = next; newestFirst(events) && len(events) >= r.config.Recent {
			break
		}
	}
	slices.SortStableFunc(events, newer)
	log.Events = events[:min(len(events), maxChain)]
	if most := service.number("MaxNumberOfRecords"); most != nil && *most > 0 && log.Entries != nil {
		log.Used = value(min(*log.Entries / *most, 1))
	}
	log.Overflow = log.Used != nil && *log.Used == 1
	m.Log = log
	return nil
}

// newestFirst reports whether a log begins with what came last.
func newestFirst(events []logEvent) bool {
	return len(events) > 1 && newer(events[0], events[len(events)-1]) < 0
}

// newer orders entries, the newest first.
func newer(a, b logEvent) int {
	if a.Time != nil && b.Time != nil {
		if c := b.Time.Compare(*a.Time); c != 0 {
			return c
		}
	}
	x, err := strconv.Atoi(a.ID)
	y, bad := strconv.Atoi(b.ID)
	if err == nil && bad == nil {
		return cmp.Compare(y, x)
	}
	return 0
}

// entryOf reads an entry of a log.
func entryOf(n node) logEvent {
	e := logEvent{ID: n.text("Id"), Sensor: n.text("SensorType"), Text: n.text("Message", "Name"), Severity: healthOf(n.text("Severity"))}
	if e.Severity == stateOK || e.Severity == "" {
		e.Severity = severityInfo
	}
	if at, err := time.Parse(time.RFC3339, n.text("Created", "EventTimestamp")); err == nil && at.Year() >= 1990 {
		at = at.UTC().Truncate(time.Second)
		e.Time = &at
	}
	return e
}
