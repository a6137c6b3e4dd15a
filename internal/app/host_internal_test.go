package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

func TestInAContainerTheMachineIsWatchedNotTheContainer(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "etc", "hostname"), []byte("nas\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := newFiles(config.Host{Root: root})
	if got := hostName(config.Host{}, files); got != "nas" {
		t.Errorf("host %q, want the one of the mounted machine", got)
	}
	if got := hostName(config.Host{Name: "tower"}, files); got != "tower" {
		t.Errorf("host %q, want the one of the settings", got)
	}
	w := world{name: "nas", files: files, log: slog.New(slog.DiscardHandler)}
	host := w.hostFor(inventory.Source{ID: "x"}, plugin.Manifest{Rights: plugin.Rights{Commands: []string{"true"}}})
	if _, err := host.Commands.Run(t.Context(), plugin.Command{Name: "true"}); fault.Of(err) != fault.NotInstalled {
		t.Errorf("a program of the container: %v, want that it cannot be run", err)
	}
}
