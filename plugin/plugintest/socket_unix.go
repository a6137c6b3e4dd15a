//go:build unix

package plugintest

import "golang.org/x/sys/unix"

// makeSocket makes a file that is a socket, with nobody behind it.
func makeSocket(name string) error {
	return unix.Mknod(name, unix.S_IFSOCK|0o600, 0)
}
