package mongodb_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mongodb"
	"github.com/unity-homelab/unity/test/servers"
)

// start starts a FerretDB for one test alone.
func start(t testing.TB) *servers.Server {
	t.Helper()
	return servers.Start(t, servers.FerretDB())
}

// collector opens a collector for the server.
func collector(t testing.TB, s *servers.Server, more plugintest.Settings) plugin.Collector {
	t.Helper()
	config := plugintest.Settings{"url": s.URL(), "timeout": "15s", "database_exclude": []string{}}.With(more)
	return plugintest.Live(t, mongodb.Plugin(), config.JSON(t))
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, mongodb.Plugin(), c))
}

// attempt collects once and returns what went wrong.
func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, mongodb.Plugin(), c, 20*time.Second)
	return err
}
