package config_test

import (
	"testing"

	"github.com/unity-homelab/unity/internal/config"
)

func TestSizesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Size{
		"500MB": 500e6, "20GiB": 20 << 30, "1.5 GB": 1500e6, "2TiB": 2 << 40, "64KiB": 64 << 10, "7B": 7, "none": 0, "0": 0, " 3kB ": 3000,
	} {
		var got config.Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is read as %d: %v", text, got, err)
		}
		var again config.Size
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != want {
			t.Errorf("%q is written as %q, which is read as %d: %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "5", "-1GB", "GB", "1e30TB", "1 XB", "NaNGB", "many"} {
		var got config.Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}
