package inventory

import (
	"encoding/json"

	"github.com/unity-homelab/unity/metric"
)

// Report is what one run led to, as it is told to everybody who follows: the
// latest values, live views, rules. Who is told may keep it and must not change
// it.
//
// A report without a run (Run.Source is empty) tells of events, and of a new
// state when State.Source is set.
type Report struct {
	Source   Source
	Run      Run
	State    State // after the run
	Previous State // before the run
	// Time is the timestamp of the samples, in milliseconds since 1970 UTC.
	Time int64
	// Samples carry the labels of the plugin; host and source are left out.
	// There are none unless the run succeeded.
	Samples []metric.Sample
	// Snapshot is nil when it did not change.
	Snapshot json.RawMessage
	Events   []Event
}
