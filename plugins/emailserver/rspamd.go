package emailserver

import (
	"context"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// filter is what rspamd says of itself.
type filter struct {
	Version     string             `json:"version"`
	Uptime      float64            `json:"uptime"`
	Scanned     *float64           `json:"scanned"`
	Learned     *float64           `json:"learned"`
	Spam        *float64           `json:"spam_count"`
	Ham         *float64           `json:"ham_count"`
	Connections *float64           `json:"connections"`
	Actions     map[string]float64 `json:"actions"`
}

// maxActions bounds the actions that are told apart; rspamd has six of its own.
const maxActions = 20

// askRspamd asks the controller of rspamd; nil where it is not asked.
func (c *collector) askRspamd(ctx context.Context) (*filter, error) {
	if c.rspamd == nil {
		return nil, nil //nolint:nilnil // nobody wants it asked
	}
	var f filter
	err := c.rspamd.GetJSON(ctx, "/stat", &f)
	switch {
	case fault.Of(err) == fault.Auth, fault.Of(err) == fault.Permission:
		return nil, fault.As(fault.Auth, err, "asking rspamd").WithHint("set the controller's password: it is the one in worker-controller.inc")
	case err != nil:
		return nil, fault.Wrap(err, "asking rspamd")
	case f.Actions == nil || f.Scanned == nil:
		return nil, fault.New(fault.WrongService, "asking rspamd: what answers at %s is another service", c.rspamd.URL("/stat")).
			WithHint("the controller answers at port 11334, not the scanner at 11333")
	}
	return &f, nil
}

// emit makes samples of what rspamd says.
func (f *filter) emit(out *plugin.Batch) {
	for name, value := range map[string]*float64{
		"rspamd_messages_scanned_total": f.Scanned, "rspamd_learned_total": f.Learned, "rspamd_connections_total": f.Connections,
	} {
		if value != nil {
			out.Add(name, *value)
		}
	}
	if f.Uptime > 0 {
		out.Add("rspamd_uptime_seconds", f.Uptime)
	}
	left := maxActions
	for action, n := range f.Actions {
		if left--; left >= 0 {
			out.Add("rspamd_actions_total", n, "action", actionLabel(action))
		}
	}
}

// actionLabel makes no_action of "no action".
func actionLabel(action string) string {
	return strings.ReplaceAll(plugin.Shorten(action, 30), " ", "_")
}
