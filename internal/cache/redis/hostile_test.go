package redis_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/cache/redis"
)

// hostile is a server that answers every connection in its own way.
func hostile(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			answer(conn)
			_ = conn.Close() // the mirror may have done that
		}
	}()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return "redis://" + listener.Addr().String()
}

func TestWhateverAnswersInPlaceOfRedisIsSaidAndDoesNoHarm(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"a text of four exabytes":           "$4000000000000000000\r\n",
		"a text of sixty gigabytes":         "$64000000000\r\n",
		"a list of a billion":               "*1000000000\r\n",
		"a list of less than nothing":       "*-7\r\n",
		"lists in lists in lists":           strings.Repeat("*1\r\n", 100_000),
		"a map of version 3":                "%1000000000\r\n",
		"something that nobody asked for":   ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n",
		"another protocol":                  "HTTP/1.1 400 Bad Request\r\n\r\n",
		"a line without an end":             strings.Repeat("+", 1<<20),
		"nothing but zeros":                 strings.Repeat("\x00", 100),
		"half of an answer":                 "+O",
		"the end":                           "",
		"a refusal":                         "-ERR no\r\n-ERR no\r\n-ERR no\r\n",
		"more answers than there were asks": strings.Repeat("+OK\r\n", 10) + strings.Repeat("$-9\r\n", 10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := hostile(t, func(conn net.Conn) {
				if _, err := io.WriteString(conn, answer); err != nil {
					return // it was enough for the mirror
				}
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.CloseWrite() // it may be gone
				}
				_, _ = io.Copy(io.Discard, conn) // the same
			})
			said := make(chan string, 100)
			mirror, err := redis.New(redis.Settings{Address: address, Group: "home", Log: slog.New(logTo{lines: said})})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- mirror.Run(ctx) }()
			mirror.Committed(report("fans", 1, "event"))
			next(t, said, "does not have the latest")
			if p := mirror.Problem(); p == nil || p.Hint == "" {
				t.Errorf("the problem is %+v", p)
			}
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAServerThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	address := hostile(t, func(net.Conn) { <-release })
	said := make(chan string, 100)
	mirror, err := redis.New(redis.Settings{Address: address, Log: slog.New(logTo{lines: said})})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- mirror.Run(ctx) }()
	if line := next(t, said, "does not have the latest"); !strings.Contains(line, "stopped, overloaded") {
		t.Errorf("it says %s", line)
	}
	stop()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
