package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/unity-homelab/unity/internal/config"
)

// answersFolder is where the answers are that the document shows.
const answersFolder = "../api/answers"

// TestTheAnswersThatTheDocumentShowsAreThoseThatUnityGives asks for everything
// that can be read, and for some of what is made. What comes must be as the
// schema of the operation has it, and, but for times and figures, the example.
func TestTheAnswersThatTheDocumentShowsAreThoseThatUnityGives(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "data"), func(c *config.Config) { c.Schedule.Detect, c.Host.Name = false, "nas" })
	paths, schemas := described(t, s)
	shown := make(map[string]bool)
	compare := func(operation, path, status, text string) {
		t.Helper()
		shown[operation+".json"] = true
		answer, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
		if err := schemas(path, status).Validate(answer); err != nil {
			t.Errorf("%s is not answered as its schema says: %v\n%s", operation, err, text)
		}
		compareAnswer(t, operation, s, answer)
	}
	for _, each := range []struct{ operation, path, body, status string }{
		{"create-source", "/api/v1/sources", `{"plugin":"clock_monitor","id":"attic","name":"Clock in the attic","tags":["attic"],"enabled":false,"config":{"token":"a secret","step":2}}`, "201"},
		{"test-source", "/api/v1/sources/test", `{"plugin":"clock_monitor","config":{"step":3}}`, "200"},
		{"create-dashboard", "/api/v1/dashboards", `{"name":"Clocks","panels":[{"id":"up","title":"Up","kind":"line","grid":{"x":0,"y":0,"w":12,"h":6},"queries":[{"expr":"up"}]}]}`, "201"},
	} {
		status, text := s.call(t, http.MethodPost, each.path, each.body)
		if status >= http.StatusBadRequest {
			t.Fatalf("%s: %d %s", each.operation, status, text)
		}
		compare(each.operation, strings.ReplaceAll(each.path, "/", "~1")+"/post", each.status, text)
	}
	s.must(t, http.MethodDelete, "/api/v1/sources/attic", "", nil)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"hall","name":"Clock in the hall","tags":["hall"],"interval_seconds":3600,"config":{"token":"a secret","step":2}}`, nil)
	// Its first run comes by itself. Asked for one before that, the scheduler would
	// count a turn that it skipped.
	for ran := false; !ran; {
		var first struct{ Items []json.RawMessage }
		s.must(t, http.MethodGet, "/api/v1/sources/hall/runs", "", &first)
		ran = len(first.Items) > 0
	}
	status, text := s.call(t, http.MethodPost, "/api/v1/sources/hall/run", "")
	for status == http.StatusConflict { // that run is not over yet
		status, text = s.call(t, http.MethodPost, "/api/v1/sources/hall/run", "")
	}
	compare("run-source", "~1api~1v1~1sources~1{id}~1run/post", "200", text)
	s.must(t, http.MethodPost, "/api/v1/tokens", `{"name":"Grafana","scope":"read"}`, nil)
	for path, methods := range paths {
		get, there := methods["get"]
		if !there || get.OperationID == "export-sources" {
			continue
		}
		asked := strings.Replace(path, "{id}", s.one(t, path), 1)
		switch get.OperationID {
		case "get-history":
			asked += "?metric=up&step=3600&from=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
		case "compare-snapshots":
			asked += "?from=" + time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		case "list-runs", "list-audit", "list-dashboards", "list-snapshots":
			asked += "?limit=1"
		}
		status, text := s.call(t, http.MethodGet, asked, "")
		if status != http.StatusOK {
			t.Errorf("GET %s: %d %s", asked, status, text)
			continue
		}
		compare(get.OperationID, strings.ReplaceAll(strings.ReplaceAll(path, "~", "~0"), "/", "~1")+"/get", "200", text)
	}
	files, err := os.ReadDir(answersFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !shown[file.Name()] {
			t.Errorf("%s is the answer to nothing; remove it", file.Name())
		}
	}
}

// described returns the paths of the document, and what compiles the schema of
// an answer.
func described(t *testing.T, s *server) (map[string]map[string]operation, func(pointer, status string) *jsonschema.Schema) {
	t.Helper()
	_, text := s.call(t, http.MethodGet, "/api/openapi.json", "")
	var found document
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	return found.Paths, func(pointer, status string) *jsonschema.Schema {
		t.Helper()
		schema, err := compiler.Compile("openapi.json#/paths/" + pointer + "/responses/" + status + "/content/application~1json/schema")
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
}

// one returns the ID of something that a path may be about.
func (s *server) one(t *testing.T, path string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(path, "/api/v1/plugins/"):
		return "clock_monitor"
	case strings.HasPrefix(path, "/api/v1/sources/"):
		return "hall"
	case !strings.Contains(path, "{id}"):
		return ""
	}
	list, _, _ := strings.Cut(path, "/{id}")
	var found struct{ Items []struct{ ID string } }
	s.must(t, http.MethodGet, list, "", &found)
	return found.Items[0].ID
}

// compareAnswer compares an answer with the file that the document shows, or
// writes that.
func compareAnswer(t *testing.T, operation string, s *server, answer any) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(calm("", answer, strings.NewReplacer(s.data, "/var/lib/unity"))); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(answersFolder, operation+".json")
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s is not fresh; run: UPDATE=1 go test -run AnswersThatTheDocument ./internal/app (-shown +given):\n%s", name, diff)
	}
}

// calm returns an answer with everything the same that is another one each time.
func calm(key string, value any, names *strings.Replacer) any {
	changing := []string{
		"bytes", "journal_bytes", "series", "samples_per_second", "open_samples", "open_seconds", "duration_seconds", "lateness_seconds",
		"value", "lag_seconds", "uptime_seconds", "memory_bytes", "goroutines",
		"runs", "running", "point",
	}
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			value[name] = calm(name, inner, names)
		}
		return value
	case []any:
		if len(value) > 3 && key == "items" {
			value = value[:3] // enough to see how they look
		}
		if key == "points" && len(value) > 1 {
			value = value[:1]
		}
		if key == "points" {
			key = "point"
		}
		for i := range value {
			value[i] = calm(key, value[i], names)
		}
		return value
	case json.Number:
		switch number, err := value.Float64(); {
		case err == nil && number > 1e12:
			return json.Number("1767323045000")
		case slices.Contains(changing, key):
			return json.Number("42")
		}
		return value
	case string:
		if _, err := time.Parse(time.RFC3339, value); err == nil {
			return "2026-01-02T03:04:05Z"
		}
		switch key {
		case "version":
			return "0.1.0"
		case "platform":
			return "linux/amd64"
		case "go_version":
			return "go1.26"
		}
		if regexp.MustCompile(`^([0-9a-f]{16}|[0-9]{19})$`).MatchString(value) { // an ID
			return "1122334455667788"
		}
		return names.Replace(value)
	default:
		return value
	}
}
