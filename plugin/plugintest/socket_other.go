//go:build !unix

package plugintest

// makeSocket makes a plain file in place of a socket.
func makeSocket(name string) error { return writeFile(name, nil) }
