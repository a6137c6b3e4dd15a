package zfsbtrfs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// asUnity calls the function as an ordinary user called unity, to whom sudo allows
// what the lines say.
func asUnity(t *testing.T, sudoers string, do func()) {
	t.Helper()
	plugintest.Sandbox{User: true, Sudoers: sudoers}.Run(t, nil, do)
}

func TestTheLineForSudoIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	need(t, "sudo")
	m := newMirror(t)
	plugintest.Output(t, "btrfs", "subvolume", "create", filepath.Join(m.at, "one"))
	config := `{"filesystem_types": ["btrfs"], "use_sudo": true, "pools": ["` + m.uuid + `"]}`
	of := `{label="unity test",uuid="` + m.uuid + `"}`
	c := plugintest.Live(t, zfsbtrfs.Plugin(), config)
	asUnity(t, plugintest.ReadmeLines(t, "unity ALL="), func() {
		values, batch := look(t, c)
		wantValues(t, values, map[string]float64{"btrfs_devices" + of: 2, "btrfs_subvolumes" + of: 1})
		if !strings.Contains(string(batch.Snapshot()), m.devices[1]) {
			t.Errorf("the snapshot does not name the device %s: %s", m.devices[1], batch.Snapshot())
		}
		for _, problem := range batch.Problems() {
			t.Errorf("problem: %v (%s)", problem, fault.Hint(problem))
		}
	})
	// Without the line, or with one for other commands, it is said what is missing.
	c = plugintest.Live(t, zfsbtrfs.Plugin(), config)
	asUnity(t, "unity ALL=(root) NOPASSWD: /usr/bin/btrfs version\n", func() {
		_, batch := look(t, c)
		problems := batch.Problems()
		if len(problems) == 0 {
			t.Error("nothing is missing without a right")
			return
		}
		plugintest.WantFault(t, problems[0], fault.Permission, "a password is required", "allow btrfs in sudoers with NOPASSWD")
	})
}
