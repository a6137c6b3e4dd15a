package zfsbtrfs

import (
	"bytes"
	"path"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// kstats is where the kernel module counts.
const kstats = "/proc/spl/kstat/zfs"

// parseKstat reads a file of counters: two lines of heading, then name, type
// and value.
func parseKstat(text []byte) map[string]string {
	values := make(map[string]string)
	for line := range bytes.Lines(text) {
		words := strings.Fields(string(line))
		if len(words) >= 3 { // the name of a dataset can have spaces
			values[words[0]] = strings.Join(words[2:], " ")
		}
	}
	delete(values, "name") // the heading of the columns
	return values
}

// readARC returns what the cache counts, or nil where there is no module.
func readARC(files plugin.Files) map[string]float64 {
	text, err := files.ReadFile(kstats + "/arcstats")
	if err != nil {
		return nil
	}
	counts := make(map[string]float64)
	for name, value := range parseKstat(text) {
		if v := decimal(value); v != nil {
			counts[name] = *v
		}
	}
	return counts
}

// poolStates returns the states of the pools that the kernel knows. They can be
// read even while zpool hangs.
func poolStates(files plugin.Files) map[string]string {
	entries, err := files.ReadDir(kstats)
	if err != nil {
		return nil
	}
	states := make(map[string]string)
	for _, entry := range entries {
		state, err := hostfs.Text(files, path.Join(kstats, entry.Name(), "state"))
		if err == nil && state != "" {
			states[entry.Name()] = strings.ToLower(state)
		}
	}
	return states
}

// traffic is what went to and from a dataset.
type traffic struct {
	dataset                           string
	reads, writes, readBytes, written *float64
}

// readTraffic returns the traffic of the datasets of a pool.
func readTraffic(files plugin.Files, pool string) []traffic {
	entries, err := files.ReadDir(path.Join(kstats, pool))
	if err != nil {
		return nil
	}
	var list []traffic
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "objset-") {
			continue
		}
		text, err := files.ReadFile(path.Join(kstats, pool, entry.Name()))
		if err != nil {
			continue // the dataset is gone by now
		}
		values := parseKstat(text)
		if name := values["dataset_name"]; name != "" {
			list = append(list, traffic{
				dataset: name, reads: decimal(values["reads"]), writes: decimal(values["writes"]),
				readBytes: decimal(values["nread"]), written: decimal(values["nwritten"]),
			})
		}
	}
	return list
}
