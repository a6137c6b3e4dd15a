package nextcloud_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/nextcloud"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, nextcloud.Plugin())
}
