package smart_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/smart"
)

// BenchmarkCollect makes of the recorded answer of a hard disk what is kept of
// it. What smartctl and the disk need for it is not in the figure.
func BenchmarkCollect(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/all-attributes.txtar")
	if err != nil {
		b.Fatal(err)
	}
	var recorded string
	for _, f := range archive.Files {
		if len(f.Data) > len(recorded) && f.Data[0] == '{' && f.Name != "want snapshot" {
			recorded = string(f.Data)
		}
	}
	m := &machine{answers: map[string]func(context.Context) string{"/dev/sda": says(recorded)}}
	p := smart.Plugin()
	plugintest.Benchmark(b, p, plugintest.Open(b, p, `{"devices": [{"path": "/dev/sda"}]}`, plugin.Host{
		Commands: m, State: m, Now: time.Now, Log: slog.New(slog.DiscardHandler), Files: hostfs.New(hostfs.Options{Root: b.TempDir()}),
	}))
}
