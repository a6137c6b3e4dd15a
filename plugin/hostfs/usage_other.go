//go:build !linux

package hostfs

import (
	"runtime"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Usage is known on Linux only.
func (f *FS) Usage(name string) (plugin.Usage, error) {
	return plugin.Usage{}, fault.New(fault.Unsupported, "statfs %s: not possible on %s", name, runtime.GOOS)
}
