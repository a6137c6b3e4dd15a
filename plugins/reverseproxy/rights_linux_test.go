package reverseproxy_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

func TestTheLeastRightsAreEnoughForHAProxy(t *testing.T) {
	t.Parallel()
	plugintest.InReadme(t, "    stats socket /run/haproxy/admin.sock mode 660 group haproxy level user")
	plugintest.InReadme(t, "usermod -aG haproxy unity")
	s := startHAProxy(t)
	nobody, err := user.Lookup("nobody")
	if err != nil || os.Getuid() != 0 {
		plugintest.Skip(t, "needs root, to be somebody else")
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	// The folder of a test is for its owner only; that of HAProxy is not.
	if err := os.Chmod(s.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	const group = 4242 // as if it were haproxy's
	if err := os.Chown(socketOf(s), 0, group); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(s.Folder(), "test") // where others may run it
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	plugintest.Program(t, program, binary)
	member := func(groups ...uint32) ([]byte, error) {
		ask := exec.CommandContext(t.Context(), program, "-test.run", "^TestAskingTheSocket$", "-test.v")
		ask.Env = append(os.Environ(), "ASK_SOCKET="+socketOf(s))
		ask.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid), Groups: groups}}
		ask.Dir = "/"
		return ask.CombinedOutput()
	}
	if text, err := member(group); err != nil || !strings.Contains(string(text), "samples") {
		t.Errorf("in the group: %v\n%s", err, text)
	}
	if text, err := member(); err == nil || !strings.Contains(string(text), "permission denied") || !strings.Contains(string(text), "usermod -aG haproxy unity") {
		t.Errorf("outside the group: %v\n%s", err, text)
	}
}
