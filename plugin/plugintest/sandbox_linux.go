package plugintest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// unityUser is the number of the ordinary user called unity, and of its group.
const unityUser = 64738

// Sandbox is a place apart on this machine, where a test may be another user,
// have another network, and see other files. It is for one thread alone and ends
// with it; the machine stays as it is. It needs root.
type Sandbox struct {
	// Network is a network of its own: nothing but a loopback that is up.
	Network bool
	// Files are seen at the names that are the keys, in place of what the machine
	// has there.
	Files map[string]string
	// User makes the test an ordinary user called unity.
	User bool
	// Sudoers is what sudo allows that user.
	Sudoers string
	// Groups are those that the user is in beside its own.
	Groups []uint32
	// Capabilities are what the user may do nevertheless, such as
	// unix.CAP_NET_ADMIN; programs that it starts have them as well.
	Capabilities []uintptr
}

// Run calls prepare as root, and then do as the user. Prepare may be nil.
func (s Sandbox) Run(tb testing.TB, prepare, do func()) {
	tb.Helper()
	if os.Getuid() != 0 {
		Skip(tb, "needs root, for a namespace of its own")
	}
	files := maps.Clone(s.Files)
	if s.User {
		if files == nil {
			files = make(map[string]string)
		}
		maps.Copy(files, s.accounts(tb))
	}
	OnOwnThread(func() {
		if err := s.enter(files); err != nil {
			tb.Errorf("entering a namespace: %v", err)
			return
		}
		if prepare != nil {
			prepare()
		}
		if s.User {
			if err := s.become(); err != nil {
				tb.Errorf("becoming another user: %v", err)
				return
			}
		}
		do()
	})
}

// accounts are the files that know the user.
func (s Sandbox) accounts(tb testing.TB) map[string]string {
	tb.Helper()
	folder := tb.TempDir()
	files := make(map[string]string)
	for place, text := range map[string]string{
		"/etc/passwd":  "root:x:0:0:root:/root:/bin/sh\nunity:x:64738:64738::/nonexistent:/bin/sh\n",
		"/etc/group":   "root:x:0:\nunity:x:64738:\n",
		"/etc/shadow":  "root:*:1::::::\nunity:*:1::::::\n",
		"/etc/sudoers": "Defaults !syslog\nroot ALL=(ALL:ALL) ALL\n" + s.Sudoers,
	} {
		name := filepath.Join(folder, filepath.Base(place))
		err := os.WriteFile(name, []byte(text), 0o440)
		if err == nil {
			err = os.Chmod(name, 0o444)
		}
		if err != nil {
			tb.Fatal(err)
		}
		files[place] = name
	}
	return files
}

// enter gives this thread a view of its own of files and network.
func (s Sandbox) enter(files map[string]string) error {
	spaces := unix.CLONE_FS | unix.CLONE_NEWNS
	if s.Network {
		spaces |= unix.CLONE_NEWNET
	}
	if err := unix.Unshare(spaces); err != nil {
		return err
	}
	problems := []error{unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")}
	for place, name := range files {
		problems = append(problems, unix.Mount(name, place, "", unix.MS_BIND, ""))
	}
	if s.Network {
		problems = append(problems, loopbackUp())
	}
	return errors.Join(problems...)
}

func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}

// become gives this thread, and no other, the rights of the user.
func (s Sandbox) become() error {
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return err
	}
	// What the standard library has for this changes all threads.
	groups := append([]uint32{unityUser}, s.Groups...)
	calls := [][3]uintptr{{unix.SYS_SETRESGID, unityUser}, {unix.SYS_SETRESUID, unityUser}}
	if err := setgroups(groups); err != nil {
		return err
	}
	for _, call := range calls {
		if _, _, failed := syscall.RawSyscall(call[0], call[1], call[1], call[1]); failed != 0 {
			return failed
		}
	}
	return s.keepCapabilities()
}

func (s Sandbox) keepCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	for _, c := range s.Capabilities {
		bit := uint32(1) << (c % 32)
		d := &data[c/32]
		d.Effective, d.Permitted, d.Inheritable = d.Effective|bit, d.Permitted|bit, d.Inheritable|bit
	}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return err
	}
	for _, c := range s.Capabilities {
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0); err != nil {
			return err
		}
	}
	return nil
}
