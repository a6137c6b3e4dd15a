package dns

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	rate := func(name, legend string) plugin.Query { return plugin.Query{Metric: name, Rate: true, Legend: legend} }
	return []plugin.Panel{
		{
			Title: "Queries per second", Kind: plugin.Area, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "dns_queries_per_second", Legend: "queries"}},
		},
		{
			Title: "Blocked", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "dns_blocked_ratio", Legend: "blocked of {window}"}},
		},
		{
			Title: "Probes", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "dns_probe_success", Legend: "{probe} {record_type} {transport}"}},
		},
		{
			Title: "Time of probes", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0), Warning: plugin.Bound(0.5),
			Queries: []plugin.Query{{Metric: "dns_probe_duration_seconds", Legend: "{probe} {record_type} {transport}"}},
		},
		{
			Title: "Answered by the cache", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "dns_cache_hit_ratio", Legend: "cache"}},
		},
		{
			Title: "What became of queries", Kind: plugin.Bar,
			Queries: []plugin.Query{{Metric: "dns_queries_by_result_window", Legend: "{result}", Top: 12}},
			Help:    "Counted over the window of the server: a day at Pi-hole, an hour at Technitium.",
		},
		{
			Title: "Queries by type", Kind: plugin.Bar,
			Queries: []plugin.Query{{Metric: "dns_queries_by_type_window", Legend: "{qtype}", Top: 12}},
		},
		{
			Title: "Upstream servers", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "dns_upstream_response_seconds", Legend: "{upstream}"}},
		},
		{
			Title: "Cannot be looked up", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Warning: plugin.Bound(0.1),
			Queries: []plugin.Query{{Metric: "dns_servfail_ratio", Legend: "SERVFAIL"}},
		},
		{
			Title: "Blocked domains", Kind: plugin.Stat,
			Queries: []plugin.Query{{Metric: "dns_blocklist_domains", Legend: "domains"}},
		},
		{
			Title: "Clients", Kind: plugin.Line, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "dns_clients", Legend: "{state}"}},
		},
		{
			Title: "Answers of Unbound per second", Kind: plugin.Stacked, Min: plugin.Bound(0),
			Queries: []plugin.Query{rate("unbound_answer_rcodes_total", "{rcode}")},
		},
		{
			Title: "Time to look up", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "unbound_recursion_time_seconds", Legend: "{stat}"}},
		},
		{
			Title: "Memory of Unbound", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "unbound_memory_bytes", Legend: "{component}"}},
		},
		{
			Title: "Queries to dnsmasq per second", Kind: plugin.Line, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				rate("dnsmasq_cache_hits_total", "known"), rate("dnsmasq_cache_misses_total", "sent on"), rate("dnsmasq_upstream_failures_total", "failed {upstream}"),
			},
		},
	}
}

func tables() []plugin.Table {
	count := func(path, title, of string) plugin.Table {
		return plugin.Table{
			Title: title, Path: path, Empty: "There is none, or the list is not asked for (top_n).",
			Columns: []plugin.Column{plugin.TextColumn("name", of), plugin.NumberColumn("count", "Queries", metric.None)},
		}
	}
	return []plugin.Table{
		{
			Title: "Probes", Path: "probes", Empty: "No name is asked for; add one under probes.",
			Columns: []plugin.Column{
				plugin.TextColumn("name", "Probe"), plugin.StatusColumn("status", "Status"), plugin.CodeColumn("query", "Asked for"),
				plugin.CodeColumn("record_type", "Type"), plugin.CodeColumn("server", "Server"), plugin.TextColumn("transport", "How"),
				plugin.CodeColumn("rcode", "Code"), plugin.ListColumn("answers", "Answers"), plugin.TextColumn("message", "Message"),
			},
		},
		{
			Title: "Server", Path: "summary", Empty: "The server says nothing of itself; it is only asked for names.",
			Columns: []plugin.Column{
				plugin.NumberColumn("queries", "Queries", metric.None), plugin.NumberColumn("blocked", "Blocked", metric.None),
				plugin.NumberColumn("blocked_ratio", "Part blocked", metric.Ratio), plugin.TextColumn("window", "Counted over"),
				plugin.NumberColumn("clients", "Clients", metric.None), plugin.NumberColumn("blocklist_domains", "Domains blocked", metric.None),
				plugin.TimeColumn("blocklist_updated", "Lists fetched"), plugin.DurationColumn("uptime_seconds", "Running for"),
				plugin.NumberColumn("cache_hit_ratio", "Answered by the cache", metric.Ratio), plugin.FlagColumn("extended_statistics", "Extended statistics"),
			},
		},
		count("top_domains", "Domains asked for most", "Domain"),
		count("top_blocked", "Domains blocked most", "Domain"),
		count("top_clients", "Clients that ask most", "Client"),
		{
			Title: "Upstream servers", Path: "upstreams", Empty: "The server does not say whom it asks.",
			Columns: []plugin.Column{
				plugin.CodeColumn("name", "Server"), plugin.NumberColumn("queries", "Queries", metric.None),
				plugin.NumberColumn("failures", "Without an answer", metric.None), plugin.NumberColumn("seconds", "Time", metric.Seconds),
			},
		},
		{
			Title: "Block lists", Path: "filters", Empty: "The server does not tell its lists.",
			Columns: []plugin.Column{
				plugin.TextColumn("name", "List"), plugin.FlagColumn("enabled", "In use"), plugin.NumberColumn("rules", "Rules", metric.None),
				plugin.TimeColumn("updated", "Fetched"),
			},
		},
		{
			Title: "Messages", Path: "messages", Empty: "There is no message.",
			Columns: []plugin.Column{plugin.CodeColumn("kind", "Kind"), plugin.TextColumn("text", "Message"), plugin.TimeColumn("at", "When")},
		},
		{
			Title: "Versions", Path: "updates", Empty: "The server does not say.",
			Columns: []plugin.Column{
				plugin.CodeColumn("component", "Part"), plugin.CodeColumn("current", "Version"), plugin.CodeColumn("latest", "Newest"),
				plugin.FlagColumn("available", "Update"),
			},
		},
	}
}
