package plugintest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/metric"
)

// likeness is what a case came to: it is what package internal/demo shows of
// plugins whose things are not there.
type likeness struct {
	Config   string          `json:"config"` // with the places that a case fills in
	Now      time.Time       `json:"now"`
	Samples  []metric.Sample `json:"samples"`
	Snapshot json.RawMessage `json:"snapshot,omitempty"`
}

// keepLikeness writes what a case came to into the folder that the environment
// names, for `make likenesses`. What has a problem is left out.
func (s *suite) keepLikeness(t *testing.T, w *world, o outcome) {
	t.Helper()
	folder := os.Getenv("UNITY_LIKENESSES")
	if folder == "" || o.err != nil || len(o.batch.Problems()) > 0 {
		return
	}
	kept := likeness{Config: "{}", Now: w.host().Now(), Samples: o.batch.Samples()}
	if config := w.c.find("config.json", w.c.rounds); config != nil {
		kept.Config = string(config.data)
	}
	if snapshot := o.batch.Snapshot(); snapshot != nil {
		kept.Snapshot = json.RawMessage(w.unfill(string(snapshot)))
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(folder, s.manifest.ID)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, w.c.name+".json"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
}
