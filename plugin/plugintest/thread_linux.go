package plugintest

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// OnOwnThread calls do on a thread that ends with it, and returns then. What do
// changes of its thread, such as rights and namespaces, concerns nothing else.
func OnOwnThread(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread is of no use to others
		if unix.Gettid() == unix.Getpid() {
			// Go does not end the main thread but parks it as it was left: its
			// namespace would keep every file system that was mounted then. While
			// it is held here, do gets another.
			defer runtime.UnlockOSThread()
			OnOwnThread(do)
			return
		}
		do()
	}()
	<-done
}
