package plugintest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// exampleConfig is the config of a plugin that uses all of the world: it counts
// the visitors of a web page, reads the load and asks a program.
type exampleConfig struct {
	fetch.Config
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
	}, exampleConfig{fetch.Defaults()}, func(_ context.Context, c exampleConfig, host plugin.Host) (plugin.Collector, error) {
		client, err := fetch.New(c.Config, host)
		if err != nil {
			return nil, err
		}
		return &exampleCollector{Client: client, config: c, host: host}, nil
	}, plugin.WithDetect(func(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
		conn, err := host.Dial(ctx, "tcp", "127.0.0.1:8080")
		if err != nil {
			return nil, nil //nolint:nilerr // that nothing listens is an answer
		}
		return []plugin.Finding{{
			Config:   map[string]string{"url": "http://127.0.0.1:8080"},
			Evidence: "something listens on port 8080", Missing: "the token",
		}}, conn.Close()
	}))
}

type exampleCollector struct {
	*fetch.Client
	config exampleConfig
	host   plugin.Host
	rates  delta.Tracker[string]
}

// Collect implements plugin.Collector.
func (c *exampleCollector) Collect(ctx context.Context, out *plugin.Batch) error {
	c.rates.Start(c.host.Now())
	var pages []examplePage
	if err := c.GetJSON(ctx, "/pages?all=1", &pages); err != nil {
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
