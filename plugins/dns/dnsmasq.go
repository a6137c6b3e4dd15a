package dns

import (
	"context"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// dnsmasq tells its figures to who asks for names of the class CHAOS.
type dnsmasq struct {
	c *collector
	asker
}

func (c *collector) dnsmasq() *dnsmasq {
	address := c.config.Server
	if address == "" {
		address = "127.0.0.1"
	}
	return &dnsmasq{c, asker{host: c.host, transport: transportUDP, address: addressOf(address, "53"), timeout: c.config.Timeout.Std()}}
}

// answers reports whether the server tells its figures.
func (d *dnsmasq) answers(ctx context.Context) (bool, error) {
	r, err := d.say(ctx, "cachesize")
	return err == nil && len(r.answers) > 0, err
}

func (d *dnsmasq) say(ctx context.Context, what string) (reply, error) {
	return d.ask(ctx, what+".bind", dnsmessage.TypeTXT, dnsmessage.ClassCHAOS, false)
}

// figure asks for one number.
func (d *dnsmasq) figure(ctx context.Context, what string) (*float64, error) {
	r, err := d.say(ctx, what)
	if err != nil {
		return nil, err
	}
	if len(r.answers) == 0 {
		return nil, fault.New(fault.WrongService, "asking %s for %s.bind: it says %s", d.address, what, r.rcode).
			WithHint("it is no dnsmasq, or one that was built without this")
	}
	value, err := strconv.ParseUint(r.answers[0], 10, 63)
	if err != nil {
		return nil, fault.New(fault.WrongService, "asking %s for %s.bind: it says %q", d.address, what, r.answers[0])
	}
	return number(float64(value)), nil
}

func (d *dnsmasq) read(ctx context.Context, out *plugin.Batch, doc *document) error {
	doc.Type = kindDnsmasq
	size, err := d.figure(ctx, "cachesize")
	if err != nil {
		return err
	}
	out.Add("dns_cache_size", *size)
	said := make(map[string]*float64)
	for _, each := range []struct{ what, metric string }{
		{"hits", "dnsmasq_cache_hits_total"},
		{"misses", "dnsmasq_cache_misses_total"},
		{"insertions", "dnsmasq_cache_insertions_total"},
		{"evictions", "dnsmasq_cache_evictions_total"},
		{"auth", ""},
	} {
		value, err := d.figure(ctx, each.what)
		if err != nil && each.what == "auth" {
			continue // built without it
		}
		out.Problem(err)
		if each.metric != "" {
			addIf(out, each.metric, value)
		}
		said[each.what] = value
	}
	if hits, misses := said["hits"], said["misses"]; hits != nil && misses != nil {
		queries := *hits + *misses
		if auth := said["auth"]; auth != nil {
			queries += *auth
		}
		d.c.total(out, "dns_queries_total", queries)
		if ratio, ok := d.c.tracker.Ratio("hits", *hits, queries); ok {
			doc.Summary.CacheHitRatio = number(ratio)
			out.Add("dns_cache_hit_ratio", ratio)
		}
	}
	d.readServers(ctx, out, doc)
	return nil
}

// readServers reads whom it asks: "192.168.1.1#53 120 3" is an address, queries,
// and how many of them failed.
func (d *dnsmasq) readServers(ctx context.Context, out *plugin.Batch, doc *document) {
	r, err := d.say(ctx, "servers")
	out.Problem(err)
	const most = 50
	seen := make(map[string]bool)
	for _, line := range r.answers[:min(len(r.answers), most)] {
		words := strings.Fields(line)
		if len(words) != 3 || seen[words[0]] {
			continue
		}
		seen[words[0]] = true
		queries, queriesErr := strconv.ParseUint(words[1], 10, 63)
		failures, failuresErr := strconv.ParseUint(words[2], 10, 63)
		if queriesErr != nil || failuresErr != nil {
			out.Problem(fault.New(fault.BadAnswer, "asking %s for servers.bind: it says %q", d.address, line))
			continue
		}
		out.Add("dnsmasq_upstream_queries_total", float64(queries), "upstream", words[0])
		out.Add("dnsmasq_upstream_failures_total", float64(failures), "upstream", words[0])
		doc.Upstreams = append(doc.Upstreams, upstream{Name: words[0], Queries: number(float64(queries)), Failures: number(float64(failures))})
	}
}

func (d *dnsmasq) close(context.Context) error { return nil }

// total puts in a counter of queries, and how fast it grew.
func (c *collector) total(out *plugin.Batch, name string, value float64) {
	out.Add(name, value)
	if name != "dns_queries_total" {
		return
	}
	if rate, ok := c.tracker.Rate("queries", value); ok {
		out.Add("dns_queries_per_second", rate)
	}
}
