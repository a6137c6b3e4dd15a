package mysql_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mysql"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, mysql.Plugin(), plugintest.Protocol(serve))
}
