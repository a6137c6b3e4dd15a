package postgres_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

// BenchmarkCollect is one run against a server of this machine, with everything
// that is asked without being told to.
func BenchmarkCollect(b *testing.B) {
	server := servers.Start(b, servers.PostgreSQL(), usual()...)
	execute(b, connect(b, server, ""), recipe)
	plugintest.Benchmark(b, postgres.Plugin(), watch(b, server, nil))
}
