// Command likenesses picks what the demo shows of each plugin from what the cases
// of their tests came to:
//
//	likenesses FROM TO
//
// FROM has a folder for each plugin, with a file for each case that had no
// problem; TO gets one file for each plugin. See `make likenesses`.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// picked is the case that shows a plugin best where it is well; of others the one
// with the most metrics is taken.
func picked(plugin string) string {
	return map[string]string{
		"certificate_monitor": "healthy", "proxmox_monitor": "healthy", "home_assistant_monitor": "healthy", "docker_monitor": "docker-29", "firewall_monitor": "nftables", "log_monitor": "access-combined",
		"network_switch_monitor": "weak", "redis_monitor": "primary", "reverse_proxy_monitor": "traefik-3", "smart_monitor": "vm-healthy",
		"syncthing_monitor": "healthy", "ups_monitor": "online", "vpn_monitor": "wireguard-kernel", "web_service_monitor": "redirect", "sqlite_monitor": "opened",
	}[plugin]
}

// likeness is the file of a case; see package plugintest.
type likeness struct {
	Config   string            `json:"config"`
	Now      string            `json:"now"`
	Samples  []json.RawMessage `json:"samples"`
	Snapshot json.RawMessage   `json:"snapshot"`
}

// metrics returns how many different ones there are.
func (l likeness) metrics() int {
	names := make(map[string]bool)
	for _, raw := range l.Samples {
		var sample struct{ Name string }
		if err := json.Unmarshal(raw, &sample); err == nil {
			names[sample.Name] = true
		}
	}
	return len(names)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: likenesses FROM TO")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "likenesses:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	folders, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		best, err := pick(filepath.Join(from, folder.Name()), picked(folder.Name()))
		if err != nil {
			return fmt.Errorf("%s: %w", folder.Name(), err)
		}
		text, err := best.text()
		if err != nil {
			return fmt.Errorf("%s: %w", folder.Name(), err)
		}
		if err := os.WriteFile(filepath.Join(to, folder.Name()+".json"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pick returns the case of this name, or else the one with the most metrics.
func pick(folder, name string) (likeness, error) {
	files, err := filepath.Glob(filepath.Join(folder, cmp.Or(name, "*")+".json"))
	if err != nil {
		return likeness{}, err
	}
	if len(files) == 0 {
		return likeness{}, fmt.Errorf("there is no case %s without a problem", cmp.Or(name, "at all"))
	}
	var best likeness
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return likeness{}, err
		}
		var one likeness
		if err := json.Unmarshal(raw, &one); err != nil {
			return likeness{}, fmt.Errorf("%s: %w", file, err)
		}
		if one.metrics() > best.metrics() {
			best = one
		}
	}
	return best, nil
}

// places puts addresses of a made-up homelab where the case had those of its own.
func places(text string) string {
	return strings.NewReplacer(
		"{{url}}", "http://192.168.1.30:8080", "{{host}}", "192.168.1.30:8080", "{{name}}", "192.168.1.30", "{{port}}", "8080",
		"{{socket}}", "/run/thing.sock", "{{root}}", "", "{{nul}}", "",
	).Replace(text)
}

// text is a likeness as a file, with a line for each sample.
func (l likeness) text() ([]byte, error) {
	var config, snapshot bytes.Buffer
	if err := json.Compact(&config, []byte(places(l.Config))); err != nil {
		return nil, fmt.Errorf("its config: %w", err)
	}
	if l.Snapshot == nil {
		l.Snapshot = json.RawMessage("null")
	}
	if err := json.Compact(&snapshot, []byte(places(string(l.Snapshot)))); err != nil {
		return nil, fmt.Errorf("its snapshot: %w", err)
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "{\n\"config\": %s,\n\"now\": %q,\n\"snapshot\": %s,\n\"samples\": [\n", config.Bytes(), l.Now, snapshot.Bytes())
	// Plugins tell many in the order of a map.
	slices.SortFunc(l.Samples, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	for i, sample := range l.Samples {
		fmt.Fprintf(&text, "%s%s\n", places(string(sample)), strings.Repeat(",", min(1, len(l.Samples)-1-i)))
	}
	text.WriteString("]}\n")
	return text.Bytes(), nil
}
