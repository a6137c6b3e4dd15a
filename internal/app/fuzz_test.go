package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// document is the OpenAPI document, as far as requests are made of it.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   schema
	}
	RequestBody struct {
		Content map[string]struct {
			Schema  schema
			Example any
		}
	} `json:"requestBody"`
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Enum                 []any
	Properties           map[string]schema
	Required             []string
	Items                *schema
	AdditionalProperties any `json:"additionalProperties"`
	Minimum, Maximum     *float64
	Format               string
	ReadOnly             bool `json:"readOnly"`
}

// maker makes values for requests, some as the document has them and some not.
type maker struct {
	*document

	random *rand.Rand
	evil   bool // may be other than the document has it
}

// hostile are texts that have harmed other programs.
func hostile() []string {
	return []string{
		"", "<script>alert(1)</script>", "$(id)", "`id`", "'; DROP TABLE sources; --", "\u202egnp.exe", "a\x00b", "../../etc/passwd", "%s%n%d",
		"{{.}}", "null", "-1", "1e999", "NaN", "\"", "\\", "😀", strings.Repeat("x", 70_000), strings.Repeat("[", 5_000), "\n\r\t", "\ufeff", "\u00e9", "e\u0301",
	}
}

func (m *maker) of(s schema, depth int) any {
	if m.evil && m.random.IntN(8) == 0 {
		return m.anything(depth)
	}
	if s.Ref != "" {
		s = m.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	if len(s.Enum) > 0 {
		return s.Enum[m.random.IntN(len(s.Enum))]
	}
	switch kindOf(s.Type) {
	case "object":
		object := make(map[string]any)
		for name, property := range s.Properties {
			if depth < 5 && (slices.Contains(s.Required, name) || m.random.IntN(2) == 0) {
				object[name] = m.of(property, depth+1)
			}
		}
		if _, free := s.AdditionalProperties.(map[string]any); free || m.evil && m.random.IntN(4) == 0 {
			object[m.text()] = m.text()
		}
		return object
	case "array":
		var list []any
		for range m.random.IntN(4) {
			list = append(list, m.of(*s.Items, depth+1))
		}
		return list
	case "integer", "number":
		return m.number(s)
	case "boolean":
		return m.random.IntN(2) == 0
	case "string":
		if s.Format == "date-time" && !m.evil {
			return "2026-01-02T03:04:05Z"
		}
		return m.text()
	default:
		return m.anything(depth)
	}
}

func kindOf(kind any) string {
	switch kind := kind.(type) {
	case string:
		return kind
	case []any:
		return fmt.Sprint(kind[0])
	default:
		return ""
	}
}

func (m *maker) number(s schema) any {
	least, most := -3.0, 1000.0
	if s.Minimum != nil {
		least = *s.Minimum
	}
	if s.Maximum != nil {
		most = min(most, *s.Maximum)
	}
	if m.evil && m.random.IntN(3) == 0 {
		return []any{-1e300, 1e300, 9.3e18, -9.3e18, 0.5, 1 << 53}[m.random.IntN(6)]
	}
	return float64(int(least + m.random.Float64()*(most-least)))
}

func (m *maker) text() string {
	if m.random.IntN(3) == 0 {
		return hostile()[m.random.IntN(len(hostile()))]
	}
	return []string{"clock_monitor", "wall", "admin", "1h", "up", "clock", "read", "http://127.0.0.1:1", "2026-01-02T03:04:05Z"}[m.random.IntN(9)]
}

func (m *maker) anything(depth int) any {
	switch m.random.IntN(7) {
	case 0:
		return nil
	case 1:
		return m.random.IntN(2) == 0
	case 2:
		return m.number(schema{})
	case 3:
		if depth < 5 {
			return []any{m.anything(depth + 1), m.anything(depth + 1)}
		}
		return []any{}
	case 4:
		if depth < 5 {
			return map[string]any{m.text(): m.anything(depth + 1)}
		}
		return map[string]any{}
	default:
		return m.text()
	}
}

// untouched are operations whose effect would end the test itself.
func untouched(id string) bool {
	return slices.Contains([]string{
		"logout", "log-out", "login", "log-in", "change-password", "set-password", "delete-user", "update-user", "end-session", "delete-session", "rotate-secrets",
	}, id)
}

func TestNoRequestMakesUnityStumble(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"wall","config":{"step":2}}`, nil)
	_, text := s.call(t, http.MethodGet, "/api/openapi.json", "")
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	const rounds = 12
	seed := uint64(1)
	asked := 0
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			operation := d.Paths[path][method]
			if untouched(operation.OperationID) || strings.Contains(path, "/auth/") || strings.Contains(path, "/me/") {
				continue
			}
			for range rounds {
				seed++
				m := &maker{document: &d, random: rand.New(rand.NewPCG(seed, 7)), evil: seed%3 != 0}
				s.stumble(t, m, strings.ToUpper(method), path, operation)
				asked++
			}
		}
	}
	if asked < 300 {
		t.Errorf("only %d requests were made", asked)
	}
	if status, text := s.call(t, http.MethodGet, "/ready", ""); status != http.StatusOK {
		t.Errorf("afterwards it is not ready: %s", text)
	}
}

// stumble sends one request and looks at the answer.
func (s *server) stumble(t *testing.T, m *maker, method, path string, operation operation) {
	t.Helper()
	query := url.Values{}
	for _, parameter := range operation.Parameters {
		value := fmt.Sprint(m.of(parameter.Schema, 0))
		switch {
		case parameter.In == "path":
			if len(value) > 2000 || value == "" || value == "." || value == ".." {
				value = "wall"
			}
			path = strings.ReplaceAll(path, "{"+parameter.Name+"}", url.PathEscape(value))
		case parameter.In == "query" && (parameter.Required || m.random.IntN(2) == 0) && len(value) < 2000:
			query.Set(parameter.Name, value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	body, kind := "", "application/json"
	for name, content := range operation.RequestBody.Content {
		made, err := json.Marshal(m.of(content.Schema, 0))
		if err != nil {
			t.Fatal(err)
		}
		body, kind = string(made), name
		if m.evil && m.random.IntN(6) == 0 {
			body = body[:m.random.IntN(len(body)+1)] // it breaks off
		}
	}
	reply, text := s.send(t, method, path, body, "Cookie", s.cookie, "Content-Type", kind)
	problem := strings.HasPrefix(reply.Header.Get("Content-Type"), "application/problem+json")
	switch {
	case reply.StatusCode == http.StatusBadGateway || reply.StatusCode == http.StatusGatewayTimeout:
		// It asked a target, which did not answer.
	case reply.StatusCode >= 500, reply.StatusCode >= 400 && !problem:
		t.Errorf("%s %.300s %.300s\n%s: %.600s", method, path, body, reply.Status, text)
	case reply.StatusCode >= 400:
		var found struct{ Kind, Detail string }
		if err := json.Unmarshal([]byte(text), &found); err != nil || found.Kind == "" || found.Detail == "" {
			t.Errorf("%s %.300s: a problem that says nothing: %.300s", method, path, text)
		}
	}
}

func TestHostileNamesPassThroughUnharmed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for n, name := range hostile() {
		if strings.TrimSpace(name) == "" || len(name) > 90 || name == "\ufeff" {
			continue
		}
		id := fmt.Sprintf("hostile-%d", n)
		body, err := json.Marshal(map[string]any{"plugin": "clock_monitor", "id": id, "name": name, "tags": []string{name}, "enabled": false})
		if err != nil {
			t.Fatal(err)
		}
		s.must(t, http.MethodPost, "/api/v1/sources", string(body), nil)
		var got struct {
			Name string
			Tags []string
		}
		s.must(t, http.MethodGet, "/api/v1/sources/"+id, "", &got)
		if got.Name != name || got.Tags[0] != name {
			t.Errorf("%q came back as %q and %q", name, got.Name, got.Tags)
		}
		var found struct{ Items []struct{ ID string } }
		s.must(t, http.MethodGet, "/api/v1/sources?tag="+url.QueryEscape(name), "", &found)
		if len(found.Items) != 1 || found.Items[0].ID != id {
			t.Errorf("by the tag %q are found %v", name, found.Items)
		}
	}
	for name, body := range map[string]string{
		"a label of a megabyte": `{"plugin":"clock_monitor","tags":["` + strings.Repeat("x", 1<<20-100) + `"]}`,
		"JSON that is deep":     strings.Repeat(`{"config":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"a number of no size":   `{"plugin":"clock_monitor","interval_seconds":1e999}`,
	} {
		if status, text := s.call(t, http.MethodPost, "/api/v1/sources", body); status < 400 || status >= 500 {
			t.Errorf("%s: %d %.200s", name, status, text)
		}
	}
}

func TestTheExamplesOfTheDocumentAreGood(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startWith(t, data, filepath.Join(data, "unity.yaml"))
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"wall","enabled":false}`, nil)
	var hosts struct{ Items []struct{ ID string } }
	s.must(t, http.MethodGet, "/api/v1/hosts", "", &hosts)
	_, text := s.call(t, http.MethodGet, "/api/openapi.json", "")
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			for kind, content := range d.Paths[path][method].RequestBody.Content {
				if content.Example == nil {
					continue
				}
				tried++
				target := strings.NewReplacer("sources/{id}", "sources/wall", "hosts/{id}", "hosts/"+hosts.Items[0].ID, "dashboards/{id}", "dashboards/processor").Replace(path)
				body, isText := content.Example.(string)
				if !isText {
					made, err := json.Marshal(content.Example)
					if err != nil {
						t.Fatal(err)
					}
					body = string(made)
				}
				if reply, text := s.send(t, strings.ToUpper(method), target, body, "Cookie", s.cookie, "Content-Type", kind); reply.StatusCode >= 300 {
					t.Errorf("%s %s with its example %s: %s %s", method, target, body, reply.Status, text)
				}
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d examples were tried", tried)
	}
}
