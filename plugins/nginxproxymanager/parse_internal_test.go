package nginxproxymanager

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func TestTimesOfBothForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"2026-10-28T04:17:54.000Z"`: "2026-10-28T04:17:54Z", `"2026-10-28 04:17:54"`: "2026-10-28T04:17:54Z", `"2026-10-28T06:17:54+02:00"`: "2026-10-28T04:17:54Z",
		`"soon"`: "", `null`: "", `7`: "",
	} {
		var m moment
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Error(err)
		}
		got := ""
		if !m.IsZero() {
			got = m.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func FuzzHosts(f *testing.F) {
	f.Add([]byte(`[{"id": 1, "domain_names": ["a.example"], "enabled": 1, "certificate_id": 2, "forward_port": 80, "meta": {"nginx_online": true, "nginx_err": null}}]`), []byte(`[{"id": 2, "nice_name": "a", "expires_on": "2026-10-28 04:17:54"}]`))
	f.Add([]byte(`[{"incoming_port": "5000-5010", "enabled": false, "meta": []}]`), []byte(`[{}, {}]`))
	f.Fuzz(func(t *testing.T, hosts, certificates []byte) {
		s := &state{version: "1", kinds: []string{proxy}, known: true}
		if json.Unmarshal(hosts, &s.hosts) != nil || json.Unmarshal(certificates, &s.certificates) != nil {
			return
		}
		for i := range s.hosts {
			s.hosts[i].kind = proxy
		}
		s.join()
		now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
		batch := plugin.NewBatch(Plugin())
		s.emit(now, 30, batch)
		for _, problem := range batch.Problems() {
			t.Errorf("a problem: %v", problem)
		}
		if d := s.document(now, 30); len(d.Hosts) > maxRows || d.Summary.Enabled > d.Summary.Hosts {
			t.Errorf("the document is %+v", d.Summary)
		}
	})
}
