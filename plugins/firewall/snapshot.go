package firewall

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// maxRows bounds the lists of the snapshot.
const maxRows = 500

// document is what a person sees.
type document struct {
	Summary    summary     `json:"summary"`
	Policies   []policy    `json:"policies,omitempty"`
	Chains     []chainRow  `json:"chains,omitempty"`
	Rules      []ruleRow   `json:"rules,omitempty"`
	Entries    []entry     `json:"entries,omitempty"`
	Zones      []zone      `json:"zones,omitempty"`
	Sets       []setRow    `json:"sets,omitempty"`
	Top        []sourceRow `json:"top_blocked,omitempty"`
	Ports      []portRow   `json:"top_ports,omitempty"`
	Recent     []blockRow  `json:"recent_blocks,omitempty"`
	Gateways   []gateway   `json:"gateways,omitempty"`
	Interfaces []port      `json:"interfaces,omitempty"`
	Services   []service   `json:"services,omitempty"`
	Subsystems []subsystem `json:"subsystems,omitempty"`
}

type summary struct {
	Backend     string       `json:"backend"`
	Version     string       `json:"version,omitempty"`
	State       string       `json:"state,omitempty"`
	Rules       *int         `json:"rules,omitempty"`
	Changes     *int64       `json:"changes,omitempty"`
	Logging     string       `json:"logging,omitempty"`
	Log         string       `json:"log,omitempty"`
	Blocked     *int64       `json:"blocked,omitempty"`
	Sources     *int         `json:"blocked_sources,omitempty"`
	Suspicious  []string     `json:"suspicious,omitempty"`
	Connections *connections `json:"connections,omitempty"`
	Note        string       `json:"note,omitempty"`
	Updates     *float64     `json:"updates,omitempty"`
	Reboot      *bool        `json:"reboot,omitempty"`
	Uptime      *float64     `json:"uptime_seconds,omitempty"`
	Missing     []string     `json:"not_offered,omitempty"`
}

type chainRow struct {
	Family  string   `json:"family"`
	Table   string   `json:"table"`
	Name    string   `json:"name"`
	Hook    string   `json:"hook,omitempty"`
	Policy  string   `json:"policy,omitempty"`
	Rules   int      `json:"rules"`
	Packets *float64 `json:"packets,omitempty"`
	Bytes   *float64 `json:"bytes,omitempty"`
}

type ruleRow struct {
	Family  string   `json:"family"`
	Table   string   `json:"table"`
	Chain   string   `json:"chain"`
	Handle  string   `json:"handle"`
	Text    string   `json:"text"`
	Verdict string   `json:"verdict,omitempty"`
	Comment string   `json:"comment,omitempty"`
	Packets *float64 `json:"packets,omitempty"`
	Bytes   *float64 `json:"bytes,omitempty"`
}

type setRow struct {
	Family   string `json:"family"`
	Table    string `json:"table"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Elements *int   `json:"elements,omitempty"`
}

type sourceRow struct {
	Source  string    `json:"source"`
	Count   int64     `json:"count"`
	Ports   []string  `json:"ports,omitempty"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Private bool      `json:"is_private"`
	Suspect bool      `json:"suspicious"`
}

type portRow struct {
	Port  string `json:"port"`
	Count int64  `json:"count"`
}

// document makes what a person sees of the firewall of this machine.
func (c *local) document(v *view, connections *connections, b *blocked, changes int64) *document {
	d := &document{
		Summary:  summary{Backend: v.backend, Version: v.version, Logging: v.logs, Connections: connections},
		Policies: v.policies, Entries: first(v.entries), Zones: first(v.zones),
	}
	if v.active != nil {
		d.Summary.State = map[bool]string{true: "active", false: "off"}[*v.active]
	}
	for _, p := range v.policies {
		if p.Uncounted && p.Policy != accept {
			d.Summary.Note = "what the policy of a chain drops is counted nowhere; a last rule \"counter drop\" would count it"
		}
	}
	if v.rules != nil {
		n := v.rules.size()
		d.Summary.Rules, d.Summary.Changes = &n, &changes
		d.list(v.rules, c.config.Rules)
	}
	if b != nil {
		d.blocked(b, c.config)
	}
	return d
}

// list adds chains, rules and sets.
func (d *document) list(rules *ruleset, withRules bool) {
	for _, c := range rules.chains {
		row := chainRow{Family: c.family, Table: c.table, Name: c.name, Hook: c.hook, Policy: c.policy, Rules: len(c.rules)}
		if total, counted := c.sum(); counted {
			row.Packets, row.Bytes = &total.packets, &total.bytes
		}
		d.Chains = append(d.Chains, row)
		for _, r := range c.rules {
			if !withRules || len(d.Rules) >= maxRows {
				break
			}
			one := ruleRow{
				Family: c.family, Table: c.table, Chain: c.name, Handle: r.handle, Text: plugin.Shorten(r.text, 300), Verdict: r.verdict, Comment: plugin.Shorten(r.comment, 100),
			}
			if r.counted != nil {
				one.Packets, one.Bytes = &r.counted.packets, &r.counted.bytes
			}
			d.Rules = append(d.Rules, one)
		}
	}
	d.Chains = first(d.Chains)
	for _, s := range rules.sets {
		row := setRow{Family: s.family, Table: s.table, Name: s.name, Type: s.kind}
		if s.elements >= 0 {
			row.Elements = &s.elements
		}
		d.Sets = append(d.Sets, row)
	}
	d.Sets = first(d.Sets)
}

// blocked adds what the log tells.
func (d *document) blocked(b *blocked, config config) {
	n := len(b.sources)
	d.Summary.Log, d.Summary.Blocked, d.Summary.Sources = b.from, &b.total, &n
	d.Summary.Suspicious = b.suspected[:min(len(b.suspected), config.Top)]
	for _, source := range top(b.sources, config.Top, func(h *hit) int64 { return h.Count }) {
		h := b.sources[source]
		d.Top = append(d.Top, sourceRow{
			Source: source, Count: h.Count, Ports: h.Ports, First: time.Unix(h.First, 0).UTC(), Last: time.Unix(h.Last, 0).UTC(),
			Private: private(source), Suspect: h.Count >= int64(config.Threshold),
		})
	}
	for _, port := range top(b.ports, config.Top, func(n int64) int64 { return n }) {
		d.Ports = append(d.Ports, portRow{port, b.ports[port]})
	}
	d.Recent = b.recent
}

// first bounds a list.
func first[T any](list []T) []T { return list[:min(len(list), maxRows)] }
