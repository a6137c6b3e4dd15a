package zfsbtrfs_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, zfsbtrfs.Plugin())
}
