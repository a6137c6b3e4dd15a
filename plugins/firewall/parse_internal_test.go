package firewall

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// recorded are the sections of a case, by name.
func recorded(f *testing.F, name string) map[string][]byte {
	f.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		f.Fatal(err)
	}
	sections := make(map[string][]byte)
	for _, section := range archive.Files {
		sections[section.Name] = section.Data
	}
	return sections
}

// mustHold wants of rules what everything else counts on.
func mustHold(t *testing.T, rules *ruleset) {
	t.Helper()
	n := 0
	for _, c := range rules.chains {
		n += len(c.rules)
		if total, counted := c.sum(); total.packets < 0 || !counted && total.packets != 0 {
			t.Errorf("chain %q counted %v", c.name, total)
		}
	}
	if n != rules.size() || len(rules.policies()) != 6 {
		t.Errorf("%d rules, and %d, and policies %v", n, rules.size(), rules.policies())
	}
	if a, b := fingerprint(rules.lines()), fingerprint(rules.lines()); a != b {
		t.Error("the same rules are told apart")
	}
}

func FuzzNft(f *testing.F) {
	f.Add(recorded(f, "nftables")["exec nft --json list ruleset"])
	f.Add(recorded(f, "firewalld")["exec nft --json list ruleset"])
	f.Add([]byte(`{"nftables": [{"set": {"name": "s", "type": ["ipv4_addr", "mark"], "elem": 3}}, {"chain": {"name": "c"}}, {"rule": {"chain": "c", "expr": [{"counter": null}, {"log": []}, {"limit": {"rate": {}}}, {"match": {"op": 1}}]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := parseNft(text)
		if err != nil {
			return
		}
		for _, c := range rules.chains { // counters below 0 are nonsense, and not ours
			for _, r := range c.rules {
				if r.counted != nil && r.counted.packets < 0 {
					return
				}
			}
		}
		mustHold(t, rules)
	})
}

func FuzzIptables(f *testing.F) {
	f.Add(recorded(f, "iptables")["exec iptables-save -c"])
	f.Add(recorded(f, "ufw")["exec ip6tables-save -c"])
	f.Add([]byte("*filter\n:INPUT DROP [1:2]\n:a - [0:0]\n[1:2] -A INPUT -m comment --comment \"a \\\"b\" -g a\n-A a -j LOG\nCOMMIT\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if rules, err := parseIptables(text, "ip"); err == nil {
			mustHold(t, rules)
		}
	})
}

func FuzzBlocks(f *testing.F) {
	for line := range strings.Lines(string(recorded(f, "log-files")["2 file /var/log/ufw.log"])) {
		f.Add(line)
	}
	marks := defaults().Prefixes
	f.Fuzz(func(t *testing.T, line string) {
		b, ok := parseBlock(line, marks)
		if ok && (b.source == "" || b.direction == "" || b.protocol == "" || len(b.port) > 5 || strings.Contains(line, "[UFW ALLOW") && !strings.Contains(line[strings.Index(line, "IN="):], "[UFW ALLOW")) {
			t.Errorf("%q is %+v", line, b)
		}
	})
}

func FuzzUfw(f *testing.F) {
	f.Add(recorded(f, "ufw")["file /etc/ufw/user.rules"])
	f.Add([]byte("### tuple ### route: 0 0 0 0 0 00")) // no action
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, e := range parseTuples(text, "ip") {
			if e.Action == "" || e.To == "" || e.From == "" {
				t.Errorf("a rule is %+v", e)
			}
		}
	})
}

func FuzzZones(f *testing.F) {
	f.Add(recorded(f, "firewalld")["exec firewall-cmd --list-all-zones"])
	f.Fuzz(func(t *testing.T, text []byte) {
		zones, err := parseZones(text)
		if err == nil && len(zones) == 0 {
			t.Error("neither a zone nor a fault")
		}
		for i := range zones {
			if len(zones[i].policies()) != 6 {
				t.Errorf("a zone is %+v", zones[i])
			}
		}
	})
}

func FuzzConntrack(f *testing.F) {
	f.Add(recorded(f, "nftables")["file /proc/net/stat/nf_conntrack"])
	f.Fuzz(func(t *testing.T, text []byte) {
		for column, sum := range parseConntrack(text) {
			if sum < 0 || column == "" {
				t.Errorf("%q is %v", column, sum)
			}
		}
	})
}

func FuzzFigures(f *testing.F) {
	for _, text := range []string{`"12.3 ms"`, `"0.0 %"`, `"~"`, `7`, `true`, `"inf"`, `null`, `{}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var n figure
		if n.UnmarshalJSON(text) != nil {
			return
		}
		if value, known := n.known(); known && !(value >= 0) {
			t.Errorf("%s is %v", text, value)
		}
		_ = pfUptime(string(text))
	})
}

func TestUptimesOfPfSense(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1 Day 02 Hours 03 Minutes 04 Seconds": 93784, "59 Minutes 1 Second": 3541, "3 Moons": -1, "": -1, "x Days": -1} {
		got := pfUptime(text)
		if want < 0 && got != nil || want >= 0 && (got == nil || *got != want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}
