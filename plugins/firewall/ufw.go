package firewall

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// entry is a rule as a person gave it to ufw.
type entry struct {
	Action    string `json:"action"`
	Direction string `json:"direction"`
	Family    string `json:"family"`
	Protocol  string `json:"protocol,omitempty"`
	From      string `json:"from"`
	To        string `json:"to"`
	Interface string `json:"interface,omitempty"`
	Comment   string `json:"comment,omitempty"`
}

const ufwFolder = "/etc/ufw/"

// ufwEnabled reports what the configuration says.
func (c *local) ufwEnabled() (bool, error) {
	settings, err := c.assignments(ufwFolder + "ufw.conf")
	return strings.EqualFold(settings["ENABLED"], "yes"), err
}

// lookUfw reads what ufw was told, and from iptables what came of it.
func (c *local) lookUfw(ctx context.Context, out *plugin.Batch) (*view, error) {
	settings, err := c.assignments(ufwFolder + "ufw.conf")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotInstalled, "there is no %sufw.conf", ufwFolder).WithHint("install ufw, or set type to auto")
	case err != nil:
		return nil, fault.Wrap(err, "reading the settings of ufw")
	}
	v := &view{backend: ufw, logs: strings.ToLower(settings["LOGLEVEL"])}
	enabled := strings.EqualFold(settings["ENABLED"], "yes")
	rules, err := c.readIptables(ctx)
	if err != nil && enabled {
		// Whether the rules are there cannot be told, and what they are can.
		out.Problem(err)
	}
	if err == nil {
		v.rules, v.version = rules, rules.version
	}
	switch {
	case !enabled:
		v.active = yes(false)
	case v.rules != nil:
		v.active = yes(v.rules.has("ufw-user-input"))
	}
	if enabled {
		v.policies = c.ufwPolicies(v.rules, out)
	} else if v.rules != nil {
		v.policies = v.rules.policies()
	}
	for _, file := range []struct{ name, family string }{{"user.rules", "ip"}, {"user6.rules", "ip6"}} {
		text, err := c.host.Files.ReadFile(ufwFolder + file.name)
		switch {
		case err == nil:
			v.entries = append(v.entries, parseTuples(text, file.family)...)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission): // only its group may
			out.Problem(fault.Wrap(err, "reading the rules of ufw"))
		}
	}
	return v, nil
}

func (r *ruleset) has(name string) bool {
	for _, c := range r.chains {
		if c.name == name {
			return true
		}
	}
	return false
}

// ufwPolicies are those of the configuration: to reject is done by a rule, and not
// by the policy of a chain.
func (c *local) ufwPolicies(rules *ruleset, out *plugin.Batch) []policy {
	settings, err := c.assignments("/etc/default/ufw")
	if err != nil {
		out.Problem(fault.Wrap(err, "reading the defaults of ufw"))
		return nil
	}
	var all []policy
	for _, direction := range directions() {
		word := strings.ToLower(settings["DEFAULT_"+strings.ToUpper(direction)+"_POLICY"])
		switch word {
		case accept, drop, reject:
			all = append(all, policy{Family: "ip", Direction: direction, Policy: word})
			if !strings.EqualFold(settings["IPV6"], "no") {
				all = append(all, policy{Family: "ip6", Direction: direction, Policy: word})
			}
		}
	}
	if strings.EqualFold(settings["IPV6"], "no") && rules != nil {
		for _, p := range rules.policies() { // ufw leaves IPv6 alone
			if p.Family == "ip6" {
				all = append(all, p)
			}
		}
	}
	return all
}

// assignments reads lines such as ENABLED=yes.
func (c *local) assignments(name string) (map[string]string, error) {
	text, err := c.host.Files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	settings := make(map[string]string)
	for line := range bytes.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSpace(string(line)), "=")
		if found && !strings.HasPrefix(key, "#") {
			settings[key] = strings.Trim(value, `"'`)
		}
	}
	return settings, nil
}

// parseTuples reads the comments with which ufw remembers rules:
//
//	### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0 comment=68656c6c6f
//
// With names of applications there are two more words before the direction.
func parseTuples(text []byte, family string) []entry {
	var entries []entry
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), "### tuple ### ")
		if !ok {
			continue
		}
		var e entry
		words := strings.Fields(rest)
		if last := len(words) - 1; last >= 0 {
			if text, ok := strings.CutPrefix(words[last], "comment="); ok {
				if comment, err := hex.DecodeString(text); err == nil {
					e.Comment = plugin.Shorten(string(comment), 100)
				}
				words = words[:last]
			}
		}
		if len(words) != 7 && len(words) != 9 || words[0] == "route:" {
			continue
		}
		e.Family, e.Action = family, words[0]
		direction := words[len(words)-1]
		if action, ok := strings.CutPrefix(e.Action, "route:"); ok {
			e.Action, e.Direction, e.Interface = action, "forward", strings.ReplaceAll(direction, "!", " ")
		} else {
			e.Direction, e.Interface, _ = strings.Cut(direction, "_")
		}
		e.Protocol = words[1]
		e.To, e.From = place(words[3], words[2]), place(words[5], words[4])
		if len(words) == 9 {
			e.To, e.From = application(e.To, words[6]), application(e.From, words[7])
		}
		entries = append(entries, e)
	}
	return entries
}

// place writes an address with a port as people do.
func place(address, port string) string {
	anywhere := address == "0.0.0.0/0" || address == "::/0"
	switch {
	case anywhere && port == "any":
		return "anywhere"
	case anywhere:
		return "port " + port
	case port == "any":
		return address
	}
	return address + " port " + port
}

func application(where, name string) string {
	if name == "-" {
		return where
	}
	return where + " (" + strings.ReplaceAll(name, "%20", " ") + ")"
}
