package bitwarden_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/bitwarden"
)

// TestTheGroupOfTheReadmeIsEnough reads the data folder of a Vaultwarden that runs
// as a user in its group, and as one who is not.
func TestTheGroupOfTheReadmeIsEnough(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root, to be somebody else for a moment")
	}
	plugintest.InReadme(t, "usermod --append --groups vaultwarden unity")
	plugintest.InReadme(t, "chmod -R g+rX /var/lib/vaultwarden")
	const vaultwarden = 61235 // nobody's group
	folder, _ := made(t, "PRAGMA journal_mode=wal")
	attachment := filepath.Join(folder, "attachments", "a")
	if err := os.Mkdir(filepath.Dir(attachment), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(attachment, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"chown", "-R", fmt.Sprintf("0:%d", vaultwarden), folder}, {"chmod", "-R", "u=rwX,go=", folder}, {"chmod", "a+x", filepath.Dir(folder)}, {"chmod", "-R", "g+rX", folder},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", command, err, out)
		}
	}
	_, url := newVault(t, 0)
	settings := plugintest.Settings{"url": url, "data_dir": folder}.JSON(t)
	place := plugintest.Sandbox{User: true}
	stranger := plugintest.Live(t, bitwarden.Plugin(), settings)
	place.Run(t, nil, func() {
		problems := plugintest.Collect(t, bitwarden.Plugin(), stranger).Problems()
		if len(problems) != 1 {
			t.Errorf("the problems are %v", problems)
			return
		}
		plugintest.WantFault(t, problems[0], fault.Permission, "reading "+folder, "let the user that runs Unity read it")
	})
	member := plugintest.Live(t, bitwarden.Plugin(), settings)
	place.Groups = []uint32{vaultwarden}
	place.Run(t, nil, func() {
		values := plugintest.Values(plugintest.CollectAll(t, bitwarden.Plugin(), member))
		if values["vaultwarden_ciphers"] != 2 || values["vaultwarden_attachments_bytes"] != 100 {
			t.Errorf("it tells %v", values)
		}
	})
}
