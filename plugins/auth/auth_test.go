package auth_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/auth"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, auth.Plugin(), plugintest.Protocol(jails))
}
