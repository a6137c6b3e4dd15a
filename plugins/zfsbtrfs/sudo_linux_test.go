package zfsbtrfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// The number of the user called unity.
const unityUser = 64738

// asUnity calls the function as an ordinary user called unity, to whom sudo allows
// what the lines say. The accounts of the machine stay as they are: the user and
// the lines are there for one thread alone, and end with it.
func asUnity(t *testing.T, sudoers string, do func()) {
	t.Helper()
	folder := t.TempDir()
	files := map[string]string{
		"/etc/passwd":  "root:x:0:0:root:/root:/bin/sh\nunity:x:64738:64738::/nonexistent:/bin/sh\n",
		"/etc/group":   "root:x:0:\nunity:x:64738:\n",
		"/etc/shadow":  "root:*:1::::::\nunity:*:1::::::\n",
		"/etc/sudoers": "Defaults !syslog\nroot ALL=(ALL:ALL) ALL\n" + sudoers,
	}
	for place, text := range files {
		name := filepath.Join(folder, filepath.Base(place))
		if err := os.WriteFile(name, []byte(text), 0o440); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread is of no use to others
		if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
			t.Errorf("a namespace of mounts: %v", err)
			return
		}
		problems := []error{unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")}
		for place := range files {
			problems = append(problems, unix.Mount(filepath.Join(folder, filepath.Base(place)), place, "", unix.MS_BIND, ""))
		}
		if err := errors.Join(append(problems, become(unityUser))...); err != nil {
			t.Error(err)
			return
		}
		do()
	}()
	<-done
}

// become gives this thread, and no other, the rights of a user.
func become(user uintptr) error {
	for _, call := range [][]uintptr{
		{unix.SYS_SETGROUPS, 0, 0, 0}, {unix.SYS_SETRESGID, user, user, user}, {unix.SYS_SETRESUID, user, user, user},
	} {
		if _, _, failed := syscall.RawSyscall(call[0], call[1], call[2], call[3]); failed != 0 {
			return failed
		}
	}
	return nil
}

// lineForSudo is what the README says to put into sudoers.
func lineForSudo(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "unity ALL=") {
			return line
		}
	}
	t.Fatal("the README has no line for sudo")
	return ""
}

func TestTheLineForSudoIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	need(t, "sudo")
	m := newMirror(t)
	run(t, "btrfs", "subvolume", "create", filepath.Join(m.at, "one"))
	config := `{"filesystem_types": ["btrfs"], "use_sudo": true, "pools": ["` + m.uuid + `"]}`
	of := `{label="unity test",uuid="` + m.uuid + `"}`
	c := plugintest.Live(t, zfsbtrfs.Plugin(), config)
	asUnity(t, lineForSudo(t), func() {
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
