package dns

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "dns_monitor",
		Name:     "DNS",
		Category: plugin.Network,
		Summary:  "What a name server answers and blocks, how fast, and whether names are what they should be.",
		Description: "Watches Pi-hole (5 and 6), AdGuard Home, Technitium, Unbound or dnsmasq by what they say of themselves: queries, what was " +
			"blocked, cache, lists, clients, upstream servers. And it asks any name server for names, over UDP, TCP, TLS or HTTPS.",
		Tags:     []string{"pihole", "adguard", "unbound", "technitium", "dnsmasq", "resolver", "adblock", "dnssec"},
		Icon:     "waypoints",
		Interval: time.Minute,
		Rights: plugin.Rights{
			Paths:   []string{"/etc/pihole", "/opt/AdGuardHome/AdGuardHome.yaml"},
			Sockets: []string{unboundSocket},
			Network: true,
			Notes: "The control of Unbound on its own machine needs the user that runs Unity in the group `unbound`. The paths are looked for only " +
				"when you look for things to watch.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
	}
	counter := func(name, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Counter, Help: help, Labels: labels}
	}
	probed := []string{"probe", "record_type", "transport"}
	return []metric.Definition{
		gauge("dns_queries_window", metric.None, "Queries in the server's own window of time, which slides.", "window"),
		gauge("dns_blocked_window", metric.None, "Queries blocked in that window.", "window"),
		gauge("dns_blocked_ratio", metric.Ratio, "Part of the queries in that window that were blocked; 0 without queries.", "window"),
		counter("dns_queries_total", "Queries: since the server's start (Unbound, dnsmasq), or since Unity began to count (AdGuard Home, Technitium)."),
		counter("dns_blocked_total", "Queries blocked since Unity began to count."),
		gauge("dns_queries_per_second", metric.None, "Queries per second, as the server says or since the run before."),
		gauge("dns_queries_by_result_window", metric.None, "Queries in the window by what became of them.", "result", "window"),
		gauge("dns_queries_by_type_window", metric.None, "Queries in the window by type of record.", "qtype", "window"),
		gauge("dns_replies_by_rcode_window", metric.None, "Answers in the window by code.", "rcode", "window"),
		gauge("dns_blocking_enabled", metric.Bool, "1 while the server blocks."),
		gauge("dns_blocklist_domains", metric.None, "Domains or rules that are blocked."),
		gauge("dns_blocklist_age_seconds", metric.Seconds, "Time since the oldest list in use was fetched."),
		gauge("dns_clients", metric.None, "Clients: active ones in the window, or all ever seen (total).", "state"),
		gauge("dns_cache_entries", metric.None, "Answers in the cache."),
		gauge("dns_cache_size", metric.None, "Answers that fit into the cache."),
		gauge("dns_cache_hit_ratio", metric.Ratio, "Part of the queries since the run before that the cache answered."),
		gauge("dns_avg_processing_seconds", metric.Seconds, "Time that an answer takes on the average of the window."),
		gauge("dns_upstream_response_seconds", metric.Seconds, "Time that a server that is asked takes.", "upstream"),
		gauge("dns_upstream_queries_window", metric.None, "Queries in the window that a server was asked.", "upstream", "window"),
		gauge("dns_update_available", metric.Bool, "1 when there is a newer version of a part.", "component"),
		gauge("dns_messages", metric.None, "Things that the server wants to be known."),
		gauge("dns_servfail_ratio", metric.Ratio, "Part of the queries that ended in SERVFAIL, in the window or since the run before."),

		counter("unbound_cache_hits_total", "Queries that the cache answered."),
		counter("unbound_cache_misses_total", "Queries that had to be looked up."),
		counter("unbound_prefetches_total", "Answers fetched anew before they ended."),
		counter("unbound_expired_total", "Answers given after they had ended."),
		counter("unbound_recursive_replies_total", "Answers that had to be looked up."),
		counter("unbound_queries_ip_ratelimited_total", "Queries refused to clients that ask too often."),
		gauge("unbound_recursion_time_seconds", metric.Seconds, "Time that looking up takes, average and median since the start.", "stat"),
		gauge("unbound_request_list", metric.None, "Queries being looked up: average and most since the start, and now.", "stat"),
		counter("unbound_request_list_dropped_total", "Queries dropped because too many were being looked up.", "kind"),
		counter("unbound_query_types_total", "Queries by type; rare types are added up as other.", "type"),
		counter("unbound_answer_rcodes_total", "Answers by code; nodata is NOERROR without a record.", "rcode"),
		counter("unbound_query_flags_total", "Queries by flag.", "flag"),
		counter("unbound_queries_transport_total", "Queries by how they came (tcp, tls, https, ipv6), and those sent on (tcp_out, udp_out).", "transport"),
		counter("unbound_answers_secure_total", "Answers verified by their signatures."),
		counter("unbound_answers_bogus_total", "Answers whose signatures are wrong."),
		counter("unbound_unwanted_total", "Queries refused to strangers, and answers that nobody asked for.", "kind"),
		gauge("unbound_memory_bytes", metric.Bytes, "Memory by what it is used for.", "component"),
		gauge("unbound_cache_count", metric.None, "Entries of each cache.", "cache"),
		gauge("unbound_uptime_seconds", metric.Seconds, "Time since the start."),
		gauge("unbound_tcp_usage", metric.None, "Buffers for TCP in use."),

		counter("dnsmasq_cache_hits_total", "Queries answered from what is known."),
		counter("dnsmasq_cache_misses_total", "Queries sent on."),
		counter("dnsmasq_cache_insertions_total", "Names put into the cache."),
		counter("dnsmasq_cache_evictions_total", "Names thrown out of the cache before their time, because it was full."),
		counter("dnsmasq_upstream_queries_total", "Queries sent to a server.", "upstream"),
		counter("dnsmasq_upstream_failures_total", "Queries that a server did not answer.", "upstream"),

		gauge("dns_probe_success", metric.Bool, "1 when the answer is what is expected.", probed...),
		gauge("dns_probe_duration_seconds", metric.Seconds, "Time that the answer took.", probed...),
		gauge("dns_probe_rcode", metric.None, "Code of the answer: 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.", probed...),
		gauge("dns_probe_answers", metric.None, "Records of the type asked for.", probed...),
	}
}

func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "dns_server_away", Name: "Name server away", Severity: plugin.Critical, For: 2 * time.Minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} says nothing.",
			Hint:    "The source's page says why. While it is away, names may not be found.",
		},
		{
			ID: "dns_probe_failed", Name: "Name not as expected", Severity: plugin.Critical, For: 2 * time.Minute,
			Expr:    `dns_probe_success == 0`,
			Summary: "The probe {{.Labels.probe}} of {{.Labels.source}} does not get the answer that is expected.",
			Hint:    "The source's page says what came.",
		},
		{
			ID: "dns_probe_slow", Name: "Name server slow", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `dns_probe_duration_seconds > 0.5`,
			Summary: "The probe {{.Labels.probe}} of {{.Labels.source}} takes {{.Value}} s.",
		},
		{
			ID: "dns_blocking_off", Name: "Nothing is blocked", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    `dns_blocking_enabled == 0`,
			Summary: "{{.Labels.source}} blocks nothing.",
			Hint:    "Somebody switched it off, perhaps for a while only.",
		},
		{
			ID: "dns_blocklist_old", Name: "Block lists old", Severity: plugin.Warning, For: time.Hour,
			Expr:    `dns_blocklist_age_seconds > 1209600`,
			Summary: "The lists of {{.Labels.source}} were not fetched for two weeks.",
			Hint:    "On a Pi-hole: pihole -g shows what is wrong.",
		},
		{
			ID: "dns_servfail", Name: "Names cannot be looked up", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `dns_servfail_ratio > 0.1`,
			Summary: "More than a tenth of the queries to {{.Labels.source}} end in SERVFAIL.",
			Hint:    "See the servers that it asks, and whether its clock is right (DNSSEC).",
		},
		{
			ID: "unbound_requests_dropped", Name: "Unbound drops queries", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    `increase(unbound_request_list_dropped_total[10m]) > 0`,
			Summary: "{{.Labels.source}} drops queries, because too many are being looked up.",
			Hint:    "Raise num-queries-per-thread, or see who asks so much.",
		},
		{
			ID: "dns_blocked_much", Name: "Nearly everything is blocked", Severity: plugin.Info, For: time.Hour,
			Expr:    `dns_blocked_ratio > 0.8`,
			Summary: "{{.Labels.source}} blocks more than four fifths of what is asked.",
			Hint:    "Often one device asks for the same blocked name all the time.",
		},
	}
}
