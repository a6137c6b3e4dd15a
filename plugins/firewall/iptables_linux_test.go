package firewall_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

// wantEvents wants an event of the kind among those, or none at all.
func wantEvents(t *testing.T, events []plugin.Event, kind, text string) {
	t.Helper()
	for _, event := range events {
		if event.Kind == kind && strings.Contains(event.Title, text) {
			return
		}
	}
	if kind != "" || len(events) > 0 {
		t.Errorf("events are %+v, want %s %s", events, kind, text)
	}
}

func TestCountersAreThoseOfIptables(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"iptables-nft", "iptables-legacy"} {
		alone(t, func() {
			for _, rule := range []string{
				"-P FORWARD DROP", "-N sub", "-A INPUT -p tcp --dport 22 -m comment --comment ssh-in -j ACCEPT", "-A INPUT -p udp --dport 9999 -j sub",
				"-A sub -m comment --comment no-game -j REJECT", "-A INPUT -p udp --dport 5353 -j DROP", "-A OUTPUT -j ACCEPT",
			} {
				run(t, program, strings.Fields(rule)...)
			}
			c := open(t, plugintest.Settings{})
			send(t, "9999", 5)
			send(t, "5353", 3)
			send(t, "7", 2)
			before := listed(run(t, program, "-nvxL"))
			batch := plugintest.CollectAll(t, firewall.Plugin(), c)
			if after := listed(run(t, program, "-nvxL")); !cmp.Equal(before, after) {
				t.Fatal("packets came in between")
			}
			values := plugintest.Values(batch)
			compare(t, before, values)
			labels := func(chain, rule string) string {
				return fmt.Sprintf(`firewall_rule_packets_total{chain="%s",family="ip",rule="%s",table="filter"}`, chain, rule)
			}
			want(t, values, map[string]float64{
				labels("sub", "no-game"): 5, labels("INPUT", "ssh-in"): 0, `firewall_verdict_packets_total{verdict="reject"}`: 5,
				`firewall_verdict_packets_total{verdict="drop"}`: 3, "firewall_active": 1,
				`firewall_default_policy{direction="forward",family="ip",policy="drop"}`: 1,
				`firewall_default_policy{direction="input",family="ip",policy="accept"}`: 1,
			})
			if !strings.Contains(string(batch.Snapshot()), `"backend":"iptables"`) {
				t.Errorf("%s is taken for %s", program, batch.Snapshot())
			}
		})
	}
}

// listed are the packets of the chains in what iptables -nvxL says.
func listed(said string) map[string]float64 {
	sums := make(map[string]float64)
	key := ""
	for line := range strings.Lines(said) {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == "Chain" {
			key = fmt.Sprintf(`firewall_chain_packets_total{chain="%s",family="ip",table="filter"}`, words[1])
			sums[key] = 0
			if words[2] == "(policy" {
				sums[key], _ = strconv.ParseFloat(words[4], 64)
			}
		} else if len(words) > 0 {
			if n, err := strconv.ParseFloat(words[0], 64); err == nil {
				sums[key] += n
			}
		}
	}
	return sums
}

func TestRulesAreThoseOfUfw(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/etc/ufw/ufw.conf"); err != nil {
		plugintest.Skip(t, "needs ufw")
	}
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "ufw"), os.DirFS("/etc/ufw")); err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile("/etc/default/ufw")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "default"), settings, 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "lock"), nil, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"/etc/ufw": filepath.Join(folder, "ufw"), "/etc/default/ufw": filepath.Join(folder, "default")}
	plugintest.Sandbox{Network: true, Files: files}.Run(t, nil, func() {
		c := open(t, plugintest.Settings{"type": "ufw"})
		want(t, plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), c)), map[string]float64{"firewall_active": 0})
		run(t, "ufw", "--force", "enable")
		run(t, "ufw", "allow", "22/tcp", "comment", "ssh in")
		run(t, "ufw", "deny", "from", "203.0.113.0/24")
		send(t, "9999", 3)
		batch := plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "firewall_on", "")
		values := plugintest.Values(batch)
		want(t, values, map[string]float64{
			"firewall_active": 1, `firewall_default_policy{direction="input",family="ip",policy="drop"}`: 1,
			`firewall_default_policy{direction="output",family="ip6",policy="accept"}`: 1,
			`firewall_rules{chain="ufw-user-input",family="ip",table="filter"}`:        2,
			`firewall_rules{chain="ufw6-user-input",family="ip6",table="filter"}`:      1,
		})
		compare(t, listed(run(t, "iptables", "-nvxL")), values)
		status := run(t, "ufw", "status", "verbose")
		for _, text := range []string{`"comment":"ssh in"`, `"from":"203.0.113.0/24"`, `"to":"port 22"`, `"logging":"low"`} {
			if !strings.Contains(string(batch.Snapshot()), text) {
				t.Errorf("%s is missing in %s\nufw says %s", text, batch.Snapshot(), status)
			}
		}
		if !strings.Contains(status, "Default: deny (incoming), allow (outgoing)") || !strings.Contains(status, "# ssh in") {
			t.Errorf("ufw says %s", status)
		}
		// In the order of looking, ufw comes before nftables.
		if values := plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), open(t, plugintest.Settings{}))); values["firewall_active"] != 1 {
			t.Errorf("auto says %v", values)
		}
	})
}

// compare wants what iptables lists. A chain in which nothing counts has no series.
func compare(t *testing.T, listed, values map[string]float64) {
	t.Helper()
	for key, packets := range listed {
		if got, there := values[key]; got != packets {
			t.Errorf("%s is %v (%v), iptables says %v", key, got, there, packets)
		}
	}
	for key := range plain(values, "firewall_chain_packets_total") {
		if _, there := listed[key]; !there && strings.Contains(key, `family="ip",table="filter`) {
			t.Errorf("%s is not in what iptables says", key)
		}
	}
}
