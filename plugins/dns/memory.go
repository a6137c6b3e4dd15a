package dns

import (
	"encoding/json"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const memoryKey = "last"

// memory is what the run before found. It outlives the collector.
type memory struct {
	// Status says whether the server blocks; empty where it does not say.
	Status string `json:"status,omitempty"`
	// Probes are the ones that were asked, and whether the answer was right.
	Probes map[string]bool `json:"probes,omitempty"`
}

// remember tells what changed since the run before.
func (c *collector) remember(out *plugin.Batch, doc *document) error {
	var before memory
	raw := c.host.State.Get(memoryKey)
	if raw != nil && json.Unmarshal(raw, &before) != nil {
		before = memory{} // of another version; as if never seen
	}
	now := memory{Status: doc.Status, Probes: make(map[string]bool, len(doc.Probes))}
	if before.Status != "" && now.Status != "" && before.Status != now.Status {
		out.Event(blockingChanged(doc, before.Status))
	}
	for _, row := range doc.Probes {
		key, right := row.Name+" "+row.Type+" "+row.Transport, row.Status == "ok"
		now.Probes[key] = right
		if was, known := before.Probes[key]; known && was != right {
			out.Event(probeChanged(row, right))
		}
	}
	next, err := json.Marshal(now)
	if err == nil && string(next) != string(raw) {
		err = c.host.State.Set(memoryKey, next)
	}
	return fault.Wrap(err, "keeping what was found")
}

// blockingChanged is the event of a server that blocks, or does so no more.
func blockingChanged(doc *document, before string) plugin.Event {
	event := plugin.Event{
		Kind: "blocking_enabled", Severity: plugin.Info, Title: "It blocks again",
		Detail: map[string]string{"status": doc.Status, "before": before, "server": doc.Type},
	}
	if doc.Status != "enabled" {
		event.Kind, event.Severity, event.Title = "blocking_disabled", plugin.Warning, "It blocks no more: "+doc.Status
	}
	return event
}

// probeChanged is the event of a name whose answer is right no more, or again.
func probeChanged(row probeRow, right bool) plugin.Event {
	event := plugin.Event{
		Kind: "probe_recovered", Severity: plugin.Info, Title: "The probe " + row.Name + " is answered as expected again",
		Detail: map[string]string{"query": row.Query, "record_type": row.Type, "server": row.Server, "transport": row.Transport, "rcode": row.Rcode},
	}
	if !right {
		event.Kind, event.Severity, event.Title = "probe_failed", plugin.Critical, "The probe "+row.Name+" is not answered as expected: "+row.Message
	}
	return event
}
