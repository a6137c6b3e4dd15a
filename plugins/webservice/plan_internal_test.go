package webservice

import (
	"net/netip"
	"testing"
)

func FuzzPlan(f *testing.F) {
	f.Add("http://nas", "(a|b)*", "$.a[?(@.b == 1)]", "udp://1.1.1.1", `{"a": [{"b": 1}]}`)
	f.Add("icmp://[::1]", "[", "$..*", "tcp://:0", `[[1], "x"]`)
	f.Add("\x00://", "(?i", "@.[", "://", `{"a": 1e400}`)
	f.Fuzz(func(t *testing.T, url, pattern, path, resolver, answer string) {
		config := defaults()
		config.URL, config.BodyRegex, config.JSONPath, config.Resolver = url, pattern, path, resolver
		p, err := newPlan(config)
		if err != nil {
			return
		}
		if p.target.Hostname() == "" || p.kind == "" {
			t.Errorf("%q is taken as a plan for %q", url, p.target)
		}
		c := &collector{plan: p}
		r := &result{status: 200, body: []byte(answer)}
		c.judgeAnswer(r)
		if len(r.verdicts) == 0 {
			t.Error("an answer was not judged")
		}
	})
}

func FuzzListener(f *testing.F) {
	f.Add("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   103        0 21001")
	f.Add("   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A")
	f.Add("  sl  local_address rem_address   st")
	f.Fuzz(func(t *testing.T, line string) {
		at, ok := listener(line)
		if ok && (!at.IsValid() || at.Port() == 0 || at.Addr() == netip.IPv4Unspecified()) {
			t.Errorf("%q gives %v", line, at)
		}
	})
}
