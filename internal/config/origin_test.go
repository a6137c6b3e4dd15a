package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
)

func TestTheStrongestOriginCounts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unity.yaml")
	if err := os.WriteFile(file, []byte("listen: :1\nstorage: {raw_retention: 9d, run_retention: 9d}\nlog: {level: debug}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	origins, err := config.Origins(config.Input{
		File: file, Environ: []string{"UNITY_STORAGE_RUN_RETENTION=8d", "DATABASE_URL=sqlite:///x.db", "UNITY_LISTEN=:2"},
		Overrides: map[string]any{"listen": ":3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]config.Origin{
		"listen": config.FromCommandLine, "storage.raw_retention": config.FromFile, "storage.run_retention": config.FromEnvironment,
		"log.level": config.FromFile, "database.url": config.FromEnvironment,
	}
	if diff := cmp.Diff(want, origins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
}

func TestSettingsTakeOtherValuesWhenTheyAreValid(t *testing.T) {
	t.Parallel()
	before := config.Default()
	after, err := before.With(map[string]string{"storage.raw_retention": "9d", "storage.max_bytes": "2GB"})
	if err != nil || after.Storage.RawRetention.String() != "9d" || after.Storage.MaxBytes != 2e9 || before.Storage.MaxBytes != 0 {
		t.Errorf("changed to %+v, %v", after.Storage, err)
	}
	for path, value := range map[string]string{"storage.raw_retention": "1m", "nonsense": "1", "storage.max_bytes": "much"} {
		if _, err := before.With(map[string]string{path: value}); fault.Of(err) != fault.Config || !strings.Contains(err.Error(), path) {
			t.Errorf("%s of %s gives %v", path, value, err)
		}
	}
}

func TestWrittenSettingsHoldNoSecret(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Secrets.Key, c.Cache.RedisURL, c.Database.URL = "geheim", "redis://u:geheim@h", "postgres://u:geheim@h/d"
	for path, value := range c.Written() {
		if strings.Contains(value, "geheim") {
			t.Errorf("%s is written as %s", path, value)
		}
	}
	if got := c.Written()["storage.raw_retention"]; got != "30d" {
		t.Errorf("raw_retention is written as %s", got)
	}
}
