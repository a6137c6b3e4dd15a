package systeminfo

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAChoreWorksBesideTheRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, done := 0, 0
		c := newChore(t.Context(), time.Hour, func(ctx context.Context) (int, error) {
			began++
			select {
			case <-time.After(time.Minute):
				done++
				return done, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		})
		start := time.Now()
		if _, at, err := c.result(t.Context(), time.Now()); !at.IsZero() || err != nil {
			t.Errorf("a result of %v, %v before the work is done", at, err)
		}
		if waited := time.Since(start); waited != choreGrace {
			t.Errorf("the run waited %v", waited)
		}
		time.Sleep(time.Minute) // of the bubble's own clock
		synctest.Wait()
		if value, at, err := c.result(t.Context(), time.Now()); value != 1 || !at.Equal(start) || err != nil {
			t.Errorf("got %d of %v, %v", value, at, err)
		}
		time.Sleep(time.Hour)
		if value, _, _ := c.result(t.Context(), time.Now()); value != 1 {
			t.Errorf("while it works again the value is %d", value)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if value, _, err := c.result(t.Context(), time.Now()); value != 1 || !errors.Is(err, context.Canceled) || began != 2 {
			t.Errorf("closed in the middle: %d, %v, began %d times", value, err, began)
		}
	})
}
