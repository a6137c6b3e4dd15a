package lockout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/plugin/lockout"
)

func TestAPartIsLeftAloneUntilItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var parts lockout.Parts[string]
		expect := func(name, want string, wanted bool) {
			t.Helper()
			if told, left := parts.Left(name, time.Now()); told != want || left != wanted {
				t.Errorf("%s is left alone: %v, with %q; want %v, with %q", name, left, told, wanted, want)
			}
		}
		expect("queues", "", false)
		parts.Leave("queues", time.Now().Add(time.Hour), "needs an administrator")
		expect("queues", "needs an administrator", true)
		expect("users", "", false)

		time.Sleep(time.Hour - time.Second)
		expect("queues", "needs an administrator", true)
		parts.Leave("users", time.Now().Add(time.Hour), "not in this version")

		time.Sleep(time.Second)
		expect("queues", "", false)
		expect("users", "not in this version", true)
		parts.Leave("queues", time.Now().Add(time.Minute), "still")
		expect("queues", "still", true)
	})
}
