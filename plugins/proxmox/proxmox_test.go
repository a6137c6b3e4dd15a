package proxmox_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/proxmox"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, proxmox.Plugin())
}
