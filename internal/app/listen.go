package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	// shutdownTimeout is how long requests may go on when Unity stops.
	shutdownTimeout = 3 * time.Second
)

// SocketPath returns where the server that runs on a data folder listens for
// the command line.
func SocketPath(settings config.Config) string { return filepath.Join(settings.Data, "unity.sock") }

// makeDataFolder makes the data folder when only that is missing.
func makeDataFolder(name string) error {
	err := os.Mkdir(name, 0o700)
	if err == nil || errors.Is(err, os.ErrExist) {
		return nil
	}
	return fault.As(fault.Of(err), err, "making the data folder").WithHint("Name a folder that can be made with --data.")
}

// listeners opens the web address and the socket in the data folder.
func listeners(ctx context.Context, settings config.Config) (web, socket net.Listener, err error) {
	var lc net.ListenConfig
	web, err = lc.Listen(ctx, "tcp", settings.Listen)
	if err != nil {
		failed := fault.As(fault.Config, err, "listening on %s", settings.Listen)
		if errors.Is(err, syscall.EADDRINUSE) {
			failed = fault.New(fault.Config, "listening on %s: another program listens there already", settings.Listen).
				WithHint("stop it, or choose another port with --listen :8081")
		}
		return nil, nil, failed
	}
	path := SocketPath(settings)
	if other, err := (&net.Dialer{}).DialContext(ctx, "unix", path); err == nil {
		return nil, nil, errors.Join(other.Close(), web.Close(),
			fault.New(fault.Conflict, "another Unity runs on the data folder %s", settings.Data).WithHint("stop it, or name another folder with --data"))
	}
	// Nobody answers there, so it is left over from a Unity that was killed.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, errors.Join(fault.Wrap(err, "removing the old socket %s", path), web.Close())
	}
	socket, err = lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, nil, errors.Join(fault.Wrap(err, "listening on %s", path), web.Close())
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, nil, errors.Join(fault.Wrap(err, "keeping %s to ourselves", path), web.Close(), socket.Close())
	}
	return web, socket, nil
}

// addressOf returns an address of the web interface that works: of a listener on
// every address, the one by which other machines reach this one.
func addressOf(ctx context.Context, listener net.Listener, encrypted bool) string {
	scheme := "http://"
	if encrypted {
		scheme = "https://"
	}
	bound, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !bound.IP.IsUnspecified() {
		return scheme + listener.Addr().String()
	}
	port := strconv.Itoa(bound.Port)
	for _, towards := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} {
		own, ok := ownAddress(ctx, towards)
		if !ok {
			continue
		}
		address := net.JoinHostPort(own, port)
		if reached, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address); err == nil {
			_ = reached.Close() // it was only to see that it works
			return scheme + address
		}
	}
	return scheme + net.JoinHostPort("localhost", port)
}

// ownAddress returns the address of this machine that it would use towards
// another network. Nothing is sent.
func ownAddress(ctx context.Context, towards string) (string, bool) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "udp", towards)
	if err != nil {
		return "", false
	}
	defer connection.Close()
	own, ok := connection.LocalAddr().(*net.UDPAddr)
	return own.IP.String(), ok && !own.IP.IsLoopback()
}

// serveHTTP answers on a listener until ctx ends, then lets requests finish.
// With certificates it speaks TLS.
func serveHTTP(ctx context.Context, handler http.Handler, listener net.Listener, certificates *certificates) error {
	group, ctx := errgroup.WithContext(ctx)
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// A client that speaks no TLS, or not to us, is no trouble of ours.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		// Live streams end with ctx; Shutdown does not wait for them.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	group.Go(func() error {
		serve := server.Serve
		if certificates != nil {
			server.TLSConfig = &tls.Config{GetCertificate: certificates.get, MinVersion: tls.VersionTLS12}
			serve = func(listener net.Listener) error { return server.ServeTLS(listener, "", "") }
		}
		if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fault.Wrap(err, "answering on %s", listener.Addr())
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if err := server.Shutdown(finish); err != nil {
			return server.Close()
		}
		return nil
	})
	return group.Wait()
}
