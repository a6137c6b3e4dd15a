package backup_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/backup"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, backup.Plugin())
}
