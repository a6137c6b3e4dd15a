package auth_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/auth"
)

// ofGroup lets a group read a file or a folder, and nobody else.
func ofGroup(t *testing.T, name string, group uint32, mode os.FileMode) {
	t.Helper()
	must(t, os.Chown(name, 0, int(group)))
	must(t, os.Chmod(name, mode))
}

func TestTheGroupsOfTheReadmeAreEnough(t *testing.T) {
	t.Parallel()
	const remote = "/lib/systemd/systemd-journal-remote"
	needs(t, remote, "/usr/bin/journalctl")
	plugintest.InReadme(t, "usermod -aG adm unity               # /var/log/auth.log")
	plugintest.InReadme(t, "usermod -aG systemd-journal unity   # the journal, where there is no such file")
	adm, journal := plugintest.Group(t, "adm"), plugintest.Group(t, "systemd-journal")
	now := time.Now()
	said := "Accepted password for tester from 203.0.113.5 port 40000 ssh2"
	written, kept := t.TempDir(), t.TempDir()
	file, entries := filepath.Join(written, "auth.log"), filepath.Join(kept, "journal")
	must(t, os.WriteFile(file, []byte(now.Format(time.RFC3339Nano)+" host sshd[7]: "+said+"\n"), 0o600))
	ofGroup(t, file, adm, 0o640)
	must(t, os.Mkdir(entries, 0o750))
	command := exec.CommandContext(t.Context(), remote, "-o", filepath.Join(entries, "a.journal"), "-")
	command.Stdin = strings.NewReader(fmt.Sprintf("__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n"+
		"SYSLOG_FACILITY=4\nSYSLOG_IDENTIFIER=sshd\n_PID=7\n_COMM=sshd\nPRIORITY=6\nMESSAGE=%s\n\n", now.UnixMicro(), now.UnixMicro()%1e9, said))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ofGroup(t, filepath.Join(entries, "a.journal"), journal, 0o640)
	ofGroup(t, entries, journal, 0o755)

	for _, one := range []struct {
		folder string
		group  uint32
		config map[string]any
		text   string
		hint   string
	}{
		{written, adm, map[string]any{"fail2ban": "off"}, "reading /var/log/auth.log: permission denied", "usermod -aG adm"},
		{
			kept, journal,
			map[string]any{"source": "journald", "journal_directory": "/var/log/journal", "fail2ban": "off"},
			"No journal files were opened due to insufficient permissions", "usermod -aG systemd-journal",
		},
	} {
		ofGroup(t, one.folder, 0, 0o755)
		c := reopen(t, &lockedMemory{}, one.config)
		place := plugintest.Sandbox{User: true, Files: map[string]string{"/var/log": one.folder}}
		place.Run(t, nil, func() {
			_, err := plugintest.Attempt(t, auth.Plugin(), c, auth.Plugin().Manifest().Timeout)
			plugintest.WantFault(t, err, fault.Permission, one.text, one.hint)
		})
		place.Groups = []uint32{one.group}
		place.Run(t, nil, func() {
			got, _ := collect(t, c)
			if n := got[`auth_events_total{method="password",result="success",service="ssh"}`]; n != 1 {
				t.Errorf("%v logins are counted: %v", n, got)
			}
		})
	}
}
