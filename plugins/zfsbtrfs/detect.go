package zfsbtrfs

import (
	"context"
	"fmt"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds the search.
const detectTimeout = 2 * time.Second

// detect looks for pools that are imported and file systems that are mounted.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	volumes := len(uuids(host.Files))
	pools := 0
	if _, err := host.Commands.Find("zpool"); err == nil {
		known := newCollector(defaults(), host)
		// Where ZFS is not loaded, or hangs, there is nothing to see now.
		if text, v, err := known.pools.ask(ctx, host, detectTimeout); err == nil {
			pools = len(parsePools(text, v.columns))
		}
	}
	if pools+volumes == 0 {
		return nil, nil
	}
	finding := plugin.Finding{Config: map[string]any{}, Ready: true}
	switch {
	case pools == 0:
		finding.Evidence = fmt.Sprintf("file systems of Btrfs: %d", volumes)
	case volumes == 0:
		finding.Evidence = fmt.Sprintf("pools of ZFS: %d", pools)
	default:
		finding.Evidence = fmt.Sprintf("pools of ZFS: %d, file systems of Btrfs: %d", pools, volumes)
	}
	return []plugin.Finding{finding}, nil
}
