package app

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestTheProgramGoesOnWhenItGaveBackWhatTheStartNeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := giveBack(t.Context()); err != nil {
			t.Error(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := giveBack(ctx); err != nil {
			t.Error(err)
		}
	})
}
