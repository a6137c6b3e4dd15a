package syncthing_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/syncthing"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, syncthing.Plugin())
}
