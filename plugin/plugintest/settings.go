package plugintest

import (
	"encoding/json"
	"maps"
	"testing"
)

// Settings is a config in the making.
type Settings map[string]any

// With returns the settings with others added, which count more.
func (s Settings) With(more Settings) Settings {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

// JSON writes the settings as a config.
func (s Settings) JSON(tb testing.TB) string {
	tb.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}
