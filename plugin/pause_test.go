package plugin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func TestAPauseIsMadeOnlyWhereTimePasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := plugin.Pause(t.Context(), time.Second, began, func() time.Time { return began }); err != nil || !time.Now().Equal(began) {
			t.Errorf("on a clock that stands still: %v after %v", err, time.Since(began))
		}
		time.Sleep(time.Millisecond)
		if err := plugin.Pause(t.Context(), time.Second, began, time.Now); err != nil || time.Since(began) != time.Second+time.Millisecond {
			t.Errorf("on one that goes: %v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := plugin.Pause(ctx, time.Hour, began, time.Now); !errors.Is(err, context.Canceled) {
			t.Errorf("when the run ended: %v", err)
		}
	})
}
