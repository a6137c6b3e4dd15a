package plugintest_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

func TestAClockStandsStillUntilItIsMoved(t *testing.T) {
	t.Parallel()
	clock := plugintest.NewClock()
	before := clock.Now()
	if again := clock.Now(); !again.Equal(before) {
		t.Errorf("it went on by itself, from %v to %v", before, again)
	}
	clock.Move(90 * time.Minute)
	if passed := clock.Now().Sub(before); passed != 90*time.Minute {
		t.Errorf("%v passed, want 90 minutes", passed)
	}
}
