package firewall

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// connections is the table of connections that the kernel follows.
type connections struct {
	Entries float64 `json:"entries"`
	Limit   float64 `json:"limit"`
}

// readConntrack reads how full the table of connections is. A kernel that follows
// none has no such files.
func (c *local) readConntrack(out *plugin.Batch) *connections {
	const folder = "/proc/sys/net/netfilter/"
	entries, known := c.number(folder + "nf_conntrack_count")
	limit, bounded := c.number(folder + "nf_conntrack_max")
	if !known || !bounded {
		return nil
	}
	out.Add("conntrack_entries", entries)
	out.Add("conntrack_limit", limit)
	if limit > 0 {
		out.Add("conntrack_usage_ratio", entries/limit)
	}
	text, err := c.host.Files.ReadFile("/proc/net/stat/nf_conntrack")
	if err != nil {
		return &connections{entries, limit}
	}
	sums := parseConntrack(text)
	for column, name := range map[string]string{
		"drop": "conntrack_drops_total", "early_drop": "conntrack_early_drops_total", "insert_failed": "conntrack_insert_failed_total",
	} {
		if sum, there := sums[column]; there {
			out.Add(name, sum)
		}
	}
	return &connections{entries, limit}
}

func (c *local) number(name string) (float64, bool) {
	text, err := c.host.Files.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 63)
	return float64(n), err == nil
}

// parseConntrack adds up the rows, one for each CPU, by the names in the first
// line. Which columns there are depends on the kernel.
func parseConntrack(text []byte) map[string]float64 {
	lines := bufio.NewScanner(bytes.NewReader(text))
	if !lines.Scan() {
		return nil
	}
	names := strings.Fields(lines.Text())
	sums := make(map[string]float64, len(names))
	for lines.Scan() {
		cells := strings.Fields(lines.Text())
		if len(cells) != len(names) {
			return nil
		}
		for i, cell := range cells {
			n, err := strconv.ParseUint(cell, 16, 64)
			if err != nil {
				return nil
			}
			sums[names[i]] += float64(n)
		}
	}
	return sums
}
