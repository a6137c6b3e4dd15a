package photomanager

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/exposition"
)

func TestVersionsAreCompared(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		one, than string
		want      bool
	}{
		{"3.2.3", "3.2.2", true},
		{"3.10.0", "3.9.9", true},
		{"3.2.2", "3.2.2", false},
		{"2.9.9", "3.0.0", false},
		{"", "3.2.2", false},
		{"3.2", "3.1.0", false},
		{"x.y.z", "3.1.0", false},
		{"3.3.0-rc.1", "3.2.2", true},
	} {
		if got := newer(test.one, test.than); got != test.want {
			t.Errorf("%q is newer than %q: %t", test.one, test.than, got)
		}
	}
}

// FuzzAnswers reads whatever a server may say into what is made of it.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"photos":1,"usage":"5","usageByUser":[{"userName":"a","usage":1,"quotaSizeInBytes":2}]}`), "photoprism_statistics_media_count{stat=\"photos\"} 3\n")
	f.Add([]byte(`{"smartSearch":{"jobCounts":{"waiting":3},"queueStatus":{"isPaused":true}}}`), "")
	f.Add([]byte(`{"mode":"user","version":"1","count":{"photos":1},"usage":{"filesTotal":1}}`), "x")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		s := &sight{Kind: kindPhotoPrism}
		c := &collector{config: defaults(), progress: make(map[string]queueProgress)}
		var prism prismConfig
		if json.Unmarshal(raw, &prism) == nil {
			s.takeCounts(func(name string) *float64 { return prism.Count[name].value })
		}
		if figures, err := exposition.Read(strings.NewReader(text), func(string) bool { return true }); err == nil {
			s.takeCounts(func(name string) *float64 { return figures.Sum("photoprism_statistics_media_count", "stat", name) })
		}
		var queues map[string]struct {
			JobCounts   queueCounts
			QueueStatus struct{ IsPaused *bool }
		}
		if json.Unmarshal(raw, &queues) == nil {
			for name, q := range queues {
				c.addQueue(s, name, q.QueueStatus.IsPaused, q.JobCounts)
			}
		}
		out := plugin.NewBatch(Plugin())
		s.emit(c.config, out)
		out.SetSnapshot(s.document())
		for _, problem := range out.Problems() {
			t.Errorf("%v", problem)
		}
		for _, sample := range out.Samples() {
			if sample.Value < 0 {
				t.Errorf("%s is %v", sample.Name, sample.Value)
			}
		}
	})
}
