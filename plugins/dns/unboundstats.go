package dns

import (
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// stat is a figure of Unbound and what it is called here.
type stat struct {
	key, metric string
	labels      []string
}

func unboundFigures() []stat {
	return []stat{
		{"total.num.cachehits", "unbound_cache_hits_total", nil},
		{"total.num.cachemiss", "unbound_cache_misses_total", nil},
		{"total.num.prefetch", "unbound_prefetches_total", nil},
		{"total.num.expired", "unbound_expired_total", nil},
		{"total.num.recursivereplies", "unbound_recursive_replies_total", nil},
		{"total.num.queries_ip_ratelimited", "unbound_queries_ip_ratelimited_total", nil},
		{"total.recursion.time.avg", "unbound_recursion_time_seconds", []string{"stat", "avg"}},
		{"total.recursion.time.median", "unbound_recursion_time_seconds", []string{"stat", "median"}},
		{"total.requestlist.avg", "unbound_request_list", []string{"stat", "avg"}},
		{"total.requestlist.max", "unbound_request_list", []string{"stat", "max"}},
		{"total.requestlist.current.all", "unbound_request_list", []string{"stat", "current_all"}},
		{"total.requestlist.current.user", "unbound_request_list", []string{"stat", "current_user"}},
		{"total.requestlist.overwritten", "unbound_request_list_dropped_total", []string{"kind", "overwritten"}},
		{"total.requestlist.exceeded", "unbound_request_list_dropped_total", []string{"kind", "exceeded"}},
		{"total.tcpusage", "unbound_tcp_usage", nil},
		{"time.up", "unbound_uptime_seconds", nil},
		{"num.query.tcp", "unbound_queries_transport_total", []string{"transport", "tcp"}},
		{"num.query.tcpout", "unbound_queries_transport_total", []string{"transport", "tcp_out"}},
		{"num.query.udpout", "unbound_queries_transport_total", []string{"transport", "udp_out"}},
		{"num.query.tls", "unbound_queries_transport_total", []string{"transport", "tls"}},
		{"num.query.https", "unbound_queries_transport_total", []string{"transport", "https"}},
		{"num.query.ipv6", "unbound_queries_transport_total", []string{"transport", "ipv6"}},
		{"num.answer.secure", "unbound_answers_secure_total", nil},
		{"num.answer.bogus", "unbound_answers_bogus_total", nil},
		{"unwanted.queries", "unbound_unwanted_total", []string{"kind", "queries"}},
		{"unwanted.replies", "unbound_unwanted_total", []string{"kind", "replies"}},
		{"msg.cache.count", "unbound_cache_count", []string{"cache", "msg"}},
		{"rrset.cache.count", "unbound_cache_count", []string{"cache", "rrset"}},
		{"infra.cache.count", "unbound_cache_count", []string{"cache", "infra"}},
		{"key.cache.count", "unbound_cache_count", []string{"cache", "key"}},
		{"mem.cache.rrset", "unbound_memory_bytes", []string{"component", "cache_rrset"}},
		{"mem.cache.message", "unbound_memory_bytes", []string{"component", "cache_message"}},
		{"mem.mod.iterator", "unbound_memory_bytes", []string{"component", "mod_iterator"}},
		{"mem.mod.validator", "unbound_memory_bytes", []string{"component", "mod_validator"}},
		{"mem.mod.respip", "unbound_memory_bytes", []string{"component", "mod_respip"}},
		{"mem.mod.subnet", "unbound_memory_bytes", []string{"component", "mod_subnet"}},
		{"mem.streamwait", "unbound_memory_bytes", []string{"component", "streamwait"}},
		{"mem.http.query_buffer", "unbound_memory_bytes", []string{"component", "http_query_buffer"}},
		{"mem.http.response_buffer", "unbound_memory_bytes", []string{"component", "http_response_buffer"}},
	}
}

// usualTypes have series of their own; all others are added up.
func usualTypes() map[string]bool {
	types := make(map[string]bool)
	for name := range strings.FieldsSeq("A AAAA ANY CAA CNAME DNSKEY DS HTTPS MX NAPTR NS PTR SOA SRV SVCB TLSA TXT") {
		types[name] = true
	}
	return types
}

// emit puts in what Unbound says.
func (u *unbound) emit(stats map[string]float64, out *plugin.Batch, doc *document) {
	queries := stats["total.num.queries"]
	u.c.total(out, "dns_queries_total", queries)
	for _, f := range unboundFigures() {
		if value, there := stats[f.key]; there {
			out.Add(f.metric, value, f.labels...)
		}
	}
	if hits, there := stats["total.num.cachehits"]; there {
		if ratio, ok := u.c.tracker.Ratio("hits", hits, queries); ok {
			out.Add("dns_cache_hit_ratio", min(ratio, 1))
			doc.Summary.CacheHitRatio = number(min(ratio, 1))
		}
	}
	if up, there := stats["time.up"]; there {
		doc.Summary.UptimeSeconds = number(float64(int64(up)))
	}
	extended := u.emitNamed(stats, out)
	doc.Summary.Extended = &extended
	if extended {
		// Codes that did not occur are not said.
		if ratio, ok := u.c.tracker.Ratio("servfail", stats["num.answer.rcode.SERVFAIL"], queries); ok {
			out.Add("dns_servfail_ratio", min(ratio, 1))
		}
	}
}

// emitNamed puts in the counts by type, code and flag, and reports whether
// Unbound keeps them.
func (u *unbound) emitNamed(stats map[string]float64, out *plugin.Batch) (extended bool) {
	types, other, anyOther := usualTypes(), 0.0, false
	for key, value := range stats {
		if name, is := strings.CutPrefix(key, "num.query.type."); is {
			if types[name] {
				out.Add("unbound_query_types_total", value, "type", name)
			} else {
				other, anyOther = other+value, true
			}
		}
		if name, is := strings.CutPrefix(key, "num.answer.rcode."); is && isShortWord(name) {
			out.Add("unbound_answer_rcodes_total", value, "rcode", name)
			extended = true
		}
		if name, is := strings.CutPrefix(key, "num.query.flags."); is && isShortWord(name) {
			out.Add("unbound_query_flags_total", value, "flag", name)
			extended = true
		}
	}
	if anyOther {
		out.Add("unbound_query_types_total", other, "type", "other")
	}
	return extended
}

// isShortWord reports whether a text is fit for a label.
func isShortWord(text string) bool {
	const most = 16
	return len(text) > 0 && len(text) <= most && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
