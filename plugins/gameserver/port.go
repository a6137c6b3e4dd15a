package gameserver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// readTCP only connects.
func (c *collector) readTCP(ctx context.Context) (*report, error) {
	began := c.host.Now()
	_, done, err := c.dialTCP(ctx, c.config.address())
	if err != nil {
		return nil, err
	}
	took := c.host.Now().Sub(began)
	done()
	return &report{Took: &took}, nil
}

// readUDP sends something and waits for the machine to say that nobody listens.
// One that says nothing may have somebody who listens, or a firewall.
func (c *collector) readUDP(ctx context.Context) (*report, error) {
	l, done, err := c.dialUDP(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	l.each = min(l.each, time.Second)
	took, err := l.ask(question{name: "anything", packet: []byte{0}, accept: func([]byte) (bool, error) { return true, nil }})
	if errors.Is(err, errSilent) {
		err = nil
	}
	return &report{Took: took}, err
}

// lookupTime is how long a name server has to say where a Minecraft server is.
const lookupTime = 2 * time.Second

// javaAddress is where a Minecraft server is: at the port that was given, or else
// where DNS says, as the game does it.
func (c *collector) javaAddress(ctx context.Context) string {
	host, port := c.config.place()
	if _, err := netip.ParseAddr(host); port != 0 || err == nil || !strings.Contains(host, ".") {
		return c.config.address()
	}
	ctx, cancel := context.WithTimeout(ctx, min(lookupTime, c.config.Timeout.Std()/2))
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: c.host.Dial}
	_, records, err := resolver.LookupSRV(ctx, "minecraft", "tcp", host)
	if err != nil || len(records) == 0 || records[0].Port == 0 {
		return c.config.address() // most servers have no such record
	}
	return net.JoinHostPort(strings.TrimSuffix(records[0].Target, "."), strconv.Itoa(int(records[0].Port)))
}
