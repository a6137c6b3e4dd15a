package mongodb

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule { return append(serverRules(), setRules()...) }

func serverRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "MongoDB does not answer", Severity: plugin.Critical, For: minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "connections_high", Name: "MongoDB has almost as many connections as it takes", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `mongodb_connections_usage_ratio > 0.8`,
			Summary: "{{.Labels.source}} uses more than 80 % of the connections that it takes.",
			Hint:    "See who keeps so many open: db.currentOp(true) in mongosh.",
		},
		{
			ID: "cache_full", Name: "MongoDB's cache is full", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `mongodb_wiredtiger_cache_usage_ratio > 0.95`,
			Summary: "The cache of {{.Labels.source}} is full: operations have to make room themselves.",
			Hint:    "Give it more memory (cacheSizeGB), or look for queries that read much.",
		},
		{
			ID: "cache_dirty", Name: "MongoDB does not keep up with writing", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `mongodb_wiredtiger_cache_dirty_ratio > 0.2`,
			Summary: "More than 20 % of the cache of {{.Labels.source}} waits to be written.",
			Hint:    "See whether its disk is busy.",
		},
		{
			ID: "tickets", Name: "MongoDB lets no more operations in", Severity: plugin.Warning, For: minute,
			Expr:    `mongodb_wiredtiger_tickets{state="available"} == 0`,
			Summary: "{{.Labels.source}} has as many {{.Labels.type}} operations at work as it takes.",
			Hint:    "See the table of long operations.",
		},
		{
			ID: "queue", Name: "Operations queue in MongoDB", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `mongodb_queued_operations > 100`,
			Summary: "{{.Value}} {{.Labels.type}} of {{.Labels.source}} wait for a lock.",
			Hint:    "See the table of long operations.",
		},
		{
			ID: "asserts", Name: "MongoDB raises assertions", Severity: plugin.Info, For: 15 * minute,
			Expr:    `rate(mongodb_asserts_total{type="regular"}[15m]) > 0`,
			Summary: "{{.Labels.source}} raises assertions.",
			Hint:    "See its log.",
		},
		{
			ID: "page_faults", Name: "MongoDB reads memory from disk", Severity: plugin.Info, For: 15 * minute,
			Expr:    `rate(mongodb_page_faults_total[5m]) > 100`,
			Summary: "{{.Labels.source}} reads {{.Value}} pages of memory a second from disk.",
			Hint:    "Its machine is short of memory.",
		},
		{
			ID: "disk_full", Name: "Disk of MongoDB fills up", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `mongodb_filesystem_used_bytes / mongodb_filesystem_total_bytes > 0.85`,
			Summary: "The disk that holds the databases of {{.Labels.source}} is more than 85 % full.",
		},
	}
}

func setRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "no_primary", Name: "Replica set has no primary", Severity: plugin.Critical, For: minute,
			Expr:    `mongodb_replset_has_primary == 0`,
			Summary: "{{.Labels.source}} sees no primary: nothing can be written.",
			Hint:    "More than half of the members have to see each other; see the table of members.",
		},
		{
			ID: "member_down", Name: "Member of a replica set cannot be reached", Severity: plugin.Critical, For: minute,
			Expr:    `mongodb_replset_member_health == 0`,
			Summary: "{{.Labels.source}} cannot reach the member {{.Labels.member}}.",
		},
		{
			ID: "lag", Name: "Secondary falls behind", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `mongodb_replset_member_lag_seconds > 30 and mongodb_replset_member_lag_seconds <= 300`,
			Summary: "{{.Labels.member}} is {{.Value}} seconds behind its primary.",
			Hint:    "See its disk and the network; a member with a delay set on purpose is meant to.",
		},
		{
			ID: "lag_far", Name: "Secondary is far behind", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `mongodb_replset_member_lag_seconds > 300`,
			Summary: "{{.Labels.member}} is {{.Value}} seconds behind its primary.",
			Hint:    "When it falls behind further than the oplog reaches, it has to copy everything.",
		},
		{
			ID: "oplog_short", Name: "Oplog reaches back less than a day", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `mongodb_oplog_window_seconds < 86400 and mongodb_oplog_size_bytes >= 0.9 * mongodb_oplog_max_bytes`,
			Summary: "The oplog of {{.Labels.source}} reaches back {{.Value}} seconds.",
			Hint:    "A member that is away for longer has to copy everything; make it larger: replSetResizeOplog.",
		},
	}
}
