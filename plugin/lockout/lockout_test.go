package lockout_test

import (
	"errors"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/lockout"
)

func TestARefusedLoginIsLeftAloneForLongerEachTime(t *testing.T) {
	t.Parallel()
	var guard lockout.Guard
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	wrong := fault.New(fault.Auth, "logging in: the password is wrong").WithHint("check it")
	for _, pause := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 6 * time.Hour} {
		if err := guard.Refused(now); err != nil {
			t.Fatalf("at %v it is still left alone: %v", now, err)
		}
		err := guard.Note(wrong, now)
		want := "check it; it is tried again at " + now.Add(pause).Format("15:04 UTC") + ", or at once with other settings"
		if fault.Of(err) != fault.Auth || err.Error() != wrong.Error() || fault.Hint(err) != want {
			t.Errorf("it says %s: %v (%s)\nwant the hint %s", fault.Of(err), err, fault.Hint(err), want)
		}
		if guard.Refused(now.Add(pause-time.Second)) == nil {
			t.Errorf("after %v it is tried again", pause-time.Second)
		}
		now = now.Add(pause)
	}
}

func TestOnlyARefusedLoginIsLeftAlone(t *testing.T) {
	t.Parallel()
	var guard lockout.Guard
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	silent := fault.New(fault.Timeout, "no answer")
	if err := guard.Note(silent, now); !errors.Is(err, silent) || guard.Refused(now) != nil {
		t.Errorf("silence is taken for a refusal: %v", err)
	}
	_ = guard.Note(fault.New(fault.Auth, "wrong"), now) // what it returns is looked at above
	if err := guard.Note(nil, now); err != nil || guard.Refused(now) != nil {
		t.Error("a login that went well does not end the pause")
	}
}
