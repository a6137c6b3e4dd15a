package downloadmanager_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/downloadmanager"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, downloadmanager.Plugin())
}
