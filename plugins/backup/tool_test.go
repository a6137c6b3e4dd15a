package backup_test

import (
	"context"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/backup"
)

// patient is a restic that tries again until it is killed, and says this meanwhile.
type patient struct {
	plugin.Runner

	says string
}

// Run implements plugin.Runner.
func (p patient) Run(context.Context, plugin.Command) (plugin.Output, error) {
	return plugin.Output{Stderr: []byte(p.says)}, fault.New(fault.Timeout, "running restic: it did not end in time and was killed")
}

func TestWhatIsTriedAgainUntilTheEndIsToldByItsCause(t *testing.T) {
	t.Parallel()
	p := backup.Plugin()
	host := plugintest.LiveHost(t, p)
	for said, want := range map[string]struct {
		kind       fault.Kind
		text, hint string
	}{
		`Load(<key/1234>, 0, 0) returned error, retrying after 552ms: Get "http://nas:8000/keys/1234": dial tcp: connect: connection refused`: {
			fault.Refused, "listing the snapshots of rest:http://nas:8000/: connection refused", "see whether the storage runs",
		},
		`List(snapshot) returned error, retrying after 720ms: dial tcp: lookup nas: no such host`: {fault.DNS, "no such host", "check the name"},
		"": {fault.Timeout, "restic did not end in time and was killed", "see whether the storage answers"},
	} {
		host.Commands = patient{says: said}
		c := plugintest.Open(t, p, plugintest.Settings{"type": "restic", "location": "rest:http://nas:8000/", "password": "correct horse battery"}.JSON(t), host)
		_, err := plugintest.Attempt(t, p, c, time.Minute)
		plugintest.WantFault(t, err, want.kind, want.text, want.hint)
	}
}
