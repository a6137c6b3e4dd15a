// Package zfsbtrfs watches the file systems that look after data themselves:
// pools of ZFS and file systems of Btrfs, their redundancy, errors, scrubs,
// space and snapshots.
package zfsbtrfs

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// config is what a person can set.
type config struct {
	Types   []string        `json:"filesystem_types" title:"Kinds" help:"Which kinds to watch; empty means what there is." enum:"zfs,btrfs"`
	Pools   plugin.Globs    `json:"pools" title:"Pools" help:"Only these: names of pools, and labels, UUIDs or mount points of Btrfs; empty means all." example:"tank"`
	Timeout plugin.Duration `json:"timeout" title:"Patience" help:"How long a program may take to answer; zpool hangs while a pool is suspended." min:"1s" max:"15s"`
	Sudo    bool            `json:"use_sudo" title:"Use sudo" help:"Run btrfs with sudo, for a Unity that does not run as root."`

	Datasets    bool         `json:"collect_datasets" title:"Datasets" help:"Measure the space of each ZFS dataset." group:"Datasets"`
	Include     plugin.Globs `json:"dataset_include" title:"Only datasets" help:"Only these datasets; empty means all." example:"tank/media*" group:"Datasets"`
	Exclude     plugin.Globs `json:"dataset_exclude" title:"Datasets left out" help:"Datasets that are left out, even when they are named above." example:"*/docker/*" group:"Datasets"`
	MaxDatasets int          `json:"max_datasets" title:"Most datasets" help:"How many datasets are watched at most, the largest first." min:"1" max:"1000" group:"Datasets"`
	Snapshots   bool         `json:"collect_snapshots" title:"Snapshots" help:"Count snapshots every ten minutes, and see how old the newest is." group:"Datasets"`

	ARC       bool            `json:"collect_arc" title:"ARC" help:"Watch the cache of ZFS." group:"advanced"`
	DatasetIO bool            `json:"collect_dataset_io" title:"Dataset traffic" help:"Count what is read from and written to each dataset." group:"advanced"`
	ScrubAge  plugin.Duration `json:"scrub_max_age" title:"Scrub at least every" help:"The shipped rule warns when the last finished scrub is older." min:"1d" max:"1000d" group:"advanced"`
	BtrfsCLI  bool            `json:"btrfs_use_cli" title:"Use btrfs" help:"Read the result of the last scrub, and every ten minutes subvolumes and the names of devices; needs root." group:"advanced"`
}

const day = 24 * time.Hour

func defaults() config {
	return config{
		Types: []string{}, Pools: plugin.Globs{}, Timeout: plugin.Duration(10 * time.Second),
		Datasets: true, Include: plugin.Globs{}, Exclude: plugin.Globs{}, MaxDatasets: 200, Snapshots: true,
		ARC: true, ScrubAge: plugin.Duration(35 * day), BtrfsCLI: true,
	}
}

// wants reports whether one of the names of a pool or file system is asked for.
func (c config) wants(names ...string) bool {
	if len(c.Pools) == 0 {
		return true
	}
	for _, name := range names {
		if name != "" && c.Pools.Match(name) {
			return true
		}
	}
	return false
}

// Plugin declares the plugin zfs_btrfs_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(config, host), nil
}
