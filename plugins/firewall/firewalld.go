package firewall

import (
	"bufio"
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// zone is what firewalld does with packets of some interfaces or addresses.
type zone struct {
	Name       string   `json:"name"`
	Active     bool     `json:"active"`
	Default    bool     `json:"default"`
	Target     string   `json:"target"`
	Interfaces []string `json:"interfaces,omitempty"`
	Sources    []string `json:"sources,omitempty"`
	Services   []string `json:"services,omitempty"`
	Ports      []string `json:"ports,omitempty"`
	Forwards   []string `json:"forwards,omitempty"`
	Rich       []string `json:"rich_rules,omitempty"`
	Masquerade bool     `json:"masquerade"`
}

// bus is where firewalld is asked.
const bus = "/run/dbus/system_bus_socket"

// How firewall-cmd ends when there is nobody to ask, and when it may not ask.
const (
	notRunning    = 252
	notAuthorized = 253
)

// lookFirewalld asks firewalld for its zones, and nft for what came of them.
func (c *local) lookFirewalld(ctx context.Context, out *plugin.Batch) (*view, error) {
	v := &view{backend: firewalld, active: yes(false)}
	ask := plugin.Command{Name: "firewall-cmd", Args: []string{"--list-all-zones"}, Sudo: c.config.UseSudo}
	within, cancel := context.WithTimeout(ctx, c.config.Timeout.Std())
	defer cancel()
	said, err := c.host.Commands.Run(within, ask)
	switch {
	case err != nil:
		return nil, err
	case said.ExitCode == notRunning:
		return v, nil
	case said.ExitCode == notAuthorized:
		return nil, fault.New(fault.Permission, "running %s: firewalld answers root only", command.Line(ask)).
			WithHint("run Unity as root, or add the lines for sudo that the documentation shows and switch on use_sudo")
	}
	if err := command.Check(ask, said); err != nil {
		if strings.Contains(err.Error(), "Failed to connect to socket") {
			return nil, fault.As(fault.Unreachable, err, "").WithHint("firewalld is asked over D-Bus, which does not run")
		}
		return nil, c.withHint(err)
	}
	if v.zones, err = parseZones(said.Stdout); err != nil {
		return nil, fault.Wrap(err, "reading what %s said", command.Line(ask))
	}
	v.active = yes(true)
	def, err := c.word(ctx, "--get-default-zone")
	out.Problem(err)
	v.logs, err = c.word(ctx, "--get-log-denied")
	out.Problem(err)
	v.version, err = c.word(ctx, "--version")
	out.Problem(err)
	for i := range v.zones {
		z := &v.zones[i]
		if z.Default = z.Default || z.Name == def; z.Default {
			v.policies = z.policies()
		}
	}
	rules, err := c.readNft(ctx)
	out.Problem(err)
	if err == nil {
		v.rules = rules
	}
	return v, nil
}

// policies are what the zone does with what no service or port of it lets in.
func (z *zone) policies() []policy {
	in := reject // which firewalld calls default
	switch z.Target {
	case "ACCEPT":
		in = accept
	case "DROP":
		in = drop
	}
	var all []policy
	for _, family := range []string{"ip", "ip6"} {
		all = append(all, policy{Family: family, Direction: "input", Policy: in}, policy{Family: family, Direction: "output", Policy: accept},
			policy{Family: family, Direction: "forward", Policy: in})
	}
	return all
}

// word asks firewall-cmd for something short.
func (c *local) word(ctx context.Context, question string) (string, error) {
	out, err := c.run(ctx, plugin.Command{Name: "firewall-cmd", Args: []string{question}})
	return plugin.Shorten(strings.TrimSpace(string(out.Stdout)), 60), err
}

// parseZones reads what firewall-cmd --list-all-zones says.
func parseZones(text []byte) ([]zone, error) {
	var zones []zone
	rich := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if strings.TrimSpace(line) == "" {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, state, _ := strings.Cut(line, " (")
			states := strings.Split(strings.TrimSuffix(state, ")"), ", ")
			zones = append(zones, zone{Name: plugin.Shorten(name, 60), Active: slices.Contains(states, "active"), Default: slices.Contains(states, "default")})
			rich = false
			continue
		}
		if len(zones) == 0 {
			return nil, fault.New(fault.BadAnswer, "the line %.60q belongs to no zone", line)
		}
		z := &zones[len(zones)-1]
		if line[0] == '\t' {
			if rich {
				z.Rich = append(z.Rich, plugin.Shorten(strings.TrimSpace(line), 200))
			} else {
				z.Forwards = append(z.Forwards, plugin.Shorten(strings.TrimSpace(line), 200))
			}
			continue
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		rich = key == "rich rules"
		z.set(key, strings.TrimSpace(value))
	}
	if err := lines.Err(); err != nil {
		return nil, fault.As(fault.BadAnswer, err, "a line makes no sense")
	}
	if len(zones) == 0 {
		return nil, fault.New(fault.BadAnswer, "it holds no zone")
	}
	return zones, nil
}

func (z *zone) set(key, value string) {
	switch key {
	case "target":
		z.Target = plugin.Shorten(value, 20)
	case "interfaces":
		z.Interfaces = strings.Fields(value)
	case "sources":
		z.Sources = strings.Fields(value)
	case "services":
		z.Services = strings.Fields(value)
	case "ports":
		z.Ports = strings.Fields(value)
	case "masquerade":
		z.Masquerade = value == "yes"
	case "forward-ports":
		if value != "" {
			z.Forwards = append(z.Forwards, plugin.Shorten(value, 200))
		}
	}
}
