package docker_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/docker"
)

// bare is an environment without variables.
func bare() plugin.Plugin { return docker.PluginIn(func(string) string { return "" }) }

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, bare())
}
