//go:build unix

package hostfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// machine makes a folder that looks like the root of a machine, beside a file
// that is not part of it.
func machine(t *testing.T) (root string) {
	t.Helper()
	base := t.TempDir()
	root = filepath.Join(base, "host")
	write(t, filepath.Join(base, "outside"), "outside")
	write(t, filepath.Join(root, "proc/stat"), "cpu 1 2 3")
	write(t, filepath.Join(root, "sys/devices/eth0/address"), "02:00:00:00:00:01")
	write(t, filepath.Join(root, "usr/lib/os-release"), "ID=debian")
	link(t, filepath.Join(root, "etc/os-release"), "../usr/lib/os-release")
	link(t, filepath.Join(root, "etc/mtab"), "/proc/stat")
	link(t, filepath.Join(root, "etc/up"), "../../../../outside")
	link(t, filepath.Join(root, "etc/away"), filepath.Join(base, "outside"))
	link(t, filepath.Join(root, "etc/round"), "round")
	link(t, filepath.Join(root, "sys/class/net/eth0"), "../../devices/eth0")
	return root
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, name, target string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreFoundBelowTheRoot(t *testing.T) {
	t.Parallel()
	files := hostfs.New(hostfs.Options{Root: machine(t)})
	for name, want := range map[string]string{
		"/proc/stat":                  "cpu 1 2 3",
		"/proc/../proc/./stat":        "cpu 1 2 3",
		"/sys/class/net/eth0/address": "02:00:00:00:00:01",
		"/etc/os-release":             "ID=debian",
		"/etc/mtab":                   "cpu 1 2 3",
	} {
		got, err := files.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("ReadFile(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	if files.Live() {
		t.Error("a folder passes for the machine itself")
	}
	if !hostfs.New(hostfs.Options{}).Live() {
		t.Error("the machine itself is not live")
	}
}

func TestNoNameLeadsOutOfTheRoot(t *testing.T) {
	t.Parallel()
	files := hostfs.New(hostfs.Options{Root: machine(t)})
	for _, name := range []string{"/../outside", "../../outside", "/etc/up", "/etc/away", "/etc/../../outside"} {
		if got, err := files.ReadFile(name); err == nil {
			t.Errorf("ReadFile(%q) = %q", name, got)
		} else if fault.Of(err) != fault.NotFound {
			t.Errorf("ReadFile(%q): kind %q, want not_found: %v", name, fault.Of(err), err)
		}
		if _, err := files.Stat(name); err == nil {
			t.Errorf("Stat(%q) found something", name)
		}
	}
	if _, err := files.ReadFile("/etc/round"); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link to itself gives %v", err)
	}
}

func TestPartsMountedElsewhereAreUsed(t *testing.T) {
	t.Parallel()
	root, proc := machine(t), t.TempDir()
	write(t, filepath.Join(proc, "stat"), "cpu 9 9 9")
	files := hostfs.New(hostfs.Options{Root: root, Proc: proc})
	for _, name := range []string{"/proc/stat", "/etc/mtab"} {
		if got, err := files.ReadFile(name); err != nil || string(got) != "cpu 9 9 9" {
			t.Errorf("ReadFile(%q) = %q, %v", name, got, err)
		}
	}
	if got, want := files.Path("/proc/stat"), filepath.Join(proc, "stat"); got != want {
		t.Errorf("Path = %q, want %q", got, want)
	}
	if got, want := files.Path("/process"), filepath.Join(root, "process"); got != want {
		t.Errorf("Path = %q, want %q", got, want)
	}
}

func TestLinksAreReadAndResolvedOnTheWatchedMachine(t *testing.T) {
	t.Parallel()
	files := hostfs.New(hostfs.Options{Root: machine(t)})
	if got, err := files.ReadLink("/etc/mtab"); err != nil || got != "/proc/stat" {
		t.Errorf("ReadLink = %q, %v", got, err)
	}
	if got, err := files.RealPath("/sys/class/net/eth0/address"); err != nil || got != "/sys/devices/eth0/address" {
		t.Errorf("RealPath = %q, %v", got, err)
	}
	if _, err := files.RealPath("/etc/up"); fault.Of(err) != fault.NotFound {
		t.Errorf("RealPath of a link into nothing gives %v", err)
	}
	info, err := files.Stat("/sys/class/net/eth0")
	if err != nil || !info.IsDir() {
		t.Errorf("Stat does not follow the link: %v, %v", info, err)
	}
	entries, err := files.ReadDir("/etc")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := cmp.Diff([]string{"away", "mtab", "os-release", "round", "up"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoFileIsRefusedWithoutHanging(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := hostfs.New(hostfs.Options{Root: root}).Open("/pipe")
	if fault.Of(err) != fault.Unsupported {
		t.Errorf("opening a pipe gives %v", err)
	}
}

func TestAFileTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	name := filepath.Join(root, "large")
	write(t, name, "")
	if err := os.Truncate(name, 8<<20+1); err != nil {
		t.Fatal(err)
	}
	files := hostfs.New(hostfs.Options{Root: root})
	if _, err := files.ReadFile("/large"); fault.Of(err) != fault.BadAnswer {
		t.Errorf("got %v", err)
	}
	if err := os.Truncate(name, 8<<20); err != nil {
		t.Fatal(err)
	}
	if data, err := files.ReadFile("/large"); err != nil || len(data) != 8<<20 {
		t.Errorf("a file of just the bound: %d bytes, %v", len(data), err)
	}
}

func TestErrorsNameTheFileOfTheWatchedMachine(t *testing.T) {
	t.Parallel()
	files := hostfs.New(hostfs.Options{Root: t.TempDir()})
	_, err := files.ReadFile("/proc/stat")
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "open /proc/stat: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

func TestUsageIsThatOfTheFileSystem(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux answers")
	}
	files := hostfs.New(hostfs.Options{})
	got, err := files.Usage("/")
	if err != nil {
		t.Fatal(err)
	}
	if got.SizeBytes == 0 || got.FreeBytes > got.SizeBytes || got.AvailBytes > got.FreeBytes {
		t.Errorf("no sense in %+v", got)
	}
	if _, err := files.Usage("/no/such/place"); fault.Of(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}

func FuzzNamesStayBelowTheRoot(f *testing.F) {
	for _, seed := range []string{"/proc/stat", "../../outside", "etc/up", "/etc/away", "//etc/./round/x", "\x00", "/etc/up/.."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		root := machine(t)
		data, err := hostfs.New(hostfs.Options{Root: root}).ReadFile(name)
		if err == nil && string(data) == "outside" {
			t.Errorf("%q leads out of the root", name)
		}
	})
}
