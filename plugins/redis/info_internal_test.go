package redis

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func TestTheProductIsRecognised(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"redis_version:6.2.7": {"redis", "6.2.7"},
		"redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.0.1": {"valkey", "8.0.1"},
		"redis_version:7.4.0\ndragonfly_version:df-v1.27.1":             {"dragonfly", "1.27.1"},
		"redis_version:7.4.3\ngarnet_version:1.0.60":                    {"garnet", "1.0.60"},
		"redis_version:6.3.4\nexecutable:/usr/bin/keydb-server":         {"keydb", "6.3.4"},
		"": {"redis", ""},
	} {
		name, version := parseInfo(text).product()
		if diff := cmp.Diff(want, [2]string{name, version}); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestAddressesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis://nas":                  "redis://nas:6379",
		"redis://nas:6380/":            "redis://nas:6380",
		"valkeys://nas":                "rediss://nas:6379",
		"nas":                          "redis://nas:6379",
		"192.168.1.10:6380":            "redis://192.168.1.10:6380",
		"rediss://[fd00::1]:6379":      "rediss://[fd00::1]:6379",
		"unix:///run/redis/redis.sock": "unix:///run/redis/redis.sock",
		"/run/redis/redis.sock":        "unix:///run/redis/redis.sock",
		" redis://nas ":                "redis://nas:6379",
	} {
		if at, err := parseTarget(text); err != nil || at.String() != want {
			t.Errorf("%q is %s (%v), want %s", text, at, err, want)
		}
	}
	for text, why := range map[string]string{
		"":                    "names no host",
		"redis://":            "names no host",
		"redis://nas/2":       "must not name a database",
		"redis://:secret@nas": "must not hold a user or password",
		"redis://nas?db=1":    "must not have a query",
		"redis://nas:0":       "port",
		"redis://nas:99999":   "port",
		"http://nas:6379":     "must begin with",
		"unix://run/redis":    "absolute path",
		"redis://nas:port":    "is not an address",
		"redis://na s":        "is not an address",
	} {
		_, err := parseTarget(text)
		if e := (*plugin.ConfigError)(nil); !errors.As(err, &e) || e.Problems[0].Path != "url" || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %s", text, err, why)
		}
		if fault.Of(err) != fault.Config {
			t.Errorf("%q: kind %s", text, fault.Of(err))
		}
	}
}

func TestAUserNeedsAPassword(t *testing.T) {
	t.Parallel()
	err := Plugin().Validate([]byte(`{"username": "unity"}`))
	if err == nil || !strings.Contains(err.Error(), "password is missing") {
		t.Errorf("a user without a password is taken: %v", err)
	}
}

func FuzzInfo(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatal("no cases", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &collector{config: defaults(), databases: make(map[int]bool)}
		s := &survey{fields: parseInfo(text), cluster: parseInfo(text), slowKept: -1}
		out := plugin.NewBatch(Plugin())
		c.emit(s, out)
		out.SetSnapshot(c.document(s))
		for _, problem := range out.Problems() {
			if !strings.Contains(problem.Error(), "is not a number") { // a sum or quotient of enormous ones
				t.Errorf("problem: %v", problem)
			}
		}
		seen := make(map[string]bool)
		for _, sample := range out.Samples() {
			id := sample.Name + sample.Labels.String()
			if seen[id] || math.IsNaN(sample.Value) || math.IsInf(sample.Value, 0) {
				t.Errorf("twice, or no number: %s", sample)
			}
			seen[id] = true
		}
	})
}
