package networkswitch

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// detect asks the agent of this machine with the community that everybody knows.
// The network is not searched: that takes somebody's wish.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	settings := defaults()
	settings.Host, settings.Timeout, settings.Retries = "127.0.0.1", plugin.Duration(time.Second), 0
	asked := newSession(settings, host)
	defer asked.disconnect()
	found, err := asked.get(ctx, "its name", sysDescr)
	switch {
	case err == nil && len(found) > 0:
		return []plugin.Finding{{
			Evidence: "an SNMP agent answers at " + asked.address, Ready: true, Config: map[string]any{"host": settings.Host},
		}}, nil
	case err != nil && fault.Of(err) == fault.Timeout && ctx.Err() == nil:
		// To a port that nobody listens at, the machine itself says so.
		return []plugin.Finding{{
			Evidence: "something listens at " + asked.address + ", and says nothing to the community public",
			Missing:  "the community, or a user of SNMPv3", Config: map[string]any{"host": settings.Host},
		}}, nil
	default:
		return nil, ctx.Err()
	}
}
