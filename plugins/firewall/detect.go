package firewall

import (
	"context"
	"fmt"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// detect finds the firewall of this machine. Where its rules may not be read, only
// the settings of ufw tell that there is one.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	c := newLocal(defaults(), host)
	defer func() { _ = c.Close() }()
	enabled, _ := c.ufwEnabled() // what cannot be read is not there
	v, err := c.look(ctx, plugin.NewBatch(Plugin()))
	switch {
	case fault.Of(err) == fault.Permission && enabled:
		return []plugin.Finding{{Config: map[string]any{}, Evidence: "ufw is enabled", Missing: "the right to read its rules: CAP_NET_ADMIN, or sudo"}}, nil
	case err != nil:
		return nil, nil
	case v.rules == nil && enabled:
		return []plugin.Finding{{Config: map[string]any{}, Evidence: "ufw is enabled", Missing: "the right to read its rules: CAP_NET_ADMIN, or sudo"}}, nil
	case v.active == nil || !*v.active || v.rules == nil:
		return nil, nil
	}
	return []plugin.Finding{{Config: map[string]any{}, Evidence: fmt.Sprintf("%s with %d rules", v.backend, v.rules.size()), Ready: true}}, nil
}
