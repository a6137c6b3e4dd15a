package mediaserver_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mediaserver"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, mediaserver.Plugin())
}
