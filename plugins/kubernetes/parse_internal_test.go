package kubernetes

import (
	"encoding/json"
	"io/fs"
	"math"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func TestAmountsAreReadAsKubernetesWritesThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		`"250m"`: 0.25, `"1Gi"`: 1 << 30, `"1G"`: 1e9, `"123456789n"`: 0.123456789, `"1500u"`: 0.0015, `"4"`: 4, `4`: 4, `"1e3"`: 1000, `"0"`: 0,
		`"8039348Ki"`: 8039348 * 1024, `"3800m"`: 3.8, `"612345678n"`: 0.612345678, `"1E"`: 1e18, `"1e40"`: 1e40,
	} {
		var q quantity
		if err := json.Unmarshal([]byte(text), &q); err != nil || float64(q) != want {
			t.Errorf("%s is %v: %v", text, float64(q), err)
		}
	}
	for _, text := range []string{`""`, `"much"`, `null`, `"-1"`, `{}`, `"1Zi!"`, `true`} {
		var holder struct{ Amounts amounts }
		if err := json.Unmarshal([]byte(`{"amounts": {"cpu": `+text+`}}`), &holder); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if value, ok := holder.Amounts.of("cpu"); ok {
			t.Errorf("%s is taken for %v", text, value)
		}
	}
}

// none are files of a machine that has none.
type none struct{ plugin.Files }

// ReadFile implements plugin.Files.
func (none) ReadFile(string) ([]byte, error) { return nil, fs.ErrNotExist }

func FuzzParseKubeconfig(f *testing.F) {
	f.Add("current-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b, cluster: {server: 'https://x:6443'}}]\nusers: [{name: c, user: {token: t}}]\n")
	f.Add("current-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b}]\nusers: [{name: c, user: {client-key: k}}]\n")
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseKubeconfig([]byte(text), "a test", "", none{})
		if err != nil {
			if fault.Of(err) == fault.Internal {
				t.Errorf("a fault without a kind: %v", err)
			}
			return
		}
		_ = at.expiry()
		_, _ = at.client(defaults(), plugin.Host{})
	})
}

func FuzzObjects(f *testing.F) {
	f.Add(`{"metadata":{"name":"a","namespace":"b","deletionTimestamp":"2026-03-01T12:00:00Z"},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}],"initContainers":[{"name":"d","restartPolicy":"Always"}]},"status":{"phase":"Running","containerStatuses":[{"state":{"waiting":{"reason":"x"}}}],"initContainerStatuses":[{"name":"d","state":{"running":{}}}]}}`)
	f.Add(`{"status":{"conditions":[{"type":"Ready","status":"True"}],"capacity":{"cpu":"1e99"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var p pod
		if json.Unmarshal([]byte(text), &p) == nil {
			state, _ := p.state()
			_ = p.troubled(state, time.Now())
			if value, ok := p.requests("cpu"); ok && (math.IsNaN(value) || value < 0) {
				t.Errorf("it asks for %v", value)
			}
		}
		var n node
		if json.Unmarshal([]byte(text), &n) == nil {
			_, _, _ = n.troubles(), n.taints(), roles(&n)
		}
		_ = words([]byte(text))
	})
}
