//go:build !linux

package schedule

import "time"

// asleep knows nothing here; sleep shows as a step of the clock.
func asleep() time.Duration { return 0 }
