package zfsbtrfs_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// stuck is a machine whose programs never end by themselves.
type stuck struct{}

// Find implements plugin.Runner.
func (stuck) Find(name string) (string, error) { return "/usr/sbin/" + name, nil }

// Run implements plugin.Runner.
func (stuck) Run(ctx context.Context, c plugin.Command) (plugin.Output, error) {
	<-ctx.Done()
	return plugin.Output{}, fault.New(fault.Timeout, "running %s: it did not end in time and was killed", c.Name)
}

// Get implements plugin.State.
func (stuck) Get(string) json.RawMessage { return nil }

// Set implements plugin.State.
func (stuck) Set(string, json.RawMessage) error { return nil }

// place writes files below a folder.
func place(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestASuspendedPoolIsToldAlthoughZpoolHangs(t *testing.T) {
	t.Parallel()
	root := place(t, map[string]string{
		"proc/spl/kstat/zfs/tank/state": "SUSPENDED\n", "proc/spl/kstat/zfs/other/state": "ONLINE\n", "proc/spl/kstat/zfs/arcstats": "\n",
	})
	synctest.Test(t, func(t *testing.T) {
		p := zfsbtrfs.Plugin()
		c, err := p.Open(t.Context(), json.RawMessage(`{"pools": ["ta*"], "timeout": "7s"}`), plugin.Host{
			Commands: stuck{}, State: stuck{}, Now: time.Now, Log: slog.New(slog.DiscardHandler), Files: hostfs.New(hostfs.Options{Root: root}),
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		batch := plugin.NewBatch(p)
		if err = c.Collect(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("it took %v; one program was waited for, 7 s", took)
		}
		values := plugintest.Values(batch)
		if values[`zfs_pool_state{pool="tank",state="suspended"}`] != 1 || values[`zfs_pool_state{pool="tank",state="online"}`] != 0 {
			t.Errorf("the state of the pool: %v", values)
		}
		if problems := batch.Problems(); len(problems) != 1 || fault.Of(problems[0]) != fault.Timeout || fault.Hint(problems[0]) == "" {
			t.Errorf("problems: %v", problems)
		}
	})
}
