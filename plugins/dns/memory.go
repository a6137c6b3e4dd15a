package dns

import (
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
	before, _ := plugin.Recall[memory](c.host.State, memoryKey)
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
	return plugin.Keep(c.host.State, memoryKey, now)
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
