package webservice

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// dial connects through the host, with the wanted version of IP and resolver.
func (c *collector) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "tcp" && c.plan.IPVersion != "any" {
		network += c.plan.IPVersion
	}
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if c.plan.resolver == nil || isAddress(name) {
		return c.host.Dial(ctx, network, address)
	}
	addresses, err := c.lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, at := range addresses {
		conn, err := c.host.Dial(ctx, network, net.JoinHostPort(at.String(), port))
		if err == nil {
			return conn, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

// lookup asks the wanted resolver for the addresses of a name.
func (c *collector) lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	if at, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{at}, nil
	}
	resolver := net.DefaultResolver
	if server := c.plan.resolver; server != nil {
		resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.host.Dial(ctx, server.Scheme, server.Host)
		}}
	}
	network := "ip"
	if c.plan.IPVersion != "any" {
		network += c.plan.IPVersion
	}
	addresses, err := resolver.LookupNetIP(ctx, network, name)
	if err != nil {
		return nil, err
	}
	for i := range addresses {
		addresses[i] = addresses[i].Unmap()
	}
	return addresses, nil
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// ownNetworkGone reports whether the error says something about this machine
// instead of the endpoint.
func ownNetworkGone(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// unreached sets the reason why there was no answer. It returns the error when
// that is this machine's own.
func (c *collector) unreached(r *result, watch *stopwatch, what string, err error) error {
	if ownNetworkGone(err) {
		return fault.As(fault.Unreachable, err, "this machine has no way to the network")
	}
	kind, words, hint := fetch.Explain(err)
	reason := reasonConnection
	switch kind {
	case fault.Timeout:
		reason = reasonTimeout
		words = "no answer within " + c.plan.Timeout.String()
		if phase := watch.phase(); phase != "" {
			words += ", in phase " + phase
		}
	case fault.DNS:
		reason = reasonDNS
		if c.plan.resolver != nil {
			words += " at " + c.plan.resolver.Host
		}
	case fault.Refused:
		reason = reasonRefused
	case fault.TLS:
		reason = reasonTLS
	}
	if errors.Is(err, fetch.ErrManyRedirects) {
		reason = reasonRedirect
	}
	r.fail(reason, what+": "+words, hint)
	return nil
}

// noteAddress keeps what was connected to.
func (r *result) noteAddress(remote net.Addr) {
	if remote == nil {
		return
	}
	at, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return
	}
	r.address, r.ip = at.Addr().Unmap().String(), 6
	if at.Addr().Unmap().Is4() {
		r.ip = 4
	}
}
