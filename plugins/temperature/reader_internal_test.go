//go:build linux

package temperature

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/unity-homelab/unity/fault"
)

// chipFunc is a chip for tests.
type chipFunc func() ([]reading, error)

func (f chipFunc) read(context.Context) ([]reading, error) { return f() }

func TestAChipWhoseDriverHangsIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var chips busyChips
		release := make(chan struct{})
		slow := chipFunc(func() ([]reading, error) { <-release; return []reading{{Label: "late"}}, nil })

		replies, free := chips.start(t.Context(), "/slow", slow)
		if !free {
			t.Fatal("the first time nothing is under way")
		}
		synctest.Wait()
		if _, free := chips.start(t.Context(), "/slow", slow); free {
			t.Error("a second call was begun while the first hangs")
		}
		if _, free := chips.start(t.Context(), "/other", chipFunc(func() ([]reading, error) { return nil, nil })); !free {
			t.Error("another chip has to wait for the one that hangs")
		}
		close(release)
		synctest.Wait()
		if reply := <-replies; reply.err != nil || len(reply.readings) != 1 {
			t.Errorf("the late answer is %+v", reply)
		}
		if _, free := chips.start(t.Context(), "/slow", slow); !free {
			t.Error("after it came back it is not asked any more")
		}
		synctest.Wait()
	})
}

func TestAPanicInADriverIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var chips busyChips
		replies, _ := chips.start(t.Context(), "/bad", chipFunc(func() ([]reading, error) { panic("out of range") }))
		if reply := <-replies; fault.Of(reply.err) != fault.Internal {
			t.Errorf("got %+v", reply)
		}
	})
}

func TestSensorsOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	readings := distinctLabels([]reading{
		{Label: "Tccd1", Kind: temperature},
		{Label: "Tccd1", Kind: temperature},
		{Label: "Tccd1", Kind: temperature},
		{Label: "Tccd1 2", Kind: temperature},
		{Label: "Tccd1", Kind: fan},
	})
	seen := make(map[string]bool)
	for _, r := range readings {
		if seen[string(r.Kind)+r.Label] {
			t.Errorf("%s %q is there twice", r.Kind, r.Label)
		}
		seen[string(r.Kind)+r.Label] = true
	}
}
