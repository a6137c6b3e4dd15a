package vpn_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpn"
)

type settings = plugintest.Settings

func open(tb testing.TB, config settings) plugin.Collector {
	tb.Helper()
	return plugintest.Live(tb, vpn.Plugin(), config.JSON(tb))
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, vpn.Plugin(), c))
}

// until collects until the values are as wanted.
func until(t *testing.T, c plugin.Collector, what string, right func(values map[string]float64) bool) map[string]float64 {
	t.Helper()
	values, _ := plugintest.Until(t, vpn.Plugin(), c, what, right)
	return values
}
