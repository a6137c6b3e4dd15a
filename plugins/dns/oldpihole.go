package dns

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// oldPihole is Pi-hole 5 and before, whose interface answers one address with
// many parameters.
type oldPihole struct{ c *collector }

const oldPiholePath = "/admin/api.php"

// is reports whether it answers as a Pi-hole does, which it does without a token.
func (o *oldPihole) is(ctx context.Context) (bool, error) {
	var said struct {
		Version *int    `json:"version"`
		Type    *string `json:"type"`
	}
	err := o.c.web.JSON(ctx, fetch.Request{Path: oldPiholePath, Query: url.Values{"version": {""}, "type": {""}}}, &said)
	return err == nil && (said.Version != nil || said.Type != nil), err
}

// ask asks for several things at once. Without a right token the answer is an
// empty list.
func (o *oldPihole) ask(ctx context.Context, query url.Values, into any) error {
	token := o.c.config.Token
	if token.Empty() {
		token = o.c.config.Password
	}
	secret, err := token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	if secret != "" {
		query.Set("auth", secret)
	}
	var raw json.RawMessage
	if err := o.c.web.JSON(ctx, fetch.Request{Path: oldPiholePath, Query: query}, &raw); err != nil {
		return err
	}
	at := "GET " + o.c.web.URL(oldPiholePath)
	if strings.TrimSpace(string(raw)) == "[]" {
		return fault.New(fault.Auth, "%s: it says nothing: the token is missing or wrong", at).
			WithHint("set token: Settings, API, Show API token")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fault.New(fault.BadAnswer, "%s: the answer is not what was expected: %v", at, err)
	}
	return nil
}

func (o *oldPihole) close(context.Context) error { return nil }

func (o *oldPihole) read(ctx context.Context, out *plugin.Batch, doc *document) error {
	doc.Type = kindPihole
	var said struct {
		Queries   *float64 `json:"dns_queries_today"`
		Blocked   *float64 `json:"ads_blocked_today"`
		Domains   *float64 `json:"domains_being_blocked"`
		Forwarded *float64 `json:"queries_forwarded"`
		Cached    *float64 `json:"queries_cached"`
		Ever      *float64 `json:"clients_ever_seen"`
		Clients   *float64 `json:"unique_clients"`
		NoData    *float64 `json:"reply_NODATA"`
		NXDomain  *float64 `json:"reply_NXDOMAIN"`
		CNAME     *float64 `json:"reply_CNAME"`
		IP        *float64 `json:"reply_IP"`
		Status    string   `json:"status"`
		Gravity   struct {
			Updated *float64 `json:"absolute"`
		} `json:"gravity_last_updated"`
		Types        map[string]float64 `json:"querytypes"`
		Destinations map[string]float64 `json:"forward_destinations"`
		Top          map[string]float64 `json:"top_queries"`
		Ads          map[string]float64 `json:"top_ads"`
		Sources      map[string]float64 `json:"top_sources"`
	}
	query := url.Values{"summaryRaw": {""}, "getQueryTypes": {""}, "getForwardDestinations": {""}}
	if o.c.config.Top > 0 {
		count := itoa(o.c.config.Top)
		query.Set("topItems", count)
		query.Set("getQuerySources", count)
	}
	if err := o.ask(ctx, query, &said); err != nil {
		return err
	}
	if said.Queries == nil {
		return fault.New(fault.BadAnswer, "GET %s: the answer holds no count of queries", o.c.web.URL(oldPiholePath))
	}
	window(out, doc, day, said.Queries, said.Blocked)
	for result, value := range map[string]*float64{"forwarded": said.Forwarded, "cached": said.Cached, "blocked": said.Blocked} {
		addIf(out, "dns_queries_by_result_window", value, "result", result, "window", day)
	}
	for rcode, value := range map[string]*float64{"NODATA": said.NoData, "NXDOMAIN": said.NXDomain, "CNAME": said.CNAME, "IP": said.IP} {
		addIf(out, "dns_replies_by_rcode_window", value, "rcode", rcode, "window", day)
	}
	addIf(out, "dns_clients", said.Clients, "state", "active")
	addIf(out, "dns_clients", said.Ever, "state", "total")
	addIf(out, "dns_blocklist_domains", said.Domains)
	doc.Summary.Clients, doc.Summary.Blocklist = said.Clients, said.Domains
	if said.Gravity.Updated != nil {
		o.c.listsUpdated(out, doc, *said.Gravity.Updated)
	}
	if said.Status == "enabled" || said.Status == "disabled" {
		out.AddBool("dns_blocking_enabled", said.Status == "enabled")
	}
	doc.Status = shorten(said.Status)
	o.readShares(out, doc, *said.Queries, said.Types, said.Destinations)
	doc.Domains, doc.Blocked, doc.Clients = ranked(said.Top), ranked(said.Ads), ranked(said.Sources)
	return o.readVersions(ctx, out, doc)
}

// readShares turns percent of all queries into queries, as the other servers
// tell them.
func (o *oldPihole) readShares(out *plugin.Batch, doc *document, queries float64, types, destinations map[string]float64) {
	for _, kind := range ranked(types) {
		name, _, _ := strings.Cut(kind.Name, " ") // "A (IPv4)"
		if isShortWord(name) {
			out.Add("dns_queries_by_type_window", kind.Count/100*queries, "qtype", name, "window", day)
		}
	}
	list := ranked(destinations)
	seen := make(map[string]bool)
	for _, d := range list[:min(len(list), maxUpstreams)] {
		_, address, named := strings.Cut(d.Name, "|") // "dns.quad9.net#53|9.9.9.9#53"
		if !named {
			address = d.Name
		}
		if strings.Contains("blocklist cached other", address) || seen[address] {
			continue
		}
		seen[address] = true
		asked := d.Count / 100 * queries
		out.Add("dns_upstream_queries_window", asked, "upstream", shorten(address), "window", day)
		doc.Upstreams = append(doc.Upstreams, upstream{Name: shorten(address), Queries: &asked})
	}
}

func (o *oldPihole) readVersions(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Core       string `json:"core_current"`
		CoreLatest string `json:"core_latest"`
		Web        string `json:"web_current"`
		WebLatest  string `json:"web_latest"`
		FTL        string `json:"FTL_current"`
		FTLLatest  string `json:"FTL_latest"`
	}
	if err := o.ask(ctx, url.Values{"versions": {""}}, &said); err != nil {
		out.Problem(err)
		return nil
	}
	doc.Version = shorten(said.Core)
	addUpdate(out, doc, "core", said.Core, said.CoreLatest)
	addUpdate(out, doc, "web", said.Web, said.WebLatest)
	addUpdate(out, doc, "ftl", said.FTL, said.FTLLatest)
	return nil
}

// ranked lists names, those with the most first.
func ranked(counts map[string]float64) []counted {
	var list []counted
	for name, count := range counts {
		list = append(list, counted{shorten(name), count})
	}
	slices.SortFunc(list, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return list
}
