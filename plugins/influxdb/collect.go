package influxdb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collector watches one server.
type collector struct {
	config  config
	host    plugin.Host
	client  *fetch.Client
	tracker *delta.Tracker[string]
	totals  map[string]*total
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	at, err := c.identify(ctx)
	if err != nil {
		return err
	}
	c.tracker.Start(c.host.Now())
	doc := &document{Server: serverPart{Major: at.major, Version: at.version, Build: at.build}}
	switch at.major {
	case "1":
		err = c.collect1(ctx, out, doc)
	case "2":
		err = c.collect2(ctx, out, doc)
	default:
		err = c.collect3(ctx, out, doc)
	}
	if err != nil {
		return err
	}
	labels := []string{"major", at.major}
	if at.version != "" {
		labels = append(labels, "version", at.version)
	}
	out.Add("influxdb_info", 1, labels...)
	c.emitDatabases(out, doc)
	c.probe(ctx, at.major, out)
	out.SetSnapshot(doc)
	return nil
}

// Check implements plugin.Checker: it asks what a collection cannot do without.
func (c *collector) Check(ctx context.Context) error {
	at, err := c.identify(ctx)
	if err != nil {
		return err
	}
	switch {
	case at.major == "1" && c.config.Username != "":
		_, err = c.databases1(ctx)
	case at.major == "2" && !c.config.Token.Empty():
		_, err = c.buckets2(ctx)
	case at.major == "3":
		_, err = c.readMetrics(ctx, at.major)
	}
	return err
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.client.Close() }

// ask reads an answer as JSON, logged in the way of the major version.
func (c *collector) ask(ctx context.Context, major string, r fetch.Request, into any) error {
	if err := c.authorize(major, &r); err != nil {
		return err
	}
	return explain(major, c.client.JSON(ctx, r, into))
}

// authorize sends the token as InfluxDB 2 names it; for 3 it is a bearer, as
// everywhere.
func (c *collector) authorize(major string, r *fetch.Request) error {
	if major != "2" || c.config.Token.Empty() {
		return nil
	}
	token, err := c.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	r.Header = http.Header{"Authorization": {"Token " + token}}
	return nil
}

// readMetrics reads what the server tells Prometheus.
func (c *collector) readMetrics(ctx context.Context, major string) (exposition.Families, error) {
	r := fetch.Request{Path: "/metrics"}
	if err := c.authorize(major, &r); err != nil {
		return nil, err
	}
	answer, err := c.client.Do(ctx, r)
	if err != nil {
		if fault.Of(err) == fault.NotFound {
			return nil, fault.As(fault.Unsupported, err, "reading the server's figures").
				WithHint("it is started with metrics-disabled; take that away")
		}
		return nil, explain(major, err)
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := exposition.Read(answer.Body, wanted)
	return read, fault.Wrap(err, "reading %s", c.client.URL("/metrics"))
}

// probe times the query of the user's choice.
func (c *collector) probe(ctx context.Context, major string, out *plugin.Batch) {
	if c.config.ProbeQuery == "" {
		return
	}
	if changes(major, c.config.ProbeQuery) {
		out.Problem(fault.New(fault.Config, "timing probe_query: it would change something").
			WithHint("write one statement that only reads, such as SELECT last(value) FROM temperature"))
		return
	}
	r := fetch.Request{Header: http.Header{}}
	query := map[string][]string{"db": {c.config.ProbeDatabase}, "q": {c.config.ProbeQuery}}
	switch major {
	case "1":
		r.Path, r.Query = "/query", query
	case "2":
		r.Method, r.Path, r.Body = http.MethodPost, "/api/v2/query", []byte(c.config.ProbeQuery)
		r.Query = map[string][]string{"org": {c.config.Org}}
	default:
		query["format"] = []string{"json"}
		r.Path, r.Query = "/api/v3/query_sql", query
	}
	err := c.authorize(major, &r)
	if err == nil {
		if major == "2" {
			r.Header.Set("Content-Type", "application/vnd.flux")
			r.Header.Set("Accept", "application/csv")
		}
		start := c.host.Now()
		var answer *fetch.Response
		if answer, err = c.client.Do(ctx, r); err == nil {
			var beginning []byte
			beginning, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err == nil && major == "1" {
				err = statementError(beginning)
			}
		}
		if err == nil {
			out.Add("influxdb_probe_query_seconds", c.host.Now().Sub(start).Seconds())
			return
		}
		err = explain(major, err)
	}
	out.Problem(fault.Wrap(err, "timing probe_query"))
}

// changes reports whether a query does more than read. Servers of 1.x take even
// DROP DATABASE from whoever may do it, though it is asked with GET.
func changes(major, query string) bool {
	if major == "2" {
		return regexp.MustCompile(`\b(to|delete)\s*\(`).MatchString(query)
	}
	words := strings.Fields(strings.ToUpper(query))
	return len(words) == 0 || !slices.Contains([]string{"SELECT", "SHOW", "EXPLAIN", "WITH"}, words[0]) ||
		slices.Contains(words, "INTO") || strings.Contains(strings.TrimRight(query, "; \n"), ";")
}

// explain adds what InfluxDB itself said, and the right that is missing.
func explain(major string, err error) error {
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) {
		return err
	}
	said := fault.As(fault.Of(err), err, "%s", words(status.Body))
	if said.Message == "" {
		said.Message = "the server refuses"
	}
	switch {
	case status.Status == http.StatusUnauthorized && major == "1":
		return said.WithHint("set user and password, or check them: SHOW USERS")
	case status.Status == http.StatusUnauthorized && major == "2":
		return said.WithHint("make a token: influx auth create --read-buckets --read-tasks --read-orgs")
	case status.Status == http.StatusUnauthorized:
		return said.WithHint("make a token: influxdb3 create token; InfluxDB 3 wants one even for its health")
	case status.Status == http.StatusForbidden && major == "1":
		return said.WithHint("grant it on the server: GRANT READ ON \"database\" TO the user")
	case status.Status == http.StatusForbidden && major == "2":
		return said.WithHint("the token needs the right to read buckets, tasks and organizations")
	case status.Status == http.StatusBadRequest:
		said.Kind = fault.Config
		return said
	default:
		return err
	}
}

// words takes what the server says out of the beginning of an answer.
func words(body []byte) string {
	text := string(body)
	for _, mark := range []string{`"error":"`, `"message":"`, `"error": "`, `"message": "`} {
		if _, after, found := strings.Cut(text, mark); found {
			text, _, _ = strings.Cut(after, `"`)
			return plugin.Shorten(text, 200)
		}
	}
	return ""
}
