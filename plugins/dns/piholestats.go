package dns

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func (p *pihole) read(ctx context.Context, out *plugin.Batch, doc *document) error {
	doc.Type = kindPihole
	if err := p.readSummary(ctx, out, doc); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *plugin.Batch, *document) error{
		p.readBlocking, p.readUpstreams, p.readVersion, p.readCache, p.readMessages, p.readTops,
	} {
		if err := step(ctx, out, doc); err != nil {
			if fault.Of(err) == fault.Auth || ctx.Err() != nil {
				return err
			}
			out.Problem(err)
		}
	}
	return nil
}

// day is what Pi-hole counts over.
const day = "24h"

func (p *pihole) readSummary(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Queries struct {
			Total     *float64           `json:"total"`
			Blocked   *float64           `json:"blocked"`
			Frequency *float64           `json:"frequency"`
			Types     map[string]float64 `json:"types"`
			Status    map[string]float64 `json:"status"`
			Replies   map[string]float64 `json:"replies"`
		} `json:"queries"`
		Clients struct {
			Active *float64 `json:"active"`
			Total  *float64 `json:"total"`
		} `json:"clients"`
		Gravity struct {
			Domains *float64 `json:"domains_being_blocked"`
			Updated float64  `json:"last_update"`
		} `json:"gravity"`
	}
	if err := p.get(ctx, "/api/stats/summary", nil, &said); err != nil {
		return err
	}
	q := said.Queries
	if q.Total == nil {
		return fault.New(fault.BadAnswer, "GET %s: the answer holds no count of queries", p.c.web.URL("/api/stats/summary"))
	}
	window(out, doc, day, q.Total, q.Blocked)
	addIf(out, "dns_queries_per_second", q.Frequency)
	countWords(out, "dns_queries_by_type_window", "qtype", q.Types)
	countWords(out, "dns_replies_by_rcode_window", "rcode", q.Replies)
	countWords(out, "dns_queries_by_result_window", "result", q.Status)
	if failed, there := q.Replies["SERVFAIL"]; there && *q.Total > 0 {
		out.Add("dns_servfail_ratio", min(failed / *q.Total, 1))
	}
	addIf(out, "dns_clients", said.Clients.Active, "state", "active")
	addIf(out, "dns_clients", said.Clients.Total, "state", "total")
	doc.Summary.Clients = said.Clients.Active
	addIf(out, "dns_blocklist_domains", said.Gravity.Domains)
	doc.Summary.Blocklist = said.Gravity.Domains
	p.c.listsUpdated(out, doc, said.Gravity.Updated)
	return nil
}

// listsUpdated puts in how old the lists are.
func (c *collector) listsUpdated(out *plugin.Batch, doc *document, seconds float64) {
	at := moment(seconds)
	if at == nil {
		return
	}
	doc.Summary.ListsUpdated = at
	if age := c.host.Now().Sub(*at).Seconds(); age >= 0 {
		out.Add("dns_blocklist_age_seconds", age)
	}
}

// maxWords bounds series by a word of the server's.
const maxWords = 40

// countWords puts in a count for each word, over Pi-hole's day.
func countWords(out *plugin.Batch, name, label string, counts map[string]float64) {
	words := make([]string, 0, len(counts))
	for word := range counts {
		if isShortWord(word) || word == "EXTERNAL_BLOCKED_NXRA" || word == "EXTERNAL_BLOCKED_NULL" || word == "EXTERNAL_BLOCKED_EDE15" || word == "EXTERNAL_BLOCKED_IP" {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	seen := make(map[string]bool)
	for _, word := range words[:min(len(words), maxWords)] {
		value := word
		if label == "result" {
			value = strings.ToLower(word)
		}
		if !seen[value] {
			out.Add(name, counts[word], label, value, "window", day)
		}
		seen[value] = true
	}
}

func (p *pihole) readBlocking(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Blocking string `json:"blocking"`
	}
	if err := p.get(ctx, "/api/dns/blocking", nil, &said); err != nil {
		return err
	}
	if said.Blocking == "enabled" || said.Blocking == "disabled" {
		out.AddBool("dns_blocking_enabled", said.Blocking == "enabled")
	}
	doc.Status = shorten(said.Blocking)
	return nil
}

// maxUpstreams bounds series by server that is asked.
const maxUpstreams = 30

func (p *pihole) readUpstreams(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Upstreams []struct {
			IP         string   `json:"ip"`
			Name       string   `json:"name"`
			Port       int      `json:"port"`
			Count      *float64 `json:"count"`
			Statistics struct {
				Response *float64 `json:"response"`
			} `json:"statistics"`
		} `json:"upstreams"`
	}
	if err := p.get(ctx, "/api/stats/upstreams", nil, &said); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, u := range said.Upstreams[:min(len(said.Upstreams), maxUpstreams)] {
		name := shorten(u.IP)
		if u.Port > 0 {
			name += "#" + itoa(u.Port)
		}
		if u.Port < 0 || name == "" || seen[name] { // blocklist and cache come with port -1
			continue
		}
		seen[name] = true
		addIf(out, "dns_upstream_queries_window", u.Count, "upstream", name, "window", day)
		row := upstream{Name: name, Queries: u.Count}
		if u.Statistics.Response != nil && *u.Statistics.Response > 0 {
			out.Add("dns_upstream_response_seconds", *u.Statistics.Response, "upstream", name)
			row.Seconds = u.Statistics.Response
		}
		doc.Upstreams = append(doc.Upstreams, row)
	}
	return nil
}

func (p *pihole) readVersion(ctx context.Context, out *plugin.Batch, doc *document) error {
	type versions struct {
		Local  struct{ Version string } `json:"local"`
		Remote struct{ Version string } `json:"remote"`
	}
	var said struct {
		Version struct {
			Core versions `json:"core"`
			Web  versions `json:"web"`
			FTL  versions `json:"ftl"`
		} `json:"version"`
	}
	if err := p.get(ctx, "/api/info/version", nil, &said); err != nil {
		return err
	}
	doc.Version = shorten(said.Version.Core.Local.Version)
	for _, part := range []struct {
		name string
		versions
	}{{"core", said.Version.Core}, {"web", said.Version.Web}, {"ftl", said.Version.FTL}} {
		addUpdate(out, doc, part.name, part.Local.Version, part.Remote.Version)
	}
	return nil
}

// addUpdate puts in whether there is a newer version of a part.
func addUpdate(out *plugin.Batch, doc *document, part, current, latest string) {
	if current == "" || latest == "" {
		return
	}
	newer := current != latest
	out.AddBool("dns_update_available", newer, "component", part)
	doc.Updates = append(doc.Updates, update{Component: part, Current: shorten(current), Latest: shorten(latest), Available: newer})
}

func (p *pihole) readCache(ctx context.Context, out *plugin.Batch, _ *document) error {
	var said struct {
		Metrics struct {
			DNS struct {
				Cache struct {
					Size    *float64 `json:"size"`
					Evicted *float64 `json:"evicted"`
					Content []struct {
						Count struct {
							Valid float64 `json:"valid"`
						} `json:"count"`
					} `json:"content"`
				} `json:"cache"`
			} `json:"dns"`
		} `json:"metrics"`
	}
	if err := p.get(ctx, "/api/info/metrics", nil, &said); err != nil {
		return err
	}
	cache := said.Metrics.DNS.Cache
	addIf(out, "dns_cache_size", cache.Size)
	if cache.Content != nil {
		entries := 0.0
		for _, part := range cache.Content {
			entries += part.Count.Valid
		}
		out.Add("dns_cache_entries", entries)
	}
	return nil
}

func (p *pihole) readMessages(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Messages []struct {
			Type      string  `json:"type"`
			Plain     string  `json:"plain"`
			Timestamp float64 `json:"timestamp"`
		} `json:"messages"`
	}
	if err := p.get(ctx, "/api/info/messages", nil, &said); err != nil {
		return err
	}
	out.Add("dns_messages", float64(len(said.Messages)))
	const most = 20
	for _, m := range said.Messages[:min(len(said.Messages), most)] {
		doc.Messages = append(doc.Messages, message{Kind: shorten(m.Type), Text: shorten(m.Plain), At: moment(m.Timestamp)})
	}
	return nil
}

func (p *pihole) readTops(ctx context.Context, _ *plugin.Batch, doc *document) error {
	if p.c.config.Top == 0 {
		return nil
	}
	var said struct {
		Domains []struct {
			Domain string  `json:"domain"`
			Count  float64 `json:"count"`
		} `json:"domains"`
		Clients []struct {
			Name  string  `json:"name"`
			IP    string  `json:"ip"`
			Count float64 `json:"count"`
		} `json:"clients"`
	}
	count := itoa(p.c.config.Top)
	for _, blocked := range []string{"false", "true"} {
		said.Domains = nil
		if err := p.get(ctx, "/api/stats/top_domains", url.Values{"blocked": {blocked}, "count": {count}}, &said); err != nil {
			return err
		}
		var list []counted
		for _, d := range said.Domains[:min(len(said.Domains), p.c.config.Top)] {
			list = append(list, counted{shorten(d.Domain), d.Count})
		}
		if blocked == "true" {
			doc.Blocked = list
		} else {
			doc.Domains = list
		}
	}
	if err := p.get(ctx, "/api/stats/top_clients", url.Values{"count": {count}}, &said); err != nil {
		return err
	}
	for _, client := range said.Clients[:min(len(said.Clients), p.c.config.Top)] {
		name := client.Name
		if name == "" {
			name = client.IP
		}
		doc.Clients = append(doc.Clients, counted{shorten(name), client.Count})
	}
	return nil
}
