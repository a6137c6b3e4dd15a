package zfsbtrfs

import (
	"bytes"
	"context"
	"path"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// kstats is where the kernel module counts.
const kstats = "/proc/spl/kstat/zfs"

const (
	// freeBSD is a program that every FreeBSD since 10 has, and nobody else.
	freeBSD = "/bin/freebsd-version"
	// arcTree is what the counts of the cache are below of in FreeBSD's sysctl.
	arcTree = "kstat.zfs.misc.arcstats"
)

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

// isFreeBSD reports whether the machine runs FreeBSD, or what is made of it.
func isFreeBSD(files plugin.Files) bool {
	_, err := files.Stat(freeBSD)
	return err == nil
}

// askARC returns what the cache counts on FreeBSD, where it is in no file.
func askARC(ctx context.Context, host plugin.Host, timeout time.Duration) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	asked := plugin.Command{Name: "sysctl", Args: []string{arcTree}}
	out, err := host.Commands.Run(ctx, asked)
	if err == nil {
		err = command.Check(asked, out)
	}
	if err != nil {
		return nil, fault.Wrap(err, "asking for the cache of ZFS")
	}
	return parseSysctl(out.Stdout), nil
}

// parseSysctl reads lines of a name, a colon and a value.
func parseSysctl(text []byte) map[string]float64 {
	counts := make(map[string]float64)
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(string(line), ":")
		name, ours := strings.CutPrefix(name, arcTree+".")
		if v := decimal(strings.TrimSpace(value)); ours && v != nil {
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
