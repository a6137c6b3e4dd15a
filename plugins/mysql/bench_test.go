package mysql_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

// BenchmarkCollect is one run against a server of this machine, with everything
// that is asked without being told to.
func BenchmarkCollect(b *testing.B) {
	server := servers.Start(b, servers.MariaDB(), usual()...)
	execute(b, connect(b, server), recipe)
	plugintest.Benchmark(b, mysql.Plugin(), watch(b, server, nil))
}
