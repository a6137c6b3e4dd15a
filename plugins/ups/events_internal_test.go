package ups

import (
	"fmt"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func TestMoreUPSThanAreRememberedAreStillWatched(t *testing.T) {
	t.Parallel()
	kept := &memory{UPS: map[string]*past{"gone": {}}}
	for run := range 2 {
		var devices []*device
		for i := range maxPast + 10 {
			devices = append(devices, &device{Name: fmt.Sprintf("ups%d of run %d", i, run)})
		}
		out := plugin.NewBatch(Plugin())
		kept.makeRoom(devices)
		for _, d := range devices {
			emit(d, kept.notice(d, time.Unix(1, 0), out), time.Unix(1, 0), out)
		}
		if len(kept.UPS) != maxPast {
			t.Errorf("run %d: %d are remembered, want %d", run, len(kept.UPS), maxPast)
		}
		if events := out.Events(); len(events) > 0 {
			t.Errorf("run %d: told of what may have been so for weeks: %v", run, events)
		}
		if count := len(out.Samples()); count < len(devices) {
			t.Errorf("run %d: %d samples of %d UPS", run, count, len(devices))
		}
	}
}
