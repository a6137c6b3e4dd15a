package zfsbtrfs

import (
	"context"
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// scrubFolder is where btrfs keeps how scrubs went. Only root reads it.
const scrubFolder = "/var/lib/btrfs"

// scrubResult is the last scrub of a file system of Btrfs, or the one that goes
// on.
type scrubResult struct {
	State         string     `json:"state"` // running, finished, canceled or interrupted
	Started       *time.Time `json:"started,omitempty"`
	Ended         *time.Time `json:"ended,omitempty"`
	Bytes         float64    `json:"bytes"`
	Errors        float64    `json:"errors"`
	Corrected     float64    `json:"corrected"`
	Uncorrectable float64    `json:"uncorrectable"`
}

// silence is how long a scrub that goes on may write nothing of its progress.
const silence = 5 * time.Minute

// parseScrub reads the status of a file system's scrub: a line for each device,
// with fields name:value between bars.
func parseScrub(text string, now time.Time) *scrubResult {
	var r *scrubResult
	running, canceled := false, false
	var last float64
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if len(fields) < 2 {
			continue
		}
		values := make(map[string]float64)
		for _, field := range fields[1:] {
			name, value, _ := strings.Cut(field, ":")
			if n := decimal(value); n != nil {
				values[name] = *n
			}
		}
		begun, known := values["t_start"]
		const latest = 1 << 36
		if !known || begun <= 0 || begun > latest || values["duration"] > latest {
			continue
		}
		if r == nil {
			r = new(scrubResult)
		}
		if t := time.Unix(int64(begun), 0).In(now.Location()); r.Started == nil || t.Before(*r.Started) {
			r.Started = &t
		}
		last = max(last, begun+values["duration"], values["t_resumed"])
		r.Bytes += values["data_bytes_scrubbed"] + values["tree_bytes_scrubbed"]
		r.Corrected += values["corrected_errors"]
		r.Uncorrectable += values["uncorrectable_errors"]
		for _, name := range []string{"read_errors", "csum_errors", "verify_errors", "super_errors"} {
			r.Errors += values[name]
		}
		canceled = canceled || values["canceled"] != 0
		running = running || values["finished"] == 0
	}
	if r == nil {
		return nil
	}
	at := time.Unix(int64(last), 0).In(now.Location())
	switch {
	case canceled:
		r.State, r.Ended = scanCanceled, &at
	case running && now.Sub(at) > silence:
		r.State = "interrupted" // the machine went down meanwhile
	case running:
		r.State = scanRunning
	default:
		r.State, r.Ended = scanFinished, &at
	}
	return r
}

// readScrub reads how the last scrub went; nil: there was none.
func readScrub(files plugin.Files, uuid string, now time.Time) (*scrubResult, error) {
	name := path.Join(scrubFolder, "scrub.status."+uuid)
	text, err := files.ReadFile(name)
	switch fault.Of(err) {
	case "":
		return parseScrub(string(text), now), nil
	case fault.NotFound:
		return nil, nil
	case fault.Permission:
		return nil, fault.As(fault.Permission, err, "reading how the last scrub of %s went", uuid).
			WithHint("run Unity as root, or switch btrfs_use_cli off")
	default:
		return nil, fault.Wrap(err, "reading how the last scrub of %s went", uuid)
	}
}

// subvolumes are what btrfs says of a file system, asked now and then.
type subvolumes struct {
	Count     int
	Snapshots int
	Paths     map[string]string // of devices, by ID
}

// askBtrfs asks for what only root may know.
func askBtrfs(ctx context.Context, host plugin.Host, c config, at string) (subvolumes, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout.Std())
	defer cancel()
	run := func(args ...string) ([]byte, error) {
		line := plugin.Command{Name: "btrfs", Args: append(args, at), Sudo: c.Sudo}
		out, err := host.Commands.Run(ctx, line)
		if err == nil {
			err = command.Check(line, out)
		}
		if err != nil && fault.Of(err) == fault.Permission && fault.Hint(err) == "" {
			err = fault.As(fault.Permission, err, "asking Btrfs").
				WithHint("run Unity as root, allow btrfs in sudoers and set use_sudo, or switch btrfs_use_cli off")
		}
		return out.Stdout, err
	}
	var s subvolumes
	stats, err := run("--format", "json", "device", "stats")
	if err != nil {
		return s, err
	}
	if s.Paths, err = parseDevices(stats); err != nil {
		return s, err
	}
	all, err := run("subvolume", "list")
	if err != nil {
		return s, err
	}
	copied, err := run("subvolume", "list", "-s")
	s.Count, s.Snapshots = listed(all), listed(copied)
	return s, err
}

// listed counts the lines of a list of subvolumes.
func listed(text []byte) int {
	n := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "ID ") {
			n++
		}
	}
	return n
}

// parseDevices reads which device has which ID.
func parseDevices(text []byte) (map[string]string, error) {
	var said struct {
		Stats []struct {
			Device string          `json:"device"`
			ID     json.RawMessage `json:"devid"` // a number, in quotes until 6.x
		} `json:"device-stats"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading what btrfs says of devices")
	}
	paths := make(map[string]string)
	for _, s := range said.Stats {
		paths[strings.Trim(string(s.ID), `"`)] = s.Device
	}
	return paths, nil
}
