package backup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/backup"
	"github.com/unity-homelab/unity/test/servers"
)

// attempt collects, and returns what that came to.
func attempt(t *testing.T, c plugin.Collector, within time.Duration) error {
	t.Helper()
	_, err := plugintest.Attempt(t, backup.Plugin(), c, within)
	return err
}

// wantOne wants the one thing in the repository to be seen, whatever happened
// before.
func wantOne(t *testing.T, c plugin.Collector, group string) {
	t.Helper()
	values := plugintest.Values(plugintest.CollectAll(t, backup.Plugin(), c))
	wantValues(t, values, map[string]float64{`backup_snapshots{group="` + group + `"}`: 1, `backup_state{group="` + group + `",state="ok"}`: 1})
}

func TestARepositoryThatIsMovedLockedAwayAndGivenAnotherPassword(t *testing.T) {
	t.Parallel()
	for program, at := range map[string]struct {
		fill, change func(v *vault)
		group        string
	}{
		"restic": {
			fill: func(v *vault) {
				v.layRestic()
				v.run("restic", "-r", v.at, "backup", "--host", "nas", "--tag", "letters", "documents")
			},
			change: func(v *vault) { v.layKey("second") },
			group:  "letters",
		},
		"borg": {
			fill: func(v *vault) {
				v.run("borg", "init", "-e", "repokey", v.at)
				v.run("borg", "create", v.at+"::letters-20260101", "documents")
			},
			change: func(v *vault) { v.run("env", "BORG_NEW_PASSPHRASE="+changed, "borg", "key", "change-passphrase", v.at) },
			group:  "letters",
		},
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			v := newVault(t, program)
			at.fill(v)
			settings := v.settings(program).With(plugintest.Settings{"stats_interval": "0s", "group_by": []string{"tags"}})
			c := v.open(settings)
			v.asUnity(func() { wantOne(t, c, at.group) })

			away := v.at + ".away"
			if err := os.Rename(v.at, away); err != nil {
				t.Fatal(err)
			}
			v.asOther(func() {
				plugintest.WantFault(t, attempt(t, c, time.Minute), fault.NotFound, "of "+v.at+": there is no repository", "check the address")
			})
			if err := os.Rename(away, v.at); err != nil {
				t.Fatal(err)
			}
			v.withdraw()
			v.asOther(func() {
				plugintest.WantFault(t, attempt(t, c, time.Minute), fault.Permission, "of "+v.at+": permission denied", "setfacl -R -m u:unity:rX,d:u:unity:rX "+v.at)
			})
			v.asUnity(func() { wantOne(t, c, at.group) })

			at.change(v)
			v.asUnity(func() {
				plugintest.WantFault(t, attempt(t, c, time.Minute), fault.Auth, "of "+v.at+": the password is wrong", "that the backups are made with")
			})
			mended := v.open(settings.With(plugintest.Settings{"password": changed}))
			v.asUnity(func() { wantOne(t, mended, at.group) })
		})
	}
}

func TestAStorageThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	v := newVault(t, "restic")
	v.layRestic()
	v.run("restic", "-r", v.at, "backup", "--host", "nas", "--tag", "letters", "documents")
	server := servers.Start(t, servers.Rclone(), "port={{port}}", "folder="+v.at, "user=unity", "password=only-for-tests")
	address := func(password string) string {
		return "rest:" + strings.Replace(server.URL(), "://", "://unity:"+password+"@", 1) + "/"
	}
	settings := v.settings("restic").With(plugintest.Settings{
		"location": address("only-for-tests"), "stats_interval": "0s", "group_by": []string{"tags"}, "cache_folder": filepath.Join(filepath.Dir(v.at), "own"),
	})
	const group = "letters"
	c := v.open(settings)
	wantOne(t, c, group)

	server.Kill()
	err := attempt(t, c, time.Minute)
	plugintest.WantFault(t, err, fault.Refused, "listing the snapshots of rest:"+server.URL()+"/: connection refused", "see whether the storage runs, and on which port")
	if strings.Contains(err.Error(), "only-for-tests") {
		t.Errorf("the login is told: %v", err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	wantOne(t, c, group)

	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	plugintest.WantFault(t, attempt(t, c, 300*time.Millisecond), fault.Timeout, "restic did not end in time and was killed", "see whether the storage answers")
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	wantOne(t, c, group)

	refused := v.open(settings.With(plugintest.Settings{"location": address("another")}))
	plugintest.WantFault(t, attempt(t, refused, time.Minute), fault.Auth, "the storage refuses the login", "check the credentials")
}
