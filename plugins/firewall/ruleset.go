package firewall

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// The verdicts that are counted. A rule may also return, jump to a chain, or only
// count and log.
const (
	accept = "accept"
	drop   = "drop"
	reject = "reject"
)

// count is what a counter says.
type count struct{ packets, bytes float64 }

func (c *count) add(other count) {
	c.packets += other.packets
	c.bytes += other.bytes
}

// ruleset is what the kernel was told.
type ruleset struct {
	version  string // of the program that read it
	chains   []*chain
	counters []namedCounter
	sets     []set
}

// chain is a list of rules.
type chain struct {
	family, table, name string
	kind, hook, policy  string // of a chain where packets come in
	policyCount         *count // of packets that no rule decided about; iptables knows
	rules               []rule
}

// rule is one of a chain.
type rule struct {
	text, verdict, comment string
	handle                 string
	counted                *count // nil where it does not count
	always                 bool   // it matches every packet
}

type namedCounter struct {
	family, table, name string
	count
}

type set struct {
	family, table, name, kind string
	elements                  int // -1 is not known
}

// filters reports whether what the chain accepts or drops has passed the firewall
// or has not. In tables that translate addresses or mark packets, to accept is
// only to go on.
func (c *chain) filters() bool {
	if c.kind != "" && c.kind != "filter" {
		return false
	}
	name, _, _ := strings.Cut(c.table, " ")
	switch name {
	case "nat", "mangle", "raw":
		return false
	}
	// firewalld has all of them in one table.
	return c.table != firewalld || strings.HasPrefix(c.name, "filter_")
}

// sum adds up what the chain counted.
func (c *chain) sum() (total count, counted bool) {
	if c.policyCount != nil {
		total, counted = *c.policyCount, true
	}
	for _, r := range c.rules {
		if r.counted != nil {
			total.add(*r.counted)
			counted = true
		}
	}
	return total, counted
}

// last is what becomes of a packet that no particular rule decides about: what
// the last rule says, if it matches all, or else the policy.
func (c *chain) last() string {
	if n := len(c.rules); n > 0 && c.rules[n-1].always {
		switch verdict := c.rules[n-1].verdict; verdict {
		case accept, drop, reject:
			return verdict
		}
	}
	return c.policy
}

// size is the number of rules.
func (r *ruleset) size() int {
	n := 0
	for _, c := range r.chains {
		n += len(c.rules)
	}
	return n
}

// verdicts adds up counters by what became of the packets.
func (r *ruleset) verdicts() map[string]count {
	sums := make(map[string]count)
	note := func(verdict string, n count) {
		switch verdict {
		case accept, drop, reject:
			sum := sums[verdict]
			sum.add(n)
			sums[verdict] = sum
		}
	}
	for _, c := range r.chains {
		if !c.filters() {
			continue
		}
		if c.policyCount != nil {
			note(c.policy, *c.policyCount)
		}
		for _, one := range c.rules {
			if one.counted != nil {
				note(one.verdict, *one.counted)
			}
		}
	}
	return sums
}

// policy is what happens to packets that no particular rule decides about.
type policy struct {
	Family    string `json:"family"`
	Direction string `json:"direction"`
	Policy    string `json:"policy"`
	// Uncounted says that what the policy drops is counted nowhere.
	Uncounted bool `json:"uncounted,omitempty"`
}

func directions() []string { return []string{"input", "output", "forward"} }

// policies are those of IPv4 and IPv6. Of several chains at the same place the
// strictest decides; where there is none, everything passes.
func (r *ruleset) policies() []policy {
	var all []policy
	strict := []string{accept, reject, drop}
	for _, family := range []string{"ip", "ip6"} {
		for _, direction := range directions() {
			p := policy{Family: family, Direction: direction, Policy: accept}
			for _, c := range r.chains {
				if c.hook != direction || !c.filters() || c.family != family && c.family != "inet" {
					continue
				}
				last := c.last()
				if slices.Index(strict, last) <= slices.Index(strict, p.Policy) {
					continue
				}
				p.Policy = last
				p.Uncounted = last == c.policy && c.policyCount == nil && (len(c.rules) == 0 || !c.rules[len(c.rules)-1].always)
			}
			all = append(all, p)
		}
	}
	return all
}

// lines are what makes the rules what they are: everything but what changes by
// itself, such as counters.
func (r *ruleset) lines() []string {
	var lines []string
	for _, c := range r.chains {
		where := c.family + " " + c.table + " " + c.name
		if c.hook != "" {
			lines = append(lines, where+" "+c.kind+" "+c.hook+" policy "+c.policy)
		}
		for _, one := range c.rules {
			line := where + ": " + one.text
			if one.comment != "" && !strings.Contains(one.text, one.comment) {
				line += " # " + one.comment
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// fingerprint is different for other rules.
func fingerprint(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:12])
}

// emit puts in what was counted.
func (r *ruleset) emit(config config, out *plugin.Batch) {
	for verdict, n := range r.verdicts() {
		out.Add("firewall_verdict_packets_total", n.packets, "verdict", verdict)
		out.Add("firewall_verdict_bytes_total", n.bytes, "verdict", verdict)
	}
	for _, s := range r.sets {
		if s.elements >= 0 {
			out.Add("firewall_set_elements", float64(s.elements), "family", s.family, "table", s.table, "set", s.name)
		}
	}
	type key struct{ family, table, chain, rule string }
	named := make(map[key]count)
	for _, c := range r.counters {
		named[key{c.family, c.table, "", c.name}] = c.count
	}
	for _, c := range r.chains {
		if !plugin.Selects(config.Chains, nil, c.name) {
			continue
		}
		labels := []string{"family", c.family, "table", c.table, "chain", c.name}
		out.Add("firewall_rules", float64(len(c.rules)), labels...)
		if !config.Count {
			continue
		}
		if total, counted := c.sum(); counted {
			out.Add("firewall_chain_packets_total", total.packets, labels...)
			out.Add("firewall_chain_bytes_total", total.bytes, labels...)
		}
		for _, one := range c.rules {
			if one.comment == "" || one.counted == nil {
				continue
			}
			k := key{c.family, c.table, c.name, plugin.Shorten(one.comment, 60)} // several may have the same
			sum := named[k]
			sum.add(*one.counted)
			named[k] = sum
		}
	}
	if !config.Count {
		return
	}
	for k, n := range named {
		labels := []string{"family", k.family, "table", k.table, "chain", k.chain, "rule", k.rule}
		out.Add("firewall_rule_packets_total", n.packets, labels...)
		out.Add("firewall_rule_bytes_total", n.bytes, labels...)
	}
}

// emitPolicies puts in one sample for each policy that there can be.
func emitPolicies(policies []policy, out *plugin.Batch) {
	for _, p := range policies {
		for _, known := range []string{accept, drop, reject} {
			out.AddBool("firewall_default_policy", p.Policy == known, "family", p.Family, "direction", p.Direction, "policy", known)
		}
	}
}

// sort puts chains into the order in which people look for them.
func (r *ruleset) sort() {
	slices.SortStableFunc(r.chains, func(a, b *chain) int {
		return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.table, b.table))
	})
}
