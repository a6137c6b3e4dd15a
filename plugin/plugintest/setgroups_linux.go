package plugintest

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// setgroups puts this thread, and no other, into groups.
func setgroups(groups []uint32) error {
	_, _, failed := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
	if failed != 0 {
		return failed
	}
	return nil
}
