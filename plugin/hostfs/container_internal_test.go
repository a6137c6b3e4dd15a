package hostfs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestContainersAreRecognised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, text, want string }{
		{"the machine itself", "etc/hostname", "nas\n", ""},
		{"docker", ".dockerenv", "", "docker"},
		{"podman", "run/.containerenv", "", "podman"},
		{"what systemd found", "run/systemd/container", "lxc\n", "lxc"},
		{"the first process's environment", "proc/1/environ", "PATH=/bin\x00container=systemd-nspawn\x00", "systemd-nspawn"},
		{"an environment that says nothing", "proc/1/environ", "PATH=/bin\x00container=\x00", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			file := filepath.Join(root, c.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := containerAt(root); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
