package log_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/log"
)

// ofGroup lets a group read a file or a folder, and nobody else.
func ofGroup(t *testing.T, name string, group uint32, mode os.FileMode) {
	t.Helper()
	err := os.Chown(name, 0, int(group))
	if err == nil {
		err = os.Chmod(name, mode)
	}
	if err != nil {
		plugintest.Skip(t, "needs root: %v", err)
	}
}

func TestTheGroupsOfTheReadmeAreEnough(t *testing.T) {
	t.Parallel()
	plugintest.InReadme(t, "usermod -aG adm unity               # most logs of Debian")
	plugintest.InReadme(t, "usermod -aG systemd-journal unity   # the journal")
	remote := needs(t, "systemd-journal-remote")
	needs(t, "journalctl")
	adm, journal := plugintest.Group(t, "adm"), plugintest.Group(t, "systemd-journal")
	folder := t.TempDir()
	entries, file := filepath.Join(folder, "journal"), filepath.Join(folder, "app.log")
	if err := os.Mkdir(entries, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, file, "a line\n")
	ofGroup(t, folder, 0, 0o755)
	ofGroup(t, file, adm, 0o640)
	ofGroup(t, entries, journal, 0o755)
	at := time.Now().UnixMicro()
	run(t, fmt.Sprintf("__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\nMESSAGE=a line\n\n", at, at%1e9),
		remote, "-o", filepath.Join(entries, "a.journal"), "-")
	ofGroup(t, filepath.Join(entries, "a.journal"), journal, 0o640)

	for _, one := range []struct {
		group  uint32
		config map[string]any
		text   string
		hint   string
	}{
		{adm, map[string]any{"paths": []string{"/var/log/app.log"}, "start_at": "beginning"}, "reading /var/log/app.log: permission denied", "usermod -aG adm"},
		{
			journal,
			map[string]any{"source": "journald", "journal_directory": "/var/log/journal", "start_at": "beginning"},
			"No journal files were opened due to insufficient permissions", "usermod -aG systemd-journal",
		},
	} {
		c := open(t, one.config)
		place := plugintest.Sandbox{User: true, Files: map[string]string{"/var/log": folder}}
		place.Run(t, nil, func() {
			_, err := plugintest.Attempt(t, log.Plugin(), c, log.Plugin().Manifest().Timeout)
			plugintest.WantFault(t, err, fault.Permission, one.text, one.hint)
		})
		place.Groups = []uint32{one.group}
		place.Run(t, nil, func() {
			if n := of(values(t, c), "log_lines_total"); n != 1 {
				t.Errorf("%v lines are counted", n)
			}
		})
	}
}
