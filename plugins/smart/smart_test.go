package smart_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/smart"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, smart.Plugin())
}
