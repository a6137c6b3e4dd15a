package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheProgramGoesOnWhenItGaveBackWhatItDoesNotUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		if err := giveBack(ctx); err != nil {
			t.Error(err)
		}
	})
}
