package influxdb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/influxdb"
	"github.com/unity-homelab/unity/test/servers"
)

const password = "only-for-tests"

// server is a real InfluxDB 1.
type server struct {
	*servers.Server
	t    testing.TB
	user string // of the administrator; empty without logins
}

func start(t testing.TB, environment ...string) *server {
	t.Helper()
	return &server{Server: servers.Start(t, servers.InfluxDB(), environment...), t: t}
}

// startWithLogins starts a server that wants a login, with an administrator.
func startWithLogins(t testing.TB) *server {
	t.Helper()
	s := start(t, "INFLUXDB_HTTP_AUTH_ENABLED=true")
	s.query("CREATE USER admin WITH PASSWORD '" + password + "' WITH ALL PRIVILEGES")
	s.user = "admin"
	return s
}

// call asks the server without Unity and returns what it answers.
func (s *server) call(method, path string, query url.Values, body string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.URL()+path+"?"+query.Encode(), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.user != "" {
		request.SetBasicAuth(s.user, password)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode > 299 {
		s.t.Fatalf("%s %s: %s %s %v", method, path, answer.Status, text, err)
	}
	return string(text)
}

// query runs a statement and wants it to go well.
func (s *server) query(statement string) string {
	s.t.Helper()
	text := s.call(http.MethodPost, "/query", url.Values{"q": {statement}}, "")
	if strings.Contains(text, `"error"`) {
		s.t.Fatalf("%s: %s", statement, text)
	}
	return text
}

// fill writes 40 points of 8 series into the database home.
func (s *server) fill() {
	s.t.Helper()
	s.query(`CREATE DATABASE "home"`)
	var lines strings.Builder
	for i := range 40 {
		fmt.Fprintf(&lines, "temperature,room=r%d value=%d %d\n", i%8, i, 1700000000000000000+int64(i)*1e9)
	}
	s.call(http.MethodPost, "/write", url.Values{"db": {"home"}}, lines.String())
}

// vars are the server's own figures.
func (s *server) vars() map[string]struct{ Values map[string]any } {
	s.t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s.call(http.MethodGet, "/debug/vars", nil, "")), &raw); err != nil {
		s.t.Fatal(err)
	}
	vars := make(map[string]struct{ Values map[string]any })
	for key, text := range raw {
		var group struct{ Values map[string]any }
		if json.Unmarshal(text, &group) == nil {
			key, _, _ = strings.Cut(key, "/") // shards have their folder in the key
			key = strings.TrimSuffix(key, strings.TrimPrefix(s.URL(), "http://"))
			vars[key] = group
		}
	}
	return vars
}

// collector opens a collector for the server.
func (s *server) collector(more plugintest.Settings) plugin.Collector {
	s.t.Helper()
	config := plugintest.Settings{"url": s.URL(), "timeout": "15s"}.With(more)
	return plugintest.Live(s.t, influxdb.Plugin(), config.JSON(s.t))
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, influxdb.Plugin(), c))
}

// attempt collects once and returns what went wrong.
func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, influxdb.Plugin(), c, 20*time.Second)
	return err
}
