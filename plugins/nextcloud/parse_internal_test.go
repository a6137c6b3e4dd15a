package nextcloud

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func FuzzInfo(f *testing.F) {
	for _, seed := range []string{
		`{"nextcloud": {"system": {"freespace": 1, "cpuload": [1, 2, 3], "mem_total": 4, "memcache.local": "\\OC\\Memcache\\APCu", "apps": {"num_installed": 1, "app_updates": {"a": "1"}}}, "storage": {"num_users": 1}}}`,
		`{"server": {"php": {"opcache": {"cache_full": true}, "apcu": {"cache": "N/A", "sma": {"num_seg": 1, "seg_size": 5, "avail_mem": 7}}}, "fpm": false}, "activeUsers": []}`,
		`{"nextcloud": {"system": {"cpuload": false, "freespace": -1, "apps": {"app_updates": []}, "update": {"available": true, "available_version": "2"}}}}`,
		`{"server": {"fpm": {"active-processes": 9, "total-processes": 3}, "database": {"size": "N/A"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		said := new(info)
		if json.Unmarshal(raw, said) != nil {
			return
		}
		installed := true
		s := &sight{status: &status{Installed: &installed, Version: "1"}, info: said, updates: newUpdates(said, defaults())}
		s.updates.At = time.Unix(0, 0)
		batch := plugin.NewBatch(Plugin())
		s.emit(batch)
		batch.SetSnapshot(s.document())
		for _, problem := range batch.Problems() {
			t.Errorf("a problem: %v", problem)
		}
		for _, sample := range batch.Samples() {
			if sample.Value < 0 || math.IsInf(sample.Value, 0) {
				t.Errorf("%s is %v", sample.Name, sample.Value)
			}
		}
	})
}
