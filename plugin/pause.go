package plugin

import (
	"context"
	"time"
)

// Pause waits between the two looks that the first run of a counter needs, unless
// ctx ends before. Where the clock has stood still since the first, as that of a
// recorded machine does, waiting changes nothing.
func Pause(ctx context.Context, d time.Duration, since time.Time, now func() time.Time) error {
	if now().Equal(since) {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
