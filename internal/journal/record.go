// Package journal is the durable log between the pipeline and a database or a
// hub: append-only segments on disk with checksums, written by run and replayed
// after a stop of any kind.
package journal

import (
	"encoding/json"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
)

// Record is all that one run leads to. It is written as a whole or not at all.
//
// A record without a run (Run.Source is empty) keeps events that no run told
// of, and the State when State.Source is set: a source was paused, the clock
// was set.
type Record struct {
	Run   inventory.Run
	State inventory.State
	// Time is the timestamp of every sample, in milliseconds since 1970 UTC.
	Time    int64
	Samples []series.Sample
	// Snapshot is nil when it did not change.
	Snapshot json.RawMessage
	Events   []inventory.Event
	// Values are those that the collector changed; null forgets one.
	Values map[string]json.RawMessage
}
