package gitserver_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/gitserver"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, gitserver.Plugin())
}
