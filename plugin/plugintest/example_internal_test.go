package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
)

// exampleConfig is the config of a plugin that uses all of the world: it counts
// the visitors of a web page, reads the load and asks a program.
type exampleConfig struct {
	URL   string        `json:"url" title:"Address" help:"Where the counter answers." required:"true"`
	Token plugin.Secret `json:"token" title:"Token" help:"What the counter wants to hear."`
}

func examplePlugin() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "example_monitor", Name: "Example", Category: plugin.Web, Icon: "star",
		Summary: "Counts visitors.", Description: "Counts visitors and more.",
		Rights: plugin.Rights{Paths: []string{"/proc/loadavg"}, Commands: []string{"quota"}, Network: true},
		Metrics: []metric.Definition{
			{Name: "example_visitors_total", Kind: metric.Counter, Help: "Visitors so far.", Labels: []string{"page"}},
			{Name: "example_visitors_per_second", Kind: metric.Gauge, Help: "Visitors now."},
			{Name: "example_load_ratio", Kind: metric.Gauge, Unit: metric.Ratio, Help: "Load of a minute."},
			{Name: "example_quota_bytes", Kind: metric.Gauge, Unit: metric.Bytes, Help: "Bytes left."},
		},
		Panels: []plugin.Panel{{
			Title: "Visitors", Kind: plugin.Line, Queries: []plugin.Query{{Metric: "example_visitors_total", Rate: true, Legend: "{page}"}},
		}},
		Tables: []plugin.Table{{
			Title: "Pages", Path: "pages", Columns: []plugin.Column{{Key: "page", Title: "Page", Kind: plugin.CellText}},
		}},
		Rules: []plugin.Rule{{
			ID: "nobody_comes", Name: "Nobody comes", Expr: `rate(example_visitors_total{page="home"}[1h]) == 0 and on(source) up == 1`,
			For: time.Hour, Severity: plugin.Info, Summary: "{{.Labels.page}} has no visitors", Hint: "Advertise.",
		}},
	}, exampleConfig{}, func(_ context.Context, c exampleConfig, host plugin.Host) (plugin.Collector, error) {
		transport := &http.Transport{DialContext: host.Dial}
		return &exampleCollector{config: c, host: host, client: &http.Client{Transport: transport}}, nil
	}, plugin.WithDetect(func(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
		conn, err := host.Dial(ctx, "tcp", "127.0.0.1:8080")
		if err != nil {
			return nil, nil
		}
		return []plugin.Finding{{
			Config:   exampleConfig{URL: "http://127.0.0.1:8080"},
			Evidence: "something listens on port 8080", Missing: "the token",
		}}, conn.Close()
	}))
}

type exampleCollector struct {
	config exampleConfig
	host   plugin.Host
	client *http.Client
	rates  delta.Tracker[string]
}

// Close implements io.Closer.
func (c *exampleCollector) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// Collect implements plugin.Collector.
func (c *exampleCollector) Collect(ctx context.Context, out *plugin.Batch) error {
	c.rates.Start(c.host.Now())
	pages, err := c.pages(ctx)
	if err != nil {
		return err
	}
	total := 0.0
	for _, p := range pages {
		out.Add("example_visitors_total", p.Visitors, "page", p.Page)
		total += p.Visitors
	}
	if rate, ok := c.rates.Rate("visitors", total); ok {
		out.Add("example_visitors_per_second", rate)
	}
	out.SetSnapshot(map[string]any{"pages": pages, "asked": c.host.Now().Format(time.RFC3339), "from": c.config.URL})
	out.Problem(c.load(out))
	out.Problem(c.quota(ctx, out))
	if total > 1e6 {
		out.Event(plugin.Event{Kind: "crowd", Severity: plugin.Info, Title: fmt.Sprintf("%v visitors", total)})
	}
	return nil
}

type examplePage struct {
	Page     string  `json:"page"`
	Visitors float64 `json:"visitors"`
}

func (c *exampleCollector) pages(ctx context.Context) ([]examplePage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.config.URL+"/pages?all=1", nil)
	if err != nil {
		return nil, fault.As(fault.Config, err, "asking the counter")
	}
	token, err := c.config.Token.Reveal()
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := c.client.Do(request)
	switch {
	case errors.Is(err, io.EOF):
		return nil, fault.As(fault.BadAnswer, err, "asking the counter")
	case err != nil:
		return nil, fault.Wrap(err, "asking the counter")
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, fault.As(fault.BadAnswer, err, "asking the counter")
	case response.StatusCode == http.StatusUnauthorized:
		return nil, fault.New(fault.Auth, "asking the counter: status 401")
	case response.StatusCode != http.StatusOK:
		return nil, fault.New(fault.BadAnswer, "asking the counter: status %d", response.StatusCode)
	}
	var pages []examplePage
	if err := json.Unmarshal(body, &pages); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "reading the pages")
	}
	return pages, nil
}

func (c *exampleCollector) load(out *plugin.Batch) error {
	text, err := c.host.Files.ReadFile("/proc/loadavg")
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil || load < 0 || load > 1e6 {
		return fault.New(fault.BadAnswer, "reading /proc/loadavg: no load in %q", text)
	}
	out.Add("example_load_ratio", load)
	return nil
}

func (c *exampleCollector) quota(ctx context.Context, out *plugin.Batch) error {
	if _, err := c.host.Commands.Find("quota"); fault.Of(err) == fault.NotInstalled {
		return nil
	}
	answer, err := c.host.Commands.Run(ctx, plugin.Command{Name: "quota", Args: []string{"--left", "visitors"}})
	if err != nil {
		return err
	}
	if answer.ExitCode != 0 {
		return fault.New(fault.Permission, "asking for the quota: %s", strings.TrimSpace(string(answer.Stderr)))
	}
	left, err := strconv.ParseUint(strings.TrimSpace(string(answer.Stdout)), 10, 64)
	if err != nil {
		return fault.New(fault.BadAnswer, "asking for the quota: %q is no number", answer.Stdout)
	}
	out.Add("example_quota_bytes", float64(left))
	return nil
}

func TestTheExamplePluginPasses(t *testing.T) {
	t.Parallel()
	runIn(t, "testdata/example", examplePlugin())
}
