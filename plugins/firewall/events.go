package firewall

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// keySeen is where is kept how the firewall was.
const keySeen = "seen"

// maxTold bounds how many lines of rules one event shows.
const maxTold = 5

// seen is what the next run is compared with.
type seen struct {
	Backend  string   `json:"backend"`
	Active   *bool    `json:"active,omitempty"`
	Rules    string   `json:"rules,omitempty"` // their fingerprint
	Changes  int64    `json:"changes"`
	Policies []policy `json:"policies,omitempty"`
}

// tell tells what is other than in the run before, and returns how often the rules
// have changed. It keeps what the next run is compared with.
func (c *local) tell(v *view, b *blocked, out *plugin.Batch) (int64, error) {
	was, known := plugin.Recall[seen](c.host.State, keySeen)
	now := was
	now.Backend = v.backend
	same := known && was.Backend == v.backend // another kind is not a change of rules
	if v.active != nil {
		now.Active = v.active
		if known && was.Active != nil && *was.Active != *v.active {
			out.Event(activeEvent(v))
		}
	}
	if v.policies != nil {
		now.Policies = bare(v.policies)
		if same {
			tellPolicies(was.Policies, now.Policies, out)
		}
	}
	if v.rules != nil {
		lines := v.rules.lines()
		now.Rules = fingerprint(lines)
		if same && was.Rules != "" && was.Rules != now.Rules {
			now.Changes++
			out.Event(c.rulesEvent(lines))
		}
		c.lines = lines
	}
	if err := plugin.Keep(c.host.State, keySeen, now); err != nil {
		return 0, err
	}
	if b == nil {
		return now.Changes, nil
	}
	for _, source := range b.suspected {
		if !slices.Contains(b.ledger.Suspected, source) {
			out.Event(scanEvent(c.config, source, b.sources[source]))
		}
	}
	return now.Changes, b.keep(c.host.State, c.config.Window.Std())
}

func activeEvent(v *view) plugin.Event {
	if *v.active {
		return plugin.Event{Kind: "firewall_on", Severity: plugin.Info, Title: "The firewall is on", Detail: map[string]string{"backend": v.backend}}
	}
	return plugin.Event{Kind: "firewall_off", Severity: plugin.Critical, Title: "The firewall is off", Detail: map[string]string{"backend": v.backend}}
}

// bare are the policies without what is only shown.
func bare(policies []policy) []policy {
	list := slices.Clone(policies)
	for i := range list {
		list[i].Uncounted = false
	}
	return list
}

func tellPolicies(was, now []policy, out *plugin.Batch) {
	for _, p := range now {
		i := slices.IndexFunc(was, func(q policy) bool { return q.Family == p.Family && q.Direction == p.Direction })
		if i < 0 || was[i].Policy == p.Policy {
			continue
		}
		severity := plugin.Info
		if p.Policy == accept && p.Direction != "output" {
			severity = plugin.Warning
		}
		out.Event(plugin.Event{
			Kind: "default_policy_changed", Severity: severity,
			Title:  fmt.Sprintf("What no rule decides about is now: %s (%s, %s), and was: %s", p.Policy, p.Direction, familyName(p.Family), was[i].Policy),
			Detail: map[string]string{"family": p.Family, "direction": p.Direction, "policy": p.Policy, "before": was[i].Policy},
		})
	}
}

func familyName(family string) string {
	if family == "ip6" {
		return "IPv6"
	}
	return "IPv4"
}

// rulesEvent says which rules are new and which are gone, as far as the run before
// was of the same process.
func (c *local) rulesEvent(lines []string) plugin.Event {
	event := plugin.Event{Kind: "rules_changed", Severity: plugin.Info, Title: "Rules of the firewall were changed"}
	if c.lines == nil {
		return event
	}
	added, removed := without(lines, c.lines), without(c.lines, lines)
	switch {
	case len(added)+len(removed) == 0:
		event.Title += ": their order"
	default:
		event.Title += fmt.Sprintf(": %d added, %d removed", len(added), len(removed))
	}
	event.Detail = make(map[string]string)
	for what, list := range map[string][]string{"added": added, "removed": removed} {
		if len(list) > 0 {
			event.Detail[what] = plugin.Shorten(strings.Join(list[:min(len(list), maxTold)], "; "), 500)
		}
	}
	return event
}

// without are the lines of one list that the other does not have, as often as it
// does not.
func without(list, other []string) []string {
	there := make(map[string]int, len(other))
	for _, line := range other {
		there[line]++
	}
	var rest []string
	for _, line := range list {
		if there[line] > 0 {
			there[line]--
			continue
		}
		rest = append(rest, line)
	}
	return rest
}

func scanEvent(config config, source string, h *hit) plugin.Event {
	severity := plugin.Info // the Internet does this all day
	if private(source) {
		severity = plugin.Warning
	}
	return plugin.Event{
		Kind: "suspicious_source", Severity: severity,
		Title:  fmt.Sprintf("%d packets from %s were blocked within %s", h.Count, source, config.Window),
		Detail: map[string]string{"source": source, "ports": strings.Join(h.Ports, ", ")},
	}
}
