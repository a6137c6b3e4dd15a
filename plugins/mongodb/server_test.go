package mongodb_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mongodb"
	"github.com/unity-homelab/unity/test/servers"
)

// settings is a config in the making.
type settings map[string]any

func (s settings) json(t testing.TB) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// start starts a FerretDB for one test alone.
func start(t testing.TB) *servers.Server {
	t.Helper()
	return servers.Start(t, servers.FerretDB())
}

// collector opens a collector for the server.
func collector(t *testing.T, s *servers.Server, more settings) plugin.Collector {
	t.Helper()
	config := settings{"url": s.URL(), "timeout": "15s", "database_exclude": []string{}}
	for name, value := range more {
		config[name] = value
	}
	return plugintest.Live(t, mongodb.Plugin(), string(config.json(t)))
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	batch := plugintest.Collect(t, mongodb.Plugin(), c)
	for _, problem := range batch.Problems() {
		t.Errorf("problem: %v (%s)", problem, fault.Hint(problem))
	}
	return plugintest.Values(batch)
}

// attempt collects once and returns what went wrong.
func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return c.Collect(ctx, plugin.NewBatch(mongodb.Plugin()))
}

// wantFault wants a fault of the kind that says and advises something.
func wantFault(t *testing.T, err error, kind fault.Kind, text, hint string) {
	t.Helper()
	if fault.Of(err) != kind || err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(fault.Hint(err), hint) {
		t.Errorf("got %s: %v (%s)\nwant %s: %s (%s)", fault.Of(err), err, fault.Hint(err), kind, text, hint)
	}
}
