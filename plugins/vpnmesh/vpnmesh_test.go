package vpnmesh_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpnmesh"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, vpnmesh.Plugin())
}
