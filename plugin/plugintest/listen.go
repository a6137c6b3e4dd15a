package plugintest

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Listen serves TCP connections of this machine until the test ends, each in a
// goroutine of its own, and returns where. A connection is closed when talk returns,
// and when the test is over.
func Listen(tb testing.TB, talk func(net.Conn)) (address string) {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var group sync.WaitGroup
	tb.Cleanup(group.Wait)
	tb.Cleanup(func() { _ = listener.Close() })
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed with the test
			}
			group.Go(func() {
				defer context.AfterFunc(tb.Context(), func() { _ = conn.Close() })()
				defer func() { _ = conn.Close() }()
				talk(conn)
			})
		}
	})
	return listener.Addr().String()
}
