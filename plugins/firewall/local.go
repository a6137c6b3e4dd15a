package firewall

import (
	"context"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/follow"
)

// local watches the firewall of this machine.
type local struct {
	config   config
	host     plugin.Host
	follower *follow.Follower
	terse    bool     // the sets are too large to be read
	lines    []string // the rules of the run before
}

func newLocal(config config, host plugin.Host) *local {
	return &local{
		config: config, host: host,
		follower: follow.New(follow.Options{Files: host.Files, Paths: config.LogFiles, MaxLineBytes: 8 << 10}),
	}
}

// Close implements io.Closer.
func (c *local) Close() error { return c.follower.Close() }

// view is the firewall as one of its kinds tells of it.
type view struct {
	backend  string
	version  string
	active   *bool    // nil where it is not known
	rules    *ruleset // nil where they could not be read
	policies []policy
	// What only some kinds have.
	entries []entry
	zones   []zone
	logs    string
}

func yes(v bool) *bool { return &v }

// Collect implements plugin.Collector.
func (c *local) Collect(ctx context.Context, out *plugin.Batch) error {
	v, err := c.look(ctx, out)
	if err != nil {
		return err
	}
	out.Add("firewall_info", 1, "backend", v.backend, "version", v.version)
	if v.active != nil {
		out.AddBool("firewall_active", *v.active)
	}
	emitPolicies(v.policies, out)
	if v.rules != nil {
		v.rules.sort()
		v.rules.emit(c.config, out)
	}
	connections := c.readConntrack(out)
	blocked := c.readBlocked(ctx, out)
	changes, err := c.tell(v, blocked, out)
	if err != nil {
		return err
	}
	if v.rules != nil {
		out.Add("firewall_ruleset_changes_total", float64(changes))
	}
	out.SetSnapshot(c.document(v, connections, blocked, changes))
	return nil
}

// look reads the firewall of the kind in the settings, or the one that is there.
func (c *local) look(ctx context.Context, out *plugin.Batch) (*view, error) {
	switch c.config.Type {
	case nftables:
		return c.lookNft(ctx)
	case iptables:
		return c.lookIptables(ctx)
	case ufw:
		return c.lookUfw(ctx, out)
	case firewalld:
		return c.lookFirewalld(ctx, out)
	}
	if c.mayBeFirewalld() {
		v, err := c.lookFirewalld(ctx, out)
		if err != nil || *v.active {
			return v, err
		}
	}
	if enabled, err := c.ufwEnabled(); err == nil && enabled {
		return c.lookUfw(ctx, out)
	}
	v, err := c.lookNft(ctx)
	switch {
	case fault.Of(err) == fault.NotInstalled:
		return c.lookIptables(ctx)
	case err != nil:
		return nil, err
	case *v.active && !v.rules.ofIptables():
		return v, nil
	}
	older, err := c.lookIptables(ctx)
	switch {
	case err == nil && *older.active:
		return older, nil
	case err != nil && fault.Of(err) != fault.NotInstalled:
		return nil, err
	case !*v.active:
		v.backend = none
	}
	return v, nil
}

// mayBeFirewalld reports whether it is worth asking firewalld, which takes longer
// than all the rest: it is reached over D-Bus only.
func (c *local) mayBeFirewalld() bool {
	_, program := c.host.Commands.Find("firewall-cmd")
	_, bus := c.host.Files.Stat(bus)
	return program == nil && bus == nil
}

func (c *local) lookNft(ctx context.Context) (*view, error) {
	rules, err := c.readNft(ctx)
	if err != nil {
		return nil, err
	}
	return &view{
		backend: nftables, version: rules.version, active: yes(len(rules.chains) > 0), rules: rules, policies: rules.policies(),
	}, nil
}

func (c *local) lookIptables(ctx context.Context) (*view, error) {
	rules, err := c.readIptables(ctx)
	if err != nil {
		return nil, err
	}
	active := rules.size() > 0
	for _, p := range rules.policies() {
		active = active || p.Policy != accept
	}
	return &view{backend: iptables, version: rules.version, active: &active, rules: rules, policies: rules.policies()}, nil
}

// run runs one of the programs that list rules.
func (c *local) run(ctx context.Context, ask plugin.Command) (plugin.Output, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout.Std())
	defer cancel()
	ask.Sudo = c.config.UseSudo
	out, err := c.host.Commands.Run(ctx, ask)
	if err == nil {
		err = command.Check(ask, out)
	}
	return out, c.withHint(err)
}

// withHint says what is missing to read rules.
func (c *local) withHint(err error) error {
	switch {
	case err == nil:
		return nil
	case strings.Contains(strings.ToLower(err.Error()), "need to be root"), strings.Contains(err.Error(), "cache initialization"):
		err = fault.As(fault.Permission, err, "")
	case fault.Of(err) != fault.Permission:
		return err
	}
	if fault.Hint(err) != "" || c.config.UseSudo {
		return err
	}
	return fault.As(fault.Permission, err, "").
		WithHint("give Unity the capability CAP_NET_ADMIN, or the lines for sudo that the documentation shows and switch on use_sudo")
}
