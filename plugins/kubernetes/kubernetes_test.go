package kubernetes_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/kubernetes"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, kubernetes.Plugin())
}
