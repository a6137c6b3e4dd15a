package disk_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/disk"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, disk.Plugin())
}
