package dns

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// adGuard is AdGuard Home.
type adGuard struct {
	c *collector
	// queries and blocked count on what it forgets after its window.
	queries, blocked buckets
}

func (c *collector) adGuard() *adGuard { return &adGuard{c: c} }

// isAdGuard reports whether AdGuard Home answers. Without a login it says that it
// wants one.
func (c *collector) isAdGuard(ctx context.Context) (bool, error) {
	var said struct {
		Protection *bool `json:"protection_enabled"`
	}
	err := c.web.GetJSON(ctx, "/control/status", &said)
	switch kind := fault.Of(err); {
	case err == nil:
		return said.Protection != nil, nil
	case kind == fault.Auth || kind == fault.Permission:
		return true, nil
	case told(err):
		return false, nil
	default:
		return false, err
	}
}

func (a *adGuard) close(context.Context) error { return nil }

// get asks with the login.
func (a *adGuard) ask(ctx context.Context, r fetch.Request, into any) error {
	password, err := a.c.config.Password.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the password")
	}
	if a.c.config.Username != "" || password != "" {
		r.Header = basicAuth(a.c.config.Username, password)
	}
	err = a.c.web.JSON(ctx, r, into)
	e, status := (*fault.Error)(nil), (*fetch.StatusError)(nil)
	if !errors.As(err, &e) || !errors.As(err, &status) {
		return err
	}
	switch status.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		what := "user or password are wrong"
		if strings.Contains(strings.ToLower(string(status.Body)), "blocked") {
			what = "the login was tried too often, and is blocked for a while"
		} else if len(r.Header) == 0 {
			what = "it wants a login"
		}
		return fault.New(fault.Auth, "%s: %s", e.Message, what).WithHint("set username and password of AdGuard Home's own login")
	default:
		return err
	}
}

func basicAuth(user, password string) http.Header {
	var r http.Request
	r.Header = make(http.Header)
	r.SetBasicAuth(user, password)
	return r.Header
}

func (a *adGuard) read(ctx context.Context, out *plugin.Batch, doc *document) error {
	doc.Type = kindAdGuard
	var status struct {
		Version    string `json:"version"`
		Running    *bool  `json:"running"`
		Protection *bool  `json:"protection_enabled"`
	}
	if err := a.ask(ctx, fetch.Request{Path: "/control/status"}, &status); err != nil {
		return err
	}
	if status.Protection == nil {
		return fault.New(fault.WrongService, "GET %s: it is not AdGuard Home that answers", a.c.web.URL("/control/status"))
	}
	doc.Version, doc.Status = shorten(status.Version), "disabled"
	if *status.Protection {
		doc.Status = "enabled"
	}
	if status.Running != nil && !*status.Running {
		doc.Status = "stopped"
	}
	out.AddBool("dns_blocking_enabled", *status.Protection)
	if err := a.readStats(ctx, out, doc); err != nil {
		return err
	}
	out.Problem(a.readFilters(ctx, out, doc))
	out.Problem(a.readUpdate(ctx, out, doc))
	return nil
}

func (a *adGuard) readStats(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Units      string               `json:"time_units"`
		Queries    *float64             `json:"num_dns_queries"`
		Blocked    *float64             `json:"num_blocked_filtering"`
		Browsing   *float64             `json:"num_replaced_safebrowsing"`
		Search     *float64             `json:"num_replaced_safesearch"`
		Parental   *float64             `json:"num_replaced_parental"`
		Processing *float64             `json:"avg_processing_time"`
		Each       []float64            `json:"dns_queries"`
		EachBlock  []float64            `json:"blocked_filtering"`
		Domains    []map[string]float64 `json:"top_queried_domains"`
		BlockedTop []map[string]float64 `json:"top_blocked_domains"`
		Clients    []map[string]float64 `json:"top_clients"`
		Responses  []map[string]float64 `json:"top_upstreams_responses"`
		Times      []map[string]float64 `json:"top_upstreams_avg_time"`
	}
	if err := a.ask(ctx, fetch.Request{Path: "/control/stats"}, &said); err != nil {
		return err
	}
	if said.Queries == nil {
		return fault.New(fault.BadAnswer, "GET %s: the answer holds no count of queries", a.c.web.URL("/control/stats"))
	}
	over := windowName(said.Units, len(said.Each))
	window(out, doc, over, said.Queries, said.Blocked)
	for result, value := range map[string]*float64{
		"blocked": said.Blocked, "safebrowsing": said.Browsing, "safesearch": said.Search, "parental": said.Parental,
	} {
		addIf(out, "dns_queries_by_result_window", value, "result", result, "window", over)
	}
	addIf(out, "dns_avg_processing_seconds", said.Processing)
	a.c.total(out, "dns_queries_total", a.queries.add(said.Each))
	a.c.total(out, "dns_blocked_total", a.blocked.add(said.EachBlock))
	if top := a.c.config.Top; top > 0 {
		doc.Domains, doc.Blocked, doc.Clients = pairs(said.Domains, top), pairs(said.BlockedTop, top), pairs(said.Clients, top)
	}
	times := make(map[string]float64)
	for _, each := range pairs(said.Times, maxUpstreams) {
		times[each.Name] = each.Count
		out.Add("dns_upstream_response_seconds", each.Count, "upstream", each.Name)
	}
	for _, each := range pairs(said.Responses, maxUpstreams) {
		out.Add("dns_upstream_queries_window", each.Count, "upstream", each.Name, "window", over)
		row := upstream{Name: each.Name, Queries: number(each.Count)}
		if seconds, there := times[each.Name]; there {
			row.Seconds = number(seconds)
		}
		doc.Upstreams = append(doc.Upstreams, row)
	}
	return nil
}

// windowName is how long the window of AdGuard Home is: 24h, 7d.
func windowName(units string, count int) string {
	switch {
	case units == "days" && count > 0:
		return itoa(count) + "d"
	case count > 0:
		return itoa(count) + "h"
	default:
		return "retention"
	}
}

// pairs reads a list of objects with one name and one count each. A name that
// comes twice counts once.
func pairs(list []map[string]float64, most int) []counted {
	var all []counted
	seen := make(map[string]bool)
	for _, object := range list {
		for name, count := range object {
			name = shorten(name)
			if !seen[name] && len(all) < most {
				all = append(all, counted{name, count})
			}
			seen[name] = true
		}
	}
	return all
}

func (a *adGuard) readFilters(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		Filters []struct {
			Name    string  `json:"name"`
			Enabled bool    `json:"enabled"`
			Rules   float64 `json:"rules_count"`
			Updated string  `json:"last_updated"`
		} `json:"filters"`
	}
	if err := a.ask(ctx, fetch.Request{Path: "/control/filtering/status"}, &said); err != nil {
		return err
	}
	rules, oldest := 0.0, time.Time{}
	const most = 50
	for i, f := range said.Filters {
		row := filter{Name: shorten(f.Name), Enabled: f.Enabled, Rules: f.Rules}
		at, err := time.Parse(time.RFC3339, f.Updated)
		if err == nil {
			at = at.UTC()
			row.Updated = &at
		}
		if f.Enabled {
			rules += f.Rules
			if err == nil && (oldest.IsZero() || at.Before(oldest)) {
				oldest = at
			}
		}
		if i < most {
			doc.Filters = append(doc.Filters, row)
		}
	}
	out.Add("dns_blocklist_domains", rules)
	doc.Summary.Blocklist = number(rules)
	if !oldest.IsZero() {
		a.c.listsUpdated(out, doc, float64(oldest.Unix()))
	}
	return nil
}

func (a *adGuard) readUpdate(ctx context.Context, out *plugin.Batch, doc *document) error {
	var said struct {
		New      string `json:"new_version"`
		Disabled bool   `json:"disabled"`
	}
	r := fetch.Request{Method: http.MethodPost, Path: "/control/version.json", JSON: map[string]bool{"recheck_now": false}}
	if err := a.ask(ctx, r, &said); err != nil {
		return err
	}
	if !said.Disabled && said.New != "" {
		addUpdate(out, doc, "adguard", doc.Version, shorten(said.New))
	}
	return nil
}

// buckets counts on what a server keeps in buckets of an hour or a day, the last
// of which still grows.
type buckets struct {
	last  []float64
	total float64
}

// add takes the buckets of this moment and returns what was counted since the
// first time. Buckets that moved on by one, or more, are recognised by what they
// hold.
func (b *buckets) add(now []float64) float64 {
	before := b.last
	b.last = slices.Clone(now)
	if len(before) == 0 || len(before) != len(now) {
		return b.total
	}
	for moved := range len(now) {
		if !b.fits(before, now, moved) {
			continue
		}
		for i := len(now) - 1 - moved; i < len(now); i++ {
			b.total += now[i]
		}
		b.total -= before[len(before)-1]
		return b.total
	}
	return b.total // all of it is new: nobody knows what was in between
}

// fits reports whether the buckets are those of before, moved on by some.
func (b *buckets) fits(before, now []float64, moved int) bool {
	last := len(before) - 1
	return slices.Equal(before[moved:last], now[:last-moved]) && now[last-moved] >= before[last]
}
