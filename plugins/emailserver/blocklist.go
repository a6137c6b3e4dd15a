package emailserver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// listing is what a blocklist says of the server's address.
type listing struct {
	Zone   string `json:"zone"`
	Listed bool   `json:"listed"`
	Answer string `json:"answer,omitempty"`
}

// askBlocklists looks for the server's address in blocklists.
func (c *collector) askBlocklists(ctx context.Context) ([]listing, []error) {
	address, err := netip.ParseAddr(c.config.PublicIP)
	if err != nil || len(c.config.DNSBLZones) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.Timeout.Std(), errOwnTime)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, at string) (net.Conn, error) {
		if c.config.Resolver != "" {
			at = c.config.Resolver
		}
		return c.host.Dial(ctx, network, at)
	}}
	var found []listing
	var problems []error
	for _, zone := range c.config.DNSBLZones {
		zone = strings.Trim(zone, ".")
		addresses, err := resolver.LookupHost(ctx, reversed(address)+"."+zone+".")
		missing := (*net.DNSError)(nil)
		switch {
		case errors.As(err, &missing) && missing.IsNotFound:
			found = append(found, listing{Zone: zone})
		case err != nil:
			problems = append(problems, fault.New(kindOfLookup(err), "asking the blocklist %s: no answer", zone).WithHint("see whether the name server answers"))
		default:
			answer, err := judgeListing(zone, addresses)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			found = append(found, answer)
		}
	}
	return found, problems
}

func kindOfLookup(err error) fault.Kind {
	if errors.Is(err, context.Canceled) {
		return fault.Canceled
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsTimeout {
		return fault.Timeout
	}
	return fault.DNS
}

// judgeListing reads an answer. Blocklists answer with addresses in 127.0.0.0/8;
// those in 127.255.255.0/24 say that they do not answer whoever asks.
func judgeListing(zone string, addresses []string) (listing, error) {
	for _, text := range addresses {
		if strings.HasPrefix(text, "127.255.255.") {
			return listing{}, fault.New(fault.Refused, "asking the blocklist %s: it refuses to answer this name server (%s)", zone, text).
				WithHint("blocklists refuse public name servers and too many questions; ask a resolver of your own")
		}
		if !strings.HasPrefix(text, "127.") {
			return listing{}, fault.New(fault.BadAnswer, "asking the blocklist %s: it answers %s, which is no answer of a blocklist", zone, text).
				WithHint("the list may be gone, or the name server answers for names that do not exist")
		}
	}
	slices.Sort(addresses)
	return listing{Zone: zone, Listed: true, Answer: strings.Join(addresses, " ")}, nil
}

// reversed is an address as blocklists are asked for it.
func reversed(address netip.Addr) string {
	address = address.Unmap()
	var parts []string
	if address.Is4() {
		for _, b := range address.As4() {
			parts = append(parts, strconv.Itoa(int(b)))
		}
	} else {
		for _, b := range address.As16() {
			parts = append(parts, strconv.FormatInt(int64(b>>4), 16), strconv.FormatInt(int64(b&15), 16))
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

// emitListings makes samples of what blocklists say.
func emitListings(all []listing, out *plugin.Batch) {
	for _, one := range all {
		out.AddBool("mail_dnsbl_listed", one.Listed, "zone", one.Zone)
	}
}
