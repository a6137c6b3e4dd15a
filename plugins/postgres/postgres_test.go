package postgres_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/postgres"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, postgres.Plugin(), plugintest.Protocol(serve))
}
