// Package plugins lists the built-in plugins.
package plugins

import (
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/disk"
	"github.com/unity-homelab/unity/plugins/docker"
	"github.com/unity-homelab/unity/plugins/network"
	"github.com/unity-homelab/unity/plugins/process"
	"github.com/unity-homelab/unity/plugins/systeminfo"
	"github.com/unity-homelab/unity/plugins/temperature"
	"github.com/unity-homelab/unity/plugins/webservice"
)

// All returns every built-in plugin, in the order in which people see them.
func All() []plugin.Plugin {
	return []plugin.Plugin{
		systeminfo.Plugin(),
		process.Plugin(),
		disk.Plugin(),
		network.Plugin(),
		temperature.Plugin(),
		docker.Plugin(),
		webservice.Plugin(),
	}
}
