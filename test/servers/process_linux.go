package servers

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// runAs makes a program run as a user where we are root: database servers
// refuse to be. No name is no other user. It ends when the test process does, however that ends.
func runAs(name string, command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 || name == "" {
		return nil
	}
	uid, gid, err := idsOf(name)
	if err != nil {
		return err
	}
	command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// giveTo makes a user the owner of a folder where we are root.
func giveTo(name, folder string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := idsOf(name)
	if err != nil {
		return err
	}
	return os.Chown(folder, uid, gid)
}

func idsOf(name string) (uid, gid int, err error) {
	account, err := user.Lookup(name)
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(account.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(account.Gid)
	return uid, gid, err
}

// take waits until nobody has a file locked, locks it, and returns what unlocks
// it again. No name is no lock.
func take(path string) (leave func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { file.Close() }, nil
}

// claim makes a port the caller's among all tests of the machine, until it leaves
// it or its process ends: a name for a socket can be had once.
func claim(ctx context.Context, port int) (leave func(), err error) {
	var config net.ListenConfig
	name, err := config.Listen(ctx, "unix", "@unity-test-port-"+strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	return func() { name.Close() }, nil
}

// family returns a process and its children, the parent first, so that one that
// watches over its children cannot do anything about what happens to them.
func family(parent *os.Process) []*os.Process {
	all := []*os.Process{parent}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent …; the name may hold anything.
		_, after, _ := strings.Cut(string(content), ") ")
		fields := strings.Fields(after)
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent.Pid) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if child, err := os.FindProcess(pid); err == nil {
			all = append(all, child)
		}
	}
	return all
}

// await waits until a process that was killed has ended, although it may be the
// child of another one.
func await(process *os.Process) {
	handle, err := unix.PidfdOpen(process.Pid, 0)
	if err != nil {
		return // it has
	}
	defer func() { _ = unix.Close(handle) }()
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}, int(patience.Milliseconds()))
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func pause(family []*os.Process) error  { return signal(family, syscall.SIGSTOP) }
func resume(family []*os.Process) error { return signal(family, syscall.SIGCONT) }

func signal(family []*os.Process, signal os.Signal) error {
	for _, process := range family {
		if err := process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	return nil
}
