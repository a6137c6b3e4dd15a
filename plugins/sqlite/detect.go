package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds the search for databases of well-known applications.
const detectTimeout = 2 * time.Second

// roots are where applications keep their data.
func roots() []string {
	return []string{"/var/lib", "/opt", "/srv", "/etc/pihole", "/home", "/data", "/config"}
}

// detect looks for the databases of applications that it knows by name. What it
// finds is proposed, and watched on somebody's word only.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	config := defaults()
	var patterns plugin.Globs
	for _, k := range applications() {
		patterns = append(patterns, k.file)
	}
	// Layers of containers hold copies of what is in volumes.
	exclude := append(slices.Clone(config.Exclude), "/var/lib/docker/overlay2", "/var/lib/containerd", "/var/lib/docker/containers", "node_modules")
	const depth = 5 // /var/lib/docker/volumes/NAME/_data/FILE
	f := &finder{files: host.Files, patterns: patterns, exclude: exclude, depth: depth}
	for _, root := range roots() {
		f.search(ctx, root, 1)
	}
	open := openHere()
	var names, apps []string
	for _, name := range f.found {
		app := application(name)
		d := &database{path: name}
		if app == "" || app == "unity" {
			continue
		}
		if look(host.Files, host.Now(), open, looked{}, d); d.readable() && !d.held {
			names, apps = append(names, name), append(apps, app)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(strings.Compare(path.Base(a), path.Base(b)), strings.Compare(a, b))
	})
	names = names[:min(len(names), config.Max)]
	slices.Sort(apps)
	apps = slices.Compact(apps)
	return []plugin.Finding{{
		Config:   map[string]any{"database_paths": names},
		Evidence: fmt.Sprintf("databases of %s", strings.Join(apps, ", ")),
		Missing:  "your word: they belong to other applications, and only their headers are read",
	}}, nil
}
