package dns

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// technitium is Technitium DNS Server.
type technitium struct {
	c *collector
	// queries and blocked count on what it forgets after an hour.
	queries, blocked minutes
}

func (c *collector) technitium() *technitium { return &technitium{c: c} }

// hour is what Technitium is asked to count over.
const hour = "1h"

// technitiumAnswer is what each answer is wrapped in, whatever the status of HTTP.
type technitiumAnswer struct {
	Status   string          `json:"status"`
	Message  string          `json:"errorMessage"`
	Response json.RawMessage `json:"response"`
	Info     struct {
		Version string `json:"version"`
	} `json:"info"`
}

// isTechnitium reports whether Technitium answers: it does so to a token that is
// none, too.
func (c *collector) isTechnitium(ctx context.Context) (bool, error) {
	var said technitiumAnswer
	err := c.web.GetJSON(ctx, "/api/user/session/get?token=", &said)
	switch {
	case err == nil:
		return said.Status == "invalid-token" || said.Status == "error" || said.Status == "ok" && said.Info.Version != "", nil
	case told(err):
		return false, nil
	default:
		return false, err
	}
}

func (t *technitium) close(context.Context) error { return nil }

func (t *technitium) ask(ctx context.Context, path string, query url.Values, into any) (technitiumAnswer, error) {
	var said technitiumAnswer
	token, err := t.c.config.Token.Reveal()
	if err != nil {
		return said, fault.Wrap(err, "reading the token")
	}
	if query == nil {
		query = make(url.Values)
	}
	query.Set("token", token)
	if err := t.c.web.JSON(ctx, fetch.Request{Path: path, Query: query}, &said); err != nil {
		return said, err
	}
	at := "GET " + t.c.web.URL(path)
	switch said.Status {
	case "ok":
	case "invalid-token":
		return said, fault.New(fault.Auth, "%s: the token is missing or wrong", at).WithHint("set token: Administration, Sessions, Create token")
	case "error":
		kind := fault.BadAnswer
		if strings.Contains(strings.ToLower(said.Message), "access was denied") {
			kind = fault.Permission
		}
		return said, fault.New(kind, "%s: it says: %s", at, shorten(said.Message)).WithHint("the token's user needs the right to view the dashboard")
	default:
		return said, fault.New(fault.WrongService, "%s: it is not Technitium that answers", at)
	}
	if into != nil {
		if err := json.Unmarshal(said.Response, into); err != nil {
			return said, fault.New(fault.BadAnswer, "%s: the answer is not what was expected: %v", at, err)
		}
	}
	return said, nil
}

// chart is a picture of the dashboard.
type chart struct {
	Labels   []string `json:"labels"`
	Datasets []struct {
		Label string    `json:"label"`
		Data  []float64 `json:"data"`
	} `json:"datasets"`
}

// data returns a line of the picture.
func (c chart) data(label string) []float64 {
	for _, set := range c.Datasets {
		if set.Label == label {
			return set.Data
		}
	}
	return nil
}

// technitiumHits is a row of the dashboard's lists.
type technitiumHits struct {
	Name   string  `json:"name"`
	Domain string  `json:"domain"`
	Hits   float64 `json:"hits"`
}

func (t *technitium) read(ctx context.Context, out *plugin.Batch, doc *document) error {
	doc.Type = kindTechnitium
	var said struct {
		Stats map[string]float64 `json:"stats"`
		Main  chart              `json:"mainChartData"`
		Types chart              `json:"queryTypeChartData"`

		Clients []technitiumHits `json:"topClients"`
		Domains []technitiumHits `json:"topDomains"`
		Blocked []technitiumHits `json:"topBlockedDomains"`
	}
	if _, err := t.ask(ctx, "/api/dashboard/stats/get", url.Values{"type": {"LastHour"}, "utc": {"true"}}, &said); err != nil {
		return err
	}
	queries, there := said.Stats["totalQueries"]
	if !there {
		return fault.New(fault.BadAnswer, "GET %s: the answer holds no count of queries", t.c.web.URL("/api/dashboard/stats/get"))
	}
	t.emit(out, doc, said.Stats, queries)
	t.c.total(out, "dns_queries_total", t.queries.add(said.Main.Labels, said.Main.data("Total")))
	t.c.total(out, "dns_blocked_total", t.blocked.add(said.Main.Labels, said.Main.data("Blocked")))
	if len(said.Types.Datasets) > 0 {
		data := said.Types.Datasets[0].Data
		seen := make(map[string]bool)
		for i, name := range said.Types.Labels[:min(len(said.Types.Labels), len(data), maxWords)] {
			if isShortWord(name) && !seen[name] {
				out.Add("dns_queries_by_type_window", data[i], "qtype", name, "window", hour)
			}
			seen[name] = true
		}
	}
	if top := t.c.config.Top; top > 0 {
		doc.Domains, doc.Blocked, doc.Clients = hits(said.Domains, top), hits(said.Blocked, top), hits(said.Clients, top)
	}
	t.readVersion(ctx, out, doc)
	return nil
}

func (t *technitium) emit(out *plugin.Batch, doc *document, stats map[string]float64, queries float64) {
	figure := func(name string) *float64 {
		if value, there := stats[name]; there {
			return &value
		}
		return nil
	}
	window(out, doc, hour, &queries, figure("totalBlocked"))
	for result, name := range map[string]string{
		"authoritative": "totalAuthoritative", "recursive": "totalRecursive", "cached": "totalCached", "blocked": "totalBlocked", "dropped": "totalDropped",
	} {
		addIf(out, "dns_queries_by_result_window", figure(name), "result", result, "window", hour)
	}
	for rcode, name := range map[string]string{
		"NOERROR": "totalNoError", "SERVFAIL": "totalServerFailure", "NXDOMAIN": "totalNxDomain", "REFUSED": "totalRefused",
	} {
		addIf(out, "dns_replies_by_rcode_window", figure(name), "rcode", rcode, "window", hour)
	}
	if failed := figure("totalServerFailure"); failed != nil && queries > 0 {
		out.Add("dns_servfail_ratio", min(*failed/queries, 1))
	}
	addIf(out, "dns_clients", figure("totalClients"), "state", "active")
	addIf(out, "dns_cache_entries", figure("cachedEntries"))
	addIf(out, "dns_blocklist_domains", figure("blockListZones"))
	doc.Summary.Clients, doc.Summary.Blocklist = figure("totalClients"), figure("blockListZones")
}

func (t *technitium) readVersion(ctx context.Context, out *plugin.Batch, doc *document) {
	said, err := t.ask(ctx, "/api/user/session/get", nil, nil)
	if err != nil {
		out.Problem(err)
		return
	}
	doc.Version = shorten(said.Info.Version)
	var newer struct {
		Available *bool  `json:"updateAvailable"`
		Version   string `json:"updateVersion"`
		Current   string `json:"currentVersion"`
	}
	if _, err := t.ask(ctx, "/api/user/checkForUpdate", nil, &newer); err != nil || newer.Available == nil {
		return // it asks its maker, which it may not be able to
	}
	out.AddBool("dns_update_available", *newer.Available, "component", "technitium")
	doc.Updates = append(doc.Updates, update{Component: "technitium", Current: shorten(newer.Current), Latest: shorten(newer.Version), Available: *newer.Available})
}

func hits(list []technitiumHits, most int) []counted {
	var all []counted
	for _, h := range list[:min(len(list), most)] {
		name := h.Domain
		if name == "" {
			name = h.Name
		}
		all = append(all, counted{shorten(name), h.Hits})
	}
	return all
}

// minutes counts on what a server keeps in buckets that say when they are.
type minutes struct {
	last  map[string]float64
	total float64
}

// add takes the buckets of this moment and returns what was counted since the
// first time.
func (m *minutes) add(labels []string, values []float64) float64 {
	now := make(map[string]float64, len(labels))
	for i, label := range labels[:min(len(labels), len(values))] {
		now[label] = values[i]
		if before, known := m.last[label]; known || m.last != nil {
			m.total += max(values[i]-before, 0)
		}
	}
	m.last = now
	return m.total
}
