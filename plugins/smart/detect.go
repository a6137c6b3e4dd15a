package smart

import (
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// detect finds out whether there are disks, and whether they may be asked. It
// wakes none.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	c := &collector{config: defaults(), host: host, smartctl: smartctl{host: host, config: defaults()}}
	disks := c.ordinary()
	emmc := c.readEMMC(host.Now())
	finding := plugin.Finding{Config: map[string]any{}}
	switch {
	case len(disks) == 0 && len(emmc) == 0:
		return nil, nil
	case len(disks) == 0:
		finding.Evidence, finding.Ready = "the eMMC "+emmc[0].Path, true
	case !installed(host):
		finding.Evidence, finding.Missing = "the disk "+disks[0], "the package smartmontools"
	default:
		targets, err := c.smartctl.scan(ctx)
		if err != nil || len(targets) == 0 {
			return nil, err
		}
		finding.Evidence, finding.Ready = "smartctl, and the disk "+targets[0].Path, true
		if fault.Of(c.smartctl.read(ctx, targets[0], false).err) == fault.Permission {
			finding.Ready = false
			finding.Missing = "the right to ask disks: run Unity as root, or allow smartctl in sudoers and set use_sudo"
		}
	}
	return []plugin.Finding{finding}, nil
}

func installed(host plugin.Host) bool {
	_, err := host.Commands.Find(program)
	return err == nil
}
