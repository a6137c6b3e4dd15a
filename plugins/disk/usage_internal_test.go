package disk

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func mountAt(id int, name string) mount { return mount{ID: id, Device: "0:50", Mountpoint: name} }

func TestAMountThatHangsIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var asked atomic.Int32
		p := &prober{ask: func(name string) (plugin.Usage, error) {
			if name == "/dead" {
				asked.Add(1)
				<-release
			}
			return plugin.Usage{SizeBytes: 1}, nil
		}}
		mounts := []mount{mountAt(1, "/"), mountAt(2, "/dead")}

		start := time.Now()
		answers := p.askAll(t.Context(), mounts, 2*time.Second)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("it waited %v for the mount that hangs, not 2 s", took)
		}
		if answers[0].Hung || answers[0].Err != nil || !answers[1].Hung {
			t.Errorf("answers are %+v", answers)
		}

		start = time.Now()
		answers = p.askAll(t.Context(), mounts, 2*time.Second)
		if took := time.Since(start); took != 0 || !answers[1].Hung || answers[0].Hung {
			t.Errorf("the second time took %v: %+v", took, answers)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("the mount that hangs was asked %d times", n)
		}

		// Another mount at the same place is another matter.
		remounted := mount{ID: 3, Device: "0:51", Mountpoint: "/other"}
		if answers := p.askAll(t.Context(), []mount{remounted}, time.Second); answers[0].Hung {
			t.Error("a new mount is taken for the one that hangs")
		}

		close(release)
		synctest.Wait()
		if answers := p.askAll(t.Context(), mounts, 2*time.Second); answers[1].Hung || answers[1].Err != nil {
			t.Errorf("after it came back: %+v", answers[1])
		}
	})
}

func TestCallsThatHangAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var running, most atomic.Int32
		p := &prober{ask: func(string) (plugin.Usage, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			<-release
			return plugin.Usage{}, nil
		}}
		var mounts []mount
		for i := range 3 * maxCalls {
			mounts = append(mounts, mountAt(i, fmt.Sprint("/", i)))
		}
		answers := p.askAll(t.Context(), mounts, time.Second)
		if n := most.Load(); n != maxCalls {
			t.Errorf("%d calls at once, not %d", n, maxCalls)
		}
		if !answers[0].Hung || answers[len(answers)-1].Hung || answers[len(answers)-1].Err == nil {
			t.Errorf("first %+v, last %+v", answers[0], answers[len(answers)-1])
		}
		close(release)
		synctest.Wait()
	})
}

func TestManyMountsThatAnswerAreAllAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &prober{ask: func(string) (plugin.Usage, error) { return plugin.Usage{SizeBytes: 7}, nil }}
		var mounts []mount
		for i := range 10 * maxCalls {
			mounts = append(mounts, mountAt(i, fmt.Sprint("/", i)))
		}
		for i, a := range p.askAll(t.Context(), mounts, time.Second) {
			if a.Err != nil || a.Hung || a.Usage.SizeBytes != 7 {
				t.Fatalf("mount %d: %+v", i, a)
			}
		}
	})
}

func TestAskingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := &prober{ask: func(string) (plugin.Usage, error) { <-release; return plugin.Usage{}, errors.New("late") }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		p.askAll(ctx, []mount{mountAt(1, "/dead")}, time.Hour)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it went on for %v after a context of 1 s", took)
		}
		close(release)
		synctest.Wait()
	})
}
