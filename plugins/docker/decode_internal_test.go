package docker

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// seed adds the recorded answers whose section ends so.
func seed(f *testing.F, suffix string) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no recorded answers: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if strings.HasSuffix(strings.TrimSuffix(file.Name, " +headers"), suffix) {
				f.Add(file.Data)
			}
		}
	}
}

func FuzzStats(f *testing.F) {
	seed(f, "/stats")
	f.Fuzz(func(t *testing.T, data []byte) {
		var stats apiStats
		if json.Unmarshal(data, &stats) != nil {
			return
		}
		figures, ok := figuresOf(&stats, false)
		if !ok {
			return
		}
		if figures.cpuSeconds < 0 || figures.memoryWorkingSet < 0 || figures.memoryWorkingSet > figures.memoryUsage && stats.Memory.PrivateWorkingSet == nil {
			t.Errorf("figures that cannot be: %+v", figures)
		}
		if sum := figures.readBytes; sum < 0 || math.IsInf(sum, 0) {
			t.Errorf("%v bytes read", sum)
		}
	})
}

func FuzzContainers(f *testing.F) {
	seed(f, "/containers/json")
	f.Fuzz(func(t *testing.T, data []byte) {
		var list []apiContainer
		if json.Unmarshal(data, &list) != nil {
			return
		}
		c := &collector{config: defaults(), client: &client{}, containers: make(map[string]*known)}
		picked, left := c.pick(list)
		if len(picked)+left > len(list) {
			t.Errorf("%d of %d containers picked, %d left", len(picked), len(list), left)
		}
		document := c.document(list, c.track(picked, nil), left)
		if _, err := json.Marshal(document); err != nil {
			t.Errorf("the snapshot does not marshal: %v", err)
		}
	})
}

func FuzzInspect(f *testing.F) {
	seed(f, "/json")
	f.Fuzz(func(t *testing.T, data []byte) {
		var detail apiInspect
		if json.Unmarshal(data, &detail) != nil {
			return
		}
		k := &known{apiContainer: apiContainer{State: "running"}, detail: &detail, usage: unknownRates()}
		if limit := k.cpuLimit(); limit <= 0 {
			t.Errorf("a limit of %v cores", limit)
		}
		if limit := k.memoryLimit(0); limit <= 0 {
			t.Errorf("a limit of %v bytes", limit)
		}
		c := &collector{config: defaults()}
		if _, err := json.Marshal(c.containerView(k)); err != nil {
			t.Errorf("the container does not marshal: %v", err)
		}
	})
}

func FuzzDiskUsage(f *testing.F) {
	seed(f, "/system/df")
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer apiUsage
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		for _, space := range diskUsageOf(&answer).kinds {
			if space.total < 0 || space.reclaimable < 0 || space.reclaimable > space.total {
				t.Errorf("space that cannot be: %+v", space)
			}
		}
	})
}

func FuzzEvents(f *testing.F) {
	seed(f, "/events")
	f.Fuzz(func(t *testing.T, data []byte) {
		var list feed
		for line := range strings.Lines(string(data)) {
			if e, err := decodeEvent([]byte(line)); err == nil {
				list.add(e)
				list.add(e)
			}
		}
		waiting, _ := list.pending()
		next, told, n := history{}.after(waiting, false, func(apiEvent) bool { return true })
		if n > len(waiting) || len(told) > n || len(next.Recent) > maxRecent || len(next.Keys) > maxKeys {
			t.Errorf("of %d events %d were taken, %d told, %d kept", len(waiting), n, len(told), len(next.Recent))
		}
		raw, err := json.Marshal(next)
		if err != nil {
			t.Fatalf("the history does not marshal: %v", err)
		}
		if again := loadHistory(raw); again.Newest != next.Newest || len(again.Keys) != len(next.Keys) {
			t.Error("the history does not survive being stored")
		}
	})
}

func FuzzEngine(f *testing.F) {
	seed(f, "/version")
	seed(f, "/info")
	f.Fuzz(func(t *testing.T, data []byte) {
		var version apiVersion
		if json.Unmarshal(data, &version) != nil {
			return
		}
		c := &client{}
		if err := c.agree(version.APIVersion, version.MinAPIVersion); err == nil && (c.api < minAPI || c.api > maxAPI) {
			t.Errorf("agreed on API 1.%d", c.api)
		}
		var info apiInfo
		if json.Unmarshal(data, &info) == nil {
			_ = (&collector{client: c, engine: engine{version: version, info: info}}).engineView()
		}
	})
}

func TestWorkingSetIsWhatDockerStatsShows(t *testing.T) {
	t.Parallel()
	read := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		memory string
		want   float64
	}{
		"cgroup v1 counts with the containers below":     {`{"usage": 1000, "stats": {"total_inactive_file": 300, "inactive_file": 100}}`, 700},
		"cgroup v2 has one word":                         {`{"usage": 1000, "stats": {"inactive_file": 100}}`, 900},
		"more file cache than memory is not taken off":   {`{"usage": 1000, "stats": {"inactive_file": 1000}}`, 1000},
		"without detail all of it counts":                {`{"usage": 1000}`, 1000},
		"Windows says it itself":                         {`{"commitbytes": 5000, "privateworkingset": 4000}`, 4000},
		"what is not said is not known, and never zero":  {`{}`, math.NaN()},
		"a limit alone says nothing about what is used.": {`{"limit": 1000}`, math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stats := apiStats{Read: read}
			if err := json.Unmarshal([]byte(c.memory), &stats.Memory); err != nil {
				t.Fatal(err)
			}
			figures, ok := figuresOf(&stats, false)
			if got := figures.memoryWorkingSet; !ok || got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("the working set of %s is %v, want %v", c.memory, got, c.want)
			}
		})
	}
}

func TestBlockIOIsReadWhateverTheSpelling(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entries     string
		read, write float64
	}{
		"cgroup v1": {`[{"op":"Read","value":1},{"op":"Write","value":2},{"op":"Sync","value":3},{"op":"Total","value":3},{"op":"Read","value":4}]`, 5, 2},
		"cgroup v2": {`[{"op":"read","value":1},{"op":"write","value":2}]`, 1, 2},
		"null":      {`null`, math.NaN(), math.NaN()},
		"empty":     {`[]`, math.NaN(), math.NaN()},
		"only read": {`[{"op":"read","value":0}]`, 0, math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var entries []apiBlockEntry
			if err := json.Unmarshal([]byte(c.entries), &entries); err != nil {
				t.Fatal(err)
			}
			same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
			if read, write := blockSums(entries); !same(read, c.read) || !same(write, c.write) {
				t.Errorf("got %v and %v, want %v and %v", read, write, c.read, c.write)
			}
		})
	}
}
