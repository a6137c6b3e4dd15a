package nginxproxymanager_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/nginxproxymanager"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, nginxproxymanager.Plugin())
}
