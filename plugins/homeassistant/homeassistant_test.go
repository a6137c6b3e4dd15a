package homeassistant_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/homeassistant"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, homeassistant.Plugin(), plugintest.Protocol(serve))
}
