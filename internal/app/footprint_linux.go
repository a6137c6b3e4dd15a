package app

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
)

// between is how long pages may stay that only the start needed, or that something
// rare brought in. To map anew what is used all the time takes less than a
// millisecond.
const between = 10 * time.Second

// giveBack unmaps the pages of the program's file again and again, until ctx
// ends: making the schemas, migrating and the like touch most of it, a page of
// the interface some of it, and after that little is used, but the kernel maps
// sixteen pages for each that is touched.
// Pages that are in use come back from the cache of files at once. The others
// count for the process no more, and the kernel, which prefers to keep what is
// mapped, drops them sooner when memory is short.
func giveBack(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(between):
		}
		if err := unmapProgram(); err != nil {
			return err
		}
	}
}

// unmapProgram unmaps what is mapped of the program's file and was not written
// to.
func unmapProgram() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil // without /proc there is nothing to do
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != program || strings.Contains(fields[1], "w") {
			continue
		}
		first, behind, _ := strings.Cut(fields[0], "-")
		start, err := strconv.ParseUint(first, 16, 64)
		if err != nil {
			continue
		}
		end, err := strconv.ParseUint(behind, 16, 64)
		if err != nil || end <= start {
			continue
		}
		if _, _, failed := unix.Syscall(unix.SYS_MADVISE, uintptr(start), uintptr(end-start), unix.MADV_DONTNEED); failed != 0 {
			return fault.Wrap(failed, "giving back what only the start needed")
		}
	}
	return nil
}
