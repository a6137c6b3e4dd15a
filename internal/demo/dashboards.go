package demo

import (
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/metric"
)

// Dashboards returns pages that somebody of the house would have made.
func Dashboards() []dashboard.Document {
	return []dashboard.Document{house(), homelab(), internet()}
}

func at(x, y, w, h int) dashboard.Grid { return dashboard.Grid{X: x, Y: y, W: w, H: h} }

func expr(text, legend string) dashboard.Query { return dashboard.Query{Expr: text, Legend: legend} }

func from(lower, upper float64) []dashboard.Threshold {
	return []dashboard.Threshold{{Value: lower, Level: dashboard.Warning}, {Value: upper, Level: dashboard.Critical}}
}

func bound(v float64) *float64 { return &v }

func homelab() dashboard.Document {
	return dashboard.Document{
		Name: "The homelab", Description: "What has to run.", Tags: []string{"core"}, RangeSeconds: 6 * hour,
		Panels: []dashboard.Panel{
			{ID: "answering", Title: "Sources up", Kind: dashboard.Stat, Grid: at(0, 0, 3, 4), Queries: []dashboard.Query{expr("count(up == 1)", "sources")}},
			{ID: "load", Title: "Rack", Kind: dashboard.Stat, Grid: at(3, 0, 3, 4), Unit: metric.Watts, Queries: []dashboard.Query{expr(`ups_load_watts{source="ups-rack"}`, "load")}},
			{ID: "tank", Title: "Tank", Kind: dashboard.Gauge, Grid: at(6, 0, 3, 4), Unit: metric.Ratio, Thresholds: from(0.8, 0.9), Queries: []dashboard.Query{expr(`pool_usage_ratio{source="tank"}`, "full")}},
			{ID: "blocked", Title: "Names blocked", Kind: dashboard.Gauge, Grid: at(9, 0, 3, 4), Unit: metric.Ratio, Queries: []dashboard.Query{expr(`resolver_blocked_ratio{source="dns-primary"}`, "blocked")}},
			{ID: "processors", Title: "Processors", Kind: dashboard.Line, Grid: at(0, 4, 6, 7), Unit: metric.Ratio, Min: bound(0), Queries: []dashboard.Query{expr("sum by (source) (machine_cpu_usage_ratio)", "{source}")}},
			{ID: "memory", Title: "Memory", Kind: dashboard.Area, Stacked: true, Grid: at(6, 4, 6, 7), Unit: metric.Bytes, Queries: []dashboard.Query{expr("machine_memory_used_bytes", "{source}")}},
			{ID: "full", Title: "File systems", Kind: dashboard.Bar, Grid: at(0, 11, 4, 7), Unit: metric.Ratio, Max: bound(1), Thresholds: from(0.8, 0.9), Queries: []dashboard.Query{expr("topk(7, machine_filesystem_usage_ratio)", "{source} {mountpoint}")}},
			{ID: "answers", Title: "Who answers", Kind: dashboard.Status, Grid: at(4, 11, 8, 7), Unit: metric.Bool, Thresholds: []dashboard.Threshold{{Value: 0.5, Level: dashboard.Critical, Below: true}, {Value: 1, Level: dashboard.OK}}, Queries: []dashboard.Query{expr(`up{source=~"blog|cloud|photos|router|nas|wifi-garden|media"}`, "{source}")}},
			{ID: "slow", Title: "Answers of the web services", Kind: dashboard.Heatmap, Grid: at(0, 18, 6, 7), Unit: metric.Seconds, Queries: []dashboard.Query{expr("sum by (source) (site_answer_seconds)", "{source}")}},
			{ID: "drives", Title: "Drives", Kind: dashboard.Table, Grid: at(6, 18, 6, 7), Unit: metric.Celsius, Thresholds: from(46, 55), Queries: []dashboard.Query{expr("topk(8, drives_temperature_celsius)", "{source} {drive}")}},
			{ID: "lately", Title: "Lately", Kind: dashboard.Events, Grid: at(0, 25, 8, 8)},
			{ID: "notes", Title: "Notes", Kind: dashboard.Text, Grid: at(8, 25, 4, 8), Text: "## When the power is cut\n\n1. The rack lasts for **half an hour**.\n2. The NAS shuts down at 30 %.\n3. Switch on the router first, then the rest.\n\nThe key to the cellar is with Dora."},
		},
	}
}

func house() dashboard.Document {
	return dashboard.Document{
		Name: "House", Description: "Warmth, sun and power.", Tags: []string{"house"}, RangeSeconds: day,
		Panels: []dashboard.Panel{
			{ID: "sun", Title: "Sun and house", Kind: dashboard.Area, Grid: at(0, 0, 8, 7), Unit: metric.Watts, Queries: []dashboard.Query{
				expr(`solar_power_watts{flow="sun"}`, "sun"), {Expr: `solar_power_watts{flow="house"}`, Legend: "house", Negative: true},
			}},
			{ID: "battery", Title: "Battery", Kind: dashboard.Gauge, Grid: at(8, 0, 4, 7), Unit: metric.Ratio, Thresholds: []dashboard.Threshold{
				{Value: 0.15, Level: dashboard.Critical, Below: true}, {Value: 0.3, Level: dashboard.Warning, Below: true},
			}, Queries: []dashboard.Query{expr("solar_battery_ratio", "charge")}},
			{ID: "rooms", Title: "Rooms", Kind: dashboard.Line, Grid: at(0, 7, 6, 7), Unit: metric.Celsius, Queries: []dashboard.Query{expr(`rooms_temperature_celsius{source="rooms"}`, "{room}")}},
			{ID: "outside", Title: "Outside", Kind: dashboard.Line, Grid: at(6, 7, 6, 7), Unit: metric.Celsius, Queries: []dashboard.Query{expr(`rooms_temperature_celsius{source="outside"}`, "{room}")}},
			{ID: "humidity", Title: "Humidity", Kind: dashboard.Stat, Grid: at(0, 14, 6, 5), Unit: metric.Ratio, Queries: []dashboard.Query{expr(`rooms_humidity_ratio{source="rooms"}`, "{room}")}},
			{ID: "batteries", Title: "Batteries of the sensors", Kind: dashboard.Bar, Grid: at(6, 14, 6, 5), Unit: metric.Ratio, Max: bound(1), Queries: []dashboard.Query{expr("rooms_battery_ratio", "{room}")}},
		},
	}
}

func internet() dashboard.Document {
	return dashboard.Document{
		Name: "Internet", Description: "The way out, and who takes it.", Tags: []string{"network"}, RangeSeconds: 3 * hour,
		Variables: []dashboard.Variable{{Name: "server", Label: "Name server", Kind: dashboard.SourceVariable, Plugin: "demo_resolver"}},
		Panels: []dashboard.Panel{
			{ID: "traffic", Title: "Traffic", Kind: dashboard.Area, Grid: at(0, 0, 12, 7), Unit: metric.BitsPerSecond, Queries: []dashboard.Query{
				expr("8 * rate(router_received_bytes_total[$__rate_interval])", "down"), {Expr: "8 * rate(router_sent_bytes_total[$__rate_interval])", Legend: "up", Negative: true},
			}},
			{ID: "delay", Title: "Delay", Kind: dashboard.Line, Grid: at(0, 7, 6, 6), Unit: metric.Seconds, Thresholds: from(0.05, 0.2), Queries: []dashboard.Query{expr("router_delay_seconds", "to the provider")}},
			{ID: "connections", Title: "Connections", Kind: dashboard.Line, Grid: at(6, 7, 6, 6), Queries: []dashboard.Query{expr("router_connections", "open")}},
			{ID: "names", Title: "Questions", Kind: dashboard.Area, Stacked: true, Grid: at(0, 13, 8, 6), Queries: []dashboard.Query{
				{Metric: "resolver_queries_total", Plugin: "demo_resolver", Match: map[string]string{"source": "$server"}, Func: dashboard.Rate, Legend: "{result}"},
			}},
			{ID: "devices", Title: "Devices", Kind: dashboard.Stat, Grid: at(8, 13, 4, 6), Queries: []dashboard.Query{expr("sum by (band) (wireless_clients)", "{band}")}},
		},
	}
}
