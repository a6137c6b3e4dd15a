package disk

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// lvmReader asks lvs and vgs, which read the disks, and so only now and then;
// in between the last answer holds.
type lvmReader struct {
	commands plugin.Runner
	every    time.Duration
	asked    time.Time
	last     lvm
}

func (r *lvmReader) read(ctx context.Context, now time.Time) (lvm, error) {
	if !r.asked.IsZero() && now.Sub(r.asked) < r.every {
		return r.last, nil
	}
	found, err := askLVM(ctx, r.commands)
	if err != nil {
		return lvm{}, err
	}
	r.asked, r.last = now, found
	return found, nil
}

func askLVM(ctx context.Context, commands plugin.Runner) (lvm, error) {
	pools, err := report(ctx, commands, "lvs", "vg_name,lv_name,lv_attr,lv_size,data_percent,metadata_percent,pool_lv")
	if err != nil {
		return lvm{}, err
	}
	groups, err := report(ctx, commands, "vgs", "vg_name,vg_size,vg_free")
	if err != nil {
		return lvm{}, err
	}
	return parseLVM(pools, groups)
}

func report(ctx context.Context, commands plugin.Runner, name, columns string) ([]byte, error) {
	c := plugin.Command{
		Name: name, Args: []string{"--reportformat", "json", "--units", "b", "--nosuffix", "-o", columns},
	}
	out, err := commands.Run(ctx, c)
	if err != nil {
		return nil, err
	}
	return out.Stdout, command.Check(c, out)
}

// lvmReport is what lvs and vgs print as JSON; every value is a text.
type lvmReport struct {
	Report []struct {
		LV []struct {
			Group           string `json:"vg_name"`
			Name            string `json:"lv_name"`
			Attributes      string `json:"lv_attr"`
			Size            string `json:"lv_size"`
			DataPercent     string `json:"data_percent"`
			MetadataPercent string `json:"metadata_percent"`
		} `json:"lv"`
		VG []struct {
			Name string `json:"vg_name"`
			Size string `json:"vg_size"`
			Free string `json:"vg_free"`
		} `json:"vg"`
	} `json:"report"`
}

// parseLVM reads the reports of lvs and vgs.
func parseLVM(lvs, vgs []byte) (lvm, error) {
	var volumes, groups lvmReport
	if err := json.Unmarshal(lvs, &volumes); err != nil {
		return lvm{}, fault.As(fault.BadAnswer, err, "reading what lvs says")
	}
	if err := json.Unmarshal(vgs, &groups); err != nil {
		return lvm{}, fault.As(fault.BadAnswer, err, "reading what vgs says")
	}
	var found lvm
	for _, part := range volumes.Report {
		for _, v := range part.LV {
			// The first letter is the type: t is a thin pool.
			if !strings.HasPrefix(v.Attributes, "t") {
				continue
			}
			size, _ := strconv.ParseUint(v.Size, 10, 64) // 0 is shown as unknown
			found.Pools = append(found.Pools, thinPool{
				Group: v.Group, Name: v.Name, SizeBytes: size,
				DataRatio: percent(v.DataPercent), MetadataRatio: percent(v.MetadataPercent),
			})
		}
	}
	for _, part := range groups.Report {
		for _, g := range part.VG {
			size, errSize := strconv.ParseUint(g.Size, 10, 64)
			free, errFree := strconv.ParseUint(g.Free, 10, 64)
			if errSize == nil && errFree == nil {
				found.Groups = append(found.Groups, volumeGroup{Name: g.Name, SizeBytes: size, FreeBytes: free})
			}
		}
	}
	return found, nil
}

// percent turns "12.34" into 0.1234. A pool that is not active says nothing.
func percent(text string) *float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || value > 100 {
		return nil
	}
	value /= 100
	return &value
}

// usesLVM reports whether LVM has volumes here and lets itself be asked.
func usesLVM(ctx context.Context, host plugin.Host) bool {
	entries, err := host.Files.ReadDir("/sys/block")
	if err != nil {
		return false
	}
	for _, entry := range entries {
		uuid, err := hostfs.Text(host.Files, "/sys/block/"+entry.Name()+"/dm/uuid")
		if err != nil || !strings.HasPrefix(uuid, "LVM-") {
			continue
		}
		found, err := askLVM(ctx, host.Commands)
		return err == nil && len(found.Groups) > 0
	}
	return false
}
