package firewall_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

func TestRulesAndCountersAreThoseOfNft(t *testing.T) {
	t.Parallel()
	alone(t, func() {
		run(t, "nft", "-f", "testdata/ruleset.nft")
		c := open(t, plugintest.Settings{})
		send(t, "9999", 7)
		send(t, "5353", 4)
		said := run(t, "nft", "-j", "list", "ruleset")
		batch := plugintest.CollectAll(t, firewall.Plugin(), c)
		if again := run(t, "nft", "-j", "list", "ruleset"); counters(t, again) != counters(t, said) {
			t.Fatal("packets came in between") // nothing but this test sends any
		}
		values := plugintest.Values(batch)
		if diff := cmp.Diff(sums(t, said), plain(values, "firewall_chain_packets_total", "firewall_chain_bytes_total")); diff != "" {
			t.Errorf("counted (-nft +unity):\n%s", diff)
		}
		want(t, values, map[string]float64{
			"firewall_active": 1, `firewall_default_policy{direction="input",family="ip",policy="drop"}`: 1,
			`firewall_default_policy{direction="forward",family="ip6",policy="drop"}`:       1,
			`firewall_default_policy{direction="output",family="ip",policy="accept"}`:       1,
			`firewall_rules{chain="input",family="inet",table="filter"}`:                    12,
			`firewall_set_elements{family="inet",set="blocked",table="filter"}`:             2,
			`firewall_set_elements{family="inet",set="ports",table="filter"}`:               2,
			`firewall_verdict_packets_total{verdict="reject"}`:                              7,
			`firewall_rule_packets_total{chain="",family="inet",rule="web",table="filter"}`: 0,
		})
		if values[`firewall_verdict_packets_total{verdict="drop"}`] < 4 {
			t.Errorf("dropped: %v", values)
		}
		if diff := cmp.Diff(texts(run(t, "nft", "list", "ruleset")), shownRules(t, batch.Snapshot())); diff != "" {
			t.Errorf("rules are written otherwise (-nft +unity):\n%s", diff)
		}
	})
}

// sums adds up the counters in what nft says, by chain.
func sums(t *testing.T, said string) map[string]float64 {
	t.Helper()
	var document struct {
		Nftables []struct {
			Rule struct {
				Family, Table, Chain string
				Expr                 []struct{ Counter json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal([]byte(said), &document); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, item := range document.Nftables {
		for _, statement := range item.Rule.Expr {
			var n *struct{ Packets, Bytes float64 }
			if json.Unmarshal(statement.Counter, &n) != nil || n == nil {
				continue // no counter, or one with a name
			}
			labels := fmt.Sprintf(`{chain="%s",family="%s",table="%s"}`, item.Rule.Chain, item.Rule.Family, item.Rule.Table)
			all["firewall_chain_packets_total"+labels] += n.Packets
			all["firewall_chain_bytes_total"+labels] += n.Bytes
		}
	}
	return all
}

// counters is what was counted, as a text to compare.
func counters(t *testing.T, said string) string {
	t.Helper()
	return strings.Join(regexp.MustCompile(`"packets": \d+`).FindAllString(said, -1), " ")
}

func plain(values map[string]float64, names ...string) map[string]float64 {
	some := make(map[string]float64)
	for key, value := range values {
		for _, name := range names {
			if strings.HasPrefix(key, name+"{") {
				some[key] = value
			}
		}
	}
	return some
}

// texts are the rules as nft writes them, without what they counted and their
// comments.
func texts(said string) []string {
	var rules []string
	inChain := false
	changing := regexp.MustCompile(` ?counter packets \d+ bytes \d+| comment "[^"]*"`)
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "chain "):
			inChain = true
		case line == "}":
			inChain = false
		case inChain && !strings.HasPrefix(line, "type "):
			rules = append(rules, strings.TrimSpace(changing.ReplaceAllString(line, "")))
		}
	}
	return rules
}

// shownRules are those of the snapshot, with what nft writes otherwise in its two
// forms: numbers of marks, and flags of TCP.
func shownRules(t *testing.T, snapshot []byte) []string {
	t.Helper()
	var document struct{ Rules []struct{ Text string } }
	if err := json.Unmarshal(snapshot, &document); err != nil {
		t.Fatal(err)
	}
	same := strings.NewReplacer("mark set 1", "mark set 0x00000001", "tcp flags & (fin|syn|rst|ack) syn", "tcp flags syn / fin,syn,rst,ack",
		`iif lo`, `iif "lo"`, `iifname lo`, `iifname "lo"`, "{ eth0, wan* }", `{ "eth0", "wan*" }`, "oifname eth0", `oifname "eth0"`, "oifname eth1", `oifname "eth1"`, "timeout 600s", "timeout 10m")
	var rules []string
	for _, rule := range document.Rules {
		rules = append(rules, same.Replace(rule.Text))
	}
	return rules
}

func TestWhatChangesIsTold(t *testing.T) {
	t.Parallel()
	alone(t, func() {
		c := open(t, plugintest.Settings{})
		values := plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), c))
		want(t, values, map[string]float64{"firewall_active": 0, "firewall_ruleset_changes_total": 0})
		run(t, "nft", "add table inet guard; add chain inet guard in { type filter hook input priority 0; policy accept; }")
		run(t, "nft", "add set inet guard bad { type ipv4_addr; }; add rule inet guard in ip saddr @bad counter drop comment \"bad\"")
		batch := plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "firewall_on", "")
		run(t, "nft", "add rule inet guard in udp dport 7 drop")
		batch = plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "rules_changed", "1 added, 0 removed")
		want(t, plugintest.Values(batch), map[string]float64{`firewall_rules{chain="in",family="inet",table="guard"}`: 2})
		// Sets and counters change by themselves; that is no change of rules.
		run(t, "nft", "add element inet guard bad { 127.0.0.9 }")
		send(t, "7", 1)
		batch = plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "", "")
		want(t, plugintest.Values(batch), map[string]float64{`firewall_set_elements{family="inet",set="bad",table="guard"}`: 1})
		run(t, "nft", "flush ruleset")
		batch = plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "firewall_off", "The firewall is off")
	})
}
