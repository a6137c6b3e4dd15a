package redis_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/redis"
	"github.com/unity-homelab/unity/test/servers"
)

// leastRights is the recipe of the README, with a password in it.
const leastRights = `ACL SETUSER unity on >PASSWORD resetkeys resetchannels -@all ` +
	`+ping +info +slowlog|get +slowlog|len +latency|latest +client|list +cluster|info`

const password = "only-for-tests"

// server is a real server, and the vendor's own tool for it.
type server struct {
	*servers.Server
	t    testing.TB
	args []string // of redis-cli
}

func start(t testing.TB, lines ...string) *server {
	t.Helper()
	s := servers.Start(t, servers.Redis(), lines...)
	return &server{Server: s, t: t, args: []string{"-p", strconv.Itoa(s.Port()), "--no-auth-warning"}}
}

// cli runs redis-cli and returns what it prints.
func (s *server) cli(words ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-cli", append(append([]string{}, s.args...), words...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("redis-cli %s: %v\n%s", strings.Join(words, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// must runs redis-cli for what has to answer OK or a number.
func (s *server) must(line string, more ...string) {
	s.t.Helper()
	if said := s.cli(append(strings.Fields(line), more...)...); strings.Contains(said, "ERR") {
		s.t.Fatalf("%s: %s", line, said)
	}
}

// info is what redis-cli says of every field.
func (s *server) info() map[string]string {
	s.t.Helper()
	fields := make(map[string]string)
	for line := range strings.Lines(s.cli("INFO", "everything")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// collector opens a collector for the server.
func (s *server) collector(more plugintest.Settings) plugin.Collector {
	s.t.Helper()
	config := plugintest.Settings{"url": s.URL(), "timeout": "15s"}.With(more)
	return plugintest.Live(s.t, redis.Plugin(), config.JSON(s.t))
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, redis.Plugin(), c))
}

// attempt collects once and returns what went wrong.
func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, redis.Plugin(), c, time.Minute)
	return err
}

// wantSnapshot decodes the snapshot of a collection.
func wantSnapshot(t *testing.T, c plugin.Collector, into any) {
	t.Helper()
	batch := plugintest.Collect(t, redis.Plugin(), c)
	if err := json.Unmarshal(batch.Snapshot(), into); err != nil {
		t.Fatal(err)
	}
}
