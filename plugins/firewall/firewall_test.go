package firewall_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, firewall.Plugin())
}
