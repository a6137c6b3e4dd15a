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

// settled is how long after the start only what is used all the time should be
// in memory.
const settled = time.Minute

// giveBack unmaps the pages of the program's file once, when the start is over:
// making the schemas, migrating and the like touch most of it, and after that
// little is used. Pages that are come back from the cache of files at their next
// use. The others count for the process no more, and the kernel, which prefers to
// keep what is mapped, drops them sooner when memory is short.
func giveBack(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(settled):
	}
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
