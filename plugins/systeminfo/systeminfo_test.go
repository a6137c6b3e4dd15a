//go:build linux

// The cases are recorded from Linux; elsewhere the system answers by itself.

package systeminfo_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/systeminfo"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	asked := "asked from the kernel of this machine, which a case cannot answer for"
	plugintest.Run(t, systeminfo.Plugin(), plugintest.NotInCases{
		"system_time_synchronized":   asked,
		"system_time_offset_seconds": asked,
		"table Failed units":         "since when comes over the system bus, which a case cannot answer for",
	})
}
