package servers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Ports are given out from a range of their own: those of 32768 and above the
// kernel gives to everybody who asks for any, also while a server that was told
// one of them is still starting, or is away for a moment.
const (
	firstPort = 20000
	ports     = 10000
)

// Port returns a port of 127.0.0.1 on which nobody listens, neither over TCP nor
// over UDP. No other test is given it until this one has ended.
func Port(t testing.TB) int {
	t.Helper()
	port, leave, err := takePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return port
}

// takePort returns a port that is the caller's until it leaves it.
func takePort(ctx context.Context) (port int, leave func(), err error) {
	for range ports {
		port = firstPort + rand.IntN(ports) //nolint:gosec // nobody has to be kept from guessing it
		if leave, err = claim(ctx, port); err != nil {
			continue // another test has it
		}
		if err = unused(ctx, port); err == nil {
			return port, leave, nil
		}
		leave()
	}
	return 0, nil, fmt.Errorf("looking for a port that is free: %w", err)
}

// unused says who is at a port, if anybody is.
func unused(ctx context.Context, port int) error {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	var config net.ListenConfig
	stream, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	packets, err := config.ListenPacket(ctx, "udp", address)
	if err != nil {
		return errors.Join(err, stream.Close())
	}
	return errors.Join(stream.Close(), packets.Close())
}
