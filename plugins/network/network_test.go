package network_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/network"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, network.Plugin(), plugintest.Findings{}, plugintest.NotInCases{
		"network_ping_rtt_seconds": "pings are sent for real; see the live tests",
		"network_ping_loss_ratio":  "pings are sent for real; see the live tests",
		"table Pings":              "pings are sent for real; see the live tests",
	})
}
