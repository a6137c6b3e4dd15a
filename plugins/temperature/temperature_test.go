package temperature_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/temperature"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, temperature.Plugin())
}
