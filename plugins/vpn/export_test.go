package vpn

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Told is what is known of a device with one peer, apart from its traffic, which
// goes on.
type Told struct {
	PublicKey string
	Port      int
	Key       string
	Endpoint  string
	Allowed   string
	Handshake time.Time
	Keepalive float64
}

func told(d device) Told {
	t := Told{PublicKey: d.publicKey, Port: d.port}
	for _, p := range d.peers {
		t.Key, t.Endpoint, t.Allowed, t.Handshake, t.Keepalive = p.key, p.endpoint, strings.Join(p.allowed, ","), p.handshake, p.keepalive
	}
	return t
}

// AsOfKernel reads a device as those of the kernel are read.
func AsOfKernel(name string) (Told, error) {
	var k kernel
	devices, err := k.read([]string{name})
	if err != nil || len(devices) != 1 {
		return Told{}, err
	}
	return told(devices[0]), k.close()
}

// AtSocket reads a device at its socket.
func AtSocket(ctx context.Context, host plugin.Host, name string) (Told, error) {
	c := collector{config: defaults(), host: host}
	d, err := c.readSocket(ctx, name)
	return told(d), err
}
