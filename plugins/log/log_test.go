package log_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/log"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, log.Plugin())
}
