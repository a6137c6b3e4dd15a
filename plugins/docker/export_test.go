package docker

import "github.com/unity-homelab/unity/plugin"

// PluginIn returns the plugin in an environment of the test's, not in that of
// the machine on which the tests run.
func PluginIn(env func(name string) string) plugin.Plugin { return define(env) }
