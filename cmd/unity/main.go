// Command unity watches a homelab; see package unity.
package main

import (
	"github.com/unity-homelab/unity"
	"github.com/unity-homelab/unity/plugins"
)

func main() { unity.Main(plugins.All()...) }
