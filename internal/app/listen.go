package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
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
				WithHint("stop it, or choose another address with --listen 127.0.0.1:8081")
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

// serveHTTP answers on the listeners until ctx ends, then lets requests finish.
func serveHTTP(ctx context.Context, handler http.Handler, on ...net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, listener := range on {
		server := &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: readHeaderTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			// Live streams end with ctx; Shutdown does not wait for them.
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		group.Go(func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
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
	}
	return group.Wait()
}
