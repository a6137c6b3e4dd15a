package app_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planted is a secret that must be found nowhere but in the collector.
const planted = "planted-secret-93c1f7"

func TestASecretIsFoundNowhere(t *testing.T) {
	t.Parallel()
	s := setup(t)
	source := `{"plugin":"clock_monitor","id":"wall","config":{"token":"` + planted + `"}}`
	s.must(t, http.MethodPost, "/api/v1/sources", source, nil)
	s.must(t, http.MethodPut, "/api/v1/sources/wall", `{"config":{"step":3,"token":"********"}}`, nil)
	s.must(t, http.MethodPost, "/api/v1/sources/wall/run", "", nil)
	for _, path := range []string{
		"/api/v1/sources", "/api/v1/sources/wall", "/api/v1/sources/wall/runs", "/api/v1/sources/wall/snapshot", "/api/v1/sources/wall/latest",
		"/api/v1/events", "/api/v1/audit", "/api/v1/summary", "/api/v1/database/archive", "/prometheus/api/v1/series?match[]=up",
	} {
		if _, text := s.call(t, http.MethodGet, path, ""); strings.Contains(text, planted) {
			t.Errorf("%s shows the secret", path)
		}
	}
	before := keyOf(t, s)
	var done struct{ Sources, Left int }
	s.must(t, http.MethodPost, "/api/v1/secrets/rotate", "", &done)
	if done.Sources != 1 || done.Left != 0 || keyOf(t, s) == before {
		t.Errorf("rotating sealed %+v again, and the key is another: %v", done, keyOf(t, s) != before)
	}
	s.stop()
	err := filepath.WalkDir(s.data, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(planted)) {
			t.Errorf("%s holds the secret", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// It is still the same secret: what shows stars keeps it.
	again := start(t, s.data)
	var found struct{ Config struct{ Token string } }
	again.must(t, http.MethodGet, "/api/v1/sources/wall", "", &found)
	if found.Config.Token != "********" {
		t.Errorf("after a restart the secret is shown as %q", found.Config.Token)
	}
	again.must(t, http.MethodPost, "/api/v1/sources/wall/run", "", nil)
}

func keyOf(t *testing.T, s *server) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "unity.key"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "\n") != 1 {
		t.Errorf("there are %d keys, want 1", strings.Count(string(text), "\n"))
	}
	return string(text)
}
