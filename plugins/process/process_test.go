//go:build linux

// The cases are recorded from Linux; elsewhere the system answers by itself.

package process_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/process"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, process.Plugin())
}
