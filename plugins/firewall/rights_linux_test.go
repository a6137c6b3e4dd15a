package firewall_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

// guard makes a firewall.
func guard(t *testing.T) func() {
	t.Helper()
	return func() {
		run(t, "nft", "add table inet guard; add chain inet guard in { type filter hook input priority 0; policy drop; }")
	}
}

func TestTheCapabilityIsEnough(t *testing.T) {
	t.Parallel()
	plugintest.InReadme(t, "AmbientCapabilities=CAP_NET_ADMIN")
	for _, kind := range []string{"auto", "nftables"} {
		c := open(t, plugintest.Settings{"type": kind})
		plugintest.Sandbox{Network: true, User: true, Capabilities: []uintptr{unix.CAP_NET_ADMIN}}.Run(t, guard(t), func() {
			want(t, plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), c)), map[string]float64{
				"firewall_active": 1, `firewall_default_policy{direction="input",family="ip",policy="drop"}`: 1,
			})
		})
		// The right is withdrawn, and given back.
		plugintest.Sandbox{Network: true, User: true}.Run(t, guard(t), func() {
			_, err := plugintest.Attempt(t, firewall.Plugin(), c, firewall.Plugin().Manifest().Timeout)
			plugintest.WantFault(t, err, fault.Permission, "Operation not permitted", "give Unity the capability CAP_NET_ADMIN")
		})
		plugintest.Sandbox{Network: true, User: true, Capabilities: []uintptr{unix.CAP_NET_ADMIN}}.Run(t, guard(t), func() {
			plugintest.CollectAll(t, firewall.Plugin(), c)
		})
	}
	c := open(t, plugintest.Settings{"type": "iptables"})
	plugintest.Sandbox{Network: true, User: true, Capabilities: []uintptr{unix.CAP_NET_ADMIN}}.Run(t, func() {
		run(t, "iptables-nft", "-P", "INPUT", "DROP")
		run(t, "iptables-nft", "-A", "INPUT", "-j", "ACCEPT")
	}, func() {
		want(t, plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), c)), map[string]float64{"firewall_active": 1})
	})
	plugintest.Sandbox{Network: true, User: true}.Run(t, nil, func() {
		_, err := plugintest.Attempt(t, firewall.Plugin(), c, firewall.Plugin().Manifest().Timeout)
		plugintest.WantFault(t, err, fault.Permission, "you must be root", "give Unity the capability CAP_NET_ADMIN")
	})
}

func TestTheLinesForSudoAreEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	run(t, "sudo", "--version")
	lines := plugintest.ReadmeLines(t, "unity ALL=")
	for kind, prepare := range map[string]func(){
		"nftables": guard(t),
		"iptables": func() {
			run(t, "iptables-nft", "-A", "INPUT", "-j", "ACCEPT")
			run(t, "iptables-legacy", "-A", "INPUT", "-j", "ACCEPT")
		},
	} {
		c := open(t, plugintest.Settings{"type": kind, "use_sudo": true})
		plugintest.Sandbox{Network: true, User: true, Sudoers: lines}.Run(t, prepare, func() {
			want(t, plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), c)), map[string]float64{"firewall_active": 1})
		})
		plugintest.Sandbox{Network: true, User: true, Sudoers: "unity ALL=(root) NOPASSWD: /usr/sbin/nft list tables\n"}.Run(t, prepare, func() {
			_, err := plugintest.Attempt(t, firewall.Plugin(), c, firewall.Plugin().Manifest().Timeout)
			plugintest.WantFault(t, err, fault.Permission, "a password is required", "in sudoers with NOPASSWD")
		})
	}
	if strings.Contains(lines, "*") {
		t.Error("a star would allow more than to list")
	}
}
