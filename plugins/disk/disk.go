// Package disk watches what holds the data: how full file systems are, what
// block devices do, and whether RAID arrays and LVM pools are well.
package disk

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
)

// Plugin returns the plugin.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config Config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, host: host, reader: newReader(config, host)}, nil
}

// detect finds the one machine there is. LVM is read from the start where it is
// in use and may be asked.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	finding := plugin.Finding{Config: map[string]any{}, Evidence: "the file systems of this machine", Ready: true}
	if usesLVM(ctx, host) {
		finding.Config = map[string]any{"collect_lvm": true}
		finding.Evidence = "the file systems and LVM volume groups of this machine"
	}
	return []plugin.Finding{finding}, nil
}
