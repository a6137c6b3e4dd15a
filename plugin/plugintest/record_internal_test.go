package plugintest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/record"
)

// What is recorded of a real collection has to pass as a case.
func TestARecordedCollectionPassesAsACase(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"page": "home", "visitors": 12}]`)
	}))
	t.Cleanup(server.Close)
	p := examplePlugin()
	recorder := record.New(LiveHost(t, p))
	raw := json.RawMessage(`{"url": "` + server.URL + `", "token": "hunter2-token"}`)
	collector, err := p.Open(t.Context(), raw, recorder.Host())
	if err != nil {
		t.Fatal(err)
	}
	batch := plugin.NewBatch(p)
	if err := collector.Collect(recorder.Context(t.Context()), batch); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "example")
	if err := os.MkdirAll(filepath.Join(folder, "testdata"), 0o755); err != nil {
		t.Fatal(err)
	}
	readme := generatedBegin + "\n\n" + Reference(p) + "\n" + generatedEnd + "\n"
	if err := os.WriteFile(filepath.Join(folder, "README.md"), []byte(readme), 0o600); err != nil {
		t.Fatal(err)
	}
	text := recorder.Case(p, raw, batch, nil)
	if err := os.WriteFile(filepath.Join(folder, "testdata", "recorded.txtar"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	runIn(t, folder, p, NotInCases{
		"example_visitors_per_second": "needs a second collection",
		"example_quota_bytes":         "the program is not installed",
	})
}
