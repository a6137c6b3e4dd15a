package plugintest_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

func TestAThreadOfItsOwnIsNeverTheMainThread(t *testing.T) {
	t.Parallel()
	for range 200 { // the main thread is as good as any other to the scheduler
		plugintest.OnOwnThread(func() {
			if unix.Gettid() == unix.Getpid() {
				t.Error("it is the main thread, which does not end")
			}
		})
		runtime.Gosched()
	}
}
