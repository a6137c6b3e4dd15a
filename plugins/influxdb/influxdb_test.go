package influxdb_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/influxdb"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, influxdb.Plugin())
}
