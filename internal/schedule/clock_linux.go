package schedule

import (
	"time"

	"golang.org/x/sys/unix"
)

// asleep returns for how long the machine has slept since it started: the boot
// clock counts sleep and the monotonic clock does not.
func asleep() time.Duration {
	var boot, monotonic unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &monotonic) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil {
		return 0
	}
	return time.Duration(boot.Nano() - monotonic.Nano())
}
