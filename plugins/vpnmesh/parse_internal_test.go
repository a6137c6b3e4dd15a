package vpnmesh

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/exposition"
)

func TestTheAddressOfHeadscaleIsThatOfItsConfiguration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "http://127.0.0.1:8080",
		"server_url: http://10.0.0.5:8080\n": "http://10.0.0.5:8080",
		"listen_addr: 127.0.0.1:9000\n":      "http://127.0.0.1:9000",
		"listen_addr: \"[::]:9000\"\n":       "http://127.0.0.1:9000",
		"listen_addr: :9000 # all\nmetrics_listen_addr: 127.0.0.1:9090\n":                             "http://127.0.0.1:9000",
		"derp:\n  listen_addr: 1.2.3.4:1\n":                                                           "http://127.0.0.1:8080",
		"listen_addr: 0.0.0.0:443\ntls_cert_path: /c.pem\nserver_url: 'https://mesh.example.org/'\n":  "https://mesh.example.org",
		"listen_addr: 0.0.0.0:443\ntls_letsencrypt_hostname: \"\"\nserver_url: https://x.example.org": "http://127.0.0.1:443",
	} {
		if got := headscaleAddress(text); got != want {
			t.Errorf("of %q: %s, want %s", text, got, want)
		}
	}
}

func TestStatesAreWordsInSmallLetters(t *testing.T) {
	t.Parallel()
	got := []string{stateWord("NoState"), stateWord("NeedsMachineAuth"), stateWord("Running"), stateWord("InUseOtherUser"), stateWord("")}
	if diff := cmp.Diff([]string{"no_state", "needs_machine_auth", "running", "in_use_other_user", ""}, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	for _, kind := range []string{tailscale, netbird, zerotier} {
		for _, state := range states(kind) {
			if !slices.Contains(stateLevels().Words(), state) {
				t.Errorf("nobody says how good %s of %s is", state, kind)
			}
		}
	}
}

func TestAServiceIsLeftAloneForAsLongAsItSaysWithinReason(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for after, want := range map[string]time.Duration{
		"": time.Minute, "30": 30 * time.Second, "86400": 15 * time.Minute, "soon": time.Minute, "-5": time.Minute,
		"Sun, 01 Mar 2026 12:02:00 GMT": 2 * time.Minute, "Sun, 01 Mar 2026 11:00:00 GMT": 0, "Mon, 01 Mar 2027 11:00:00 GMT": 15 * time.Minute,
	} {
		if got := pause(limited(after), now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", after, got, want)
		}
	}
	if got := pause(fault.New(fault.RateLimited, "x"), now); got != time.Minute {
		t.Errorf("nothing said: %v", got)
	}
}

// judge looks at what is made of a fuzzed answer.
func judge(t *testing.T, s *sight) {
	t.Helper()
	s.now = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	s.settle(config{Shared: true, Expired: true, Expected: []string{"nas"}})
	batch := plugin.NewBatch(Plugin())
	s.emit(batch)
	batch.SetSnapshot(s.document())
	if err := tell(new(memory), s, batch); err != nil {
		t.Error(err)
	}
	seen := make(map[string]bool)
	for _, sample := range batch.Samples() {
		key := sample.Name + sample.Labels.String()
		if seen[key] {
			t.Errorf("two samples of %s", key)
		}
		seen[key] = true
	}
	for _, problem := range batch.Problems() {
		t.Error(problem)
	}
}

func FuzzTailscale(f *testing.F) {
	f.Add(`{"BackendState": "Running", "Self": {"KeyExpiry": "2026-03-02T12:00:00Z"}, "Peer": {"a": {"ID": "1", "DNSName": "nas.x.", "Online": true, "Active": true, "Relay": "fra", "RxBytes": 5},
		"b": {"ID": "2", "DNSName": "nas.y.", "Expired": true}, "c": null}, "User": {"1": {"LoginName": "ann"}}}`, "tailscaled_inbound_bytes_total{path=\"derp\"} 5\n")
	f.Fuzz(func(t *testing.T, text, figures string) {
		s := &sight{provider: tailscale, listed: true}
		var status tailscaleStatus
		if json.Unmarshal([]byte(text), &status) != nil {
			return
		}
		if told, err := exposition.Read(strings.NewReader(figures), func(string) bool { return true }); err == nil {
			s.takeFigures(told)
		}
		status.tell(s)
		judge(t, s)
	})
}

func FuzzNetBird(f *testing.F) {
	f.Add(`{"daemonStatus": "Connected", "fqdn": "hub.netbird.cloud", "management": {"connected": true}, "relays": {"total": 1, "details": [{"uri": "rel://x", "error": "EOF"}]},
		"peers": {"details": [{"fqdn": "nas.netbird.cloud", "publicKey": "k", "status": "Connected", "connectionType": "P2P", "latency": 5}]}, "dnsServers": [{"servers": null}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var status netbirdStatus
		if json.Unmarshal([]byte(text), &status) == nil {
			s := &sight{provider: netbird, listed: true}
			status.tell(s)
			judge(t, s)
		}
	})
}

func FuzzZeroTierPeers(f *testing.F) {
	f.Add(`[{"address": "a1b2c3d4e5", "version": "-1.-1.-1", "latency": -1, "role": "LEAF", "paths": [{"address": "x/1", "lastReceive": 5, "active": true}]}, {"address": "a1b2c3d4e5"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var peers []zerotierPeer
		if json.Unmarshal([]byte(text), &peers) != nil {
			return
		}
		c, s := &collector{config: defaults()}, &sight{provider: zerotier}
		for _, one := range peers {
			s.peers = append(s.peers, c.zerotierPeer(one, time.Unix(1772366400, 0)))
		}
		judge(t, s)
	})
}

func FuzzHeadscaleAddress(f *testing.F) {
	f.Add("listen_addr: 0.0.0.0:8080\nserver_url: https://x\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "server_url") {
			return // a person wrote that one
		}
		if at, err := url.Parse(headscaleAddress(text)); err == nil && at.Scheme != "http" {
			t.Errorf("%s of %q", at, text)
		}
	})
}
