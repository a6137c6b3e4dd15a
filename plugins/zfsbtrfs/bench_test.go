package zfsbtrfs_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// recorded answers as the programs of a case did.
type recorded map[string][]byte

// Find implements plugin.Runner.
func (recorded) Find(name string) (string, error) { return "/usr/sbin/" + name, nil }

// Run implements plugin.Runner.
func (r recorded) Run(_ context.Context, c plugin.Command) (plugin.Output, error) {
	return plugin.Output{Stdout: r[c.Name+" "+strings.Join(c.Args, " ")]}, nil
}

// BenchmarkCollect makes of what ZFS says of two pools what is kept of it. What
// its programs need is not in the figure.
func BenchmarkCollect(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/zfs.txtar")
	if err != nil {
		b.Fatal(err)
	}
	answers := make(recorded)
	for _, f := range archive.Files {
		if line, found := strings.CutPrefix(f.Name, "exec "); found {
			answers[line] = f.Data
		}
	}
	p := zfsbtrfs.Plugin()
	plugintest.Benchmark(b, p, plugintest.Open(b, p, `{}`, plugin.Host{
		Commands: answers, State: stuck{}, Now: time.Now, Log: slog.New(slog.DiscardHandler), Files: hostfs.New(hostfs.Options{Root: b.TempDir()}),
	}))
}
