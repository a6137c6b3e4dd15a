package redis_test

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/redis"
)

// fill gives a server something to tell.
func fill(s *server) {
	s.t.Helper()
	for i := range 20 {
		s.must("SET", "key:"+strconv.Itoa(i), "value", "EX", "3600")
	}
	s.must("-n 3 SET kept value")
	s.must("RPUSH queue:mail a b c")
	s.must("XADD stream:log * field value")
	s.must("GET key:1")
	s.must("GET nothing")
	s.cli("LPUSH", "key:1", "wrong") // WRONGTYPE
}

func TestFiguresAreThoseOfRedisCLI(t *testing.T) {
	t.Parallel()
	s := start(t, "maxmemory 64mb", "maxmemory-policy allkeys-lru", "appendonly yes", "slowlog-log-slower-than 0")
	fill(s)
	values := collect(t, s.collector(nil))
	said := s.info()
	for metric, at := range map[string]struct {
		field string
		slack float64 // what moves by the two questions themselves
	}{
		"redis_connected_clients":               {"connected_clients", 1},
		"redis_blocked_clients":                 {"blocked_clients", 0},
		"redis_max_clients":                     {"maxclients", 0},
		"redis_uptime_seconds":                  {"uptime_in_seconds", 2},
		"redis_connections_received_total":      {"total_connections_received", 1},
		"redis_connections_rejected_total":      {"rejected_connections", 0},
		"redis_commands_processed_total":        {"total_commands_processed", 5},
		"redis_error_replies_total":             {"total_error_replies", 0},
		"redis_memory_used_bytes":               {"used_memory", 256 << 10},
		"redis_memory_rss_bytes":                {"used_memory_rss", 4 << 20},
		"redis_memory_peak_bytes":               {"used_memory_peak", 256 << 10},
		"redis_memory_max_bytes":                {"maxmemory", 0},
		"redis_memory_system_bytes":             {"total_system_memory", 0},
		"redis_keyspace_hits_total":             {"keyspace_hits", 0},
		"redis_keyspace_misses_total":           {"keyspace_misses", 0},
		"redis_keys_expired_total":              {"expired_keys", 0},
		"redis_keys_evicted_total":              {"evicted_keys", 0},
		"redis_network_receive_bytes_total":     {"total_net_input_bytes", 1024},
		"redis_network_transmit_bytes_total":    {"total_net_output_bytes", 32 << 10},
		"redis_rdb_changes_since_save":          {"rdb_changes_since_last_save", 0},
		"redis_rdb_last_save_timestamp_seconds": {"rdb_last_save_time", 0},
		"redis_aof_enabled":                     {"aof_enabled", 0},
		"redis_aof_size_bytes":                  {"aof_current_size", 0},
		"redis_connected_replicas":              {"connected_slaves", 0},
		"redis_full_syncs_total":                {"sync_full", 0},
		`redis_cpu_seconds_total{mode="user"}`:  {"used_cpu_user", 0.5},
	} {
		want, err := strconv.ParseFloat(said[at.field], 64)
		got, there := values[metric]
		if err != nil || !there || math.Abs(got-want) > at.slack {
			t.Errorf("%s is %v (%v), redis-cli says %v (%v)", metric, got, there, want, err)
		}
	}
	for key, want := range map[string]float64{
		`redis_keys{db="0"}`: 22, `redis_keys{db="3"}`: 1, `redis_keys_expiring{db="0"}`: 20,
		`redis_errors_total{error="WRONGTYPE"}`: 1, `redis_command_calls_total{command="get"}`: 2,
		`redis_command_failures_total{command="lpush"}`: 1, `redis_role{state="primary"}`: 1, `redis_role{state="replica"}`: 0,
		"redis_memory_eviction": 1, "redis_loading": 0, "redis_aof_last_write_ok": 1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	if ttl := values[`redis_keys_avg_ttl_seconds{db="0"}`]; ttl <= 3000 || ttl > 3600 {
		t.Errorf("average time to live is %v s, set were 3600", ttl)
	}
}

func TestTheLeastRightsAreEnough(t *testing.T) {
	t.Parallel()
	s := start(t)
	fill(s)
	for line := range strings.SplitSeq(strings.ReplaceAll(leastRights, "PASSWORD", password), "\n") {
		s.must(line)
	}
	readme(t, leastRights)
	login := plugintest.Settings{"username": "unity", "password": password, "collect_client_list": true}
	values := collect(t, s.collector(login))
	if values[`redis_keys{db="0"}`] != 22 {
		t.Errorf("keys: %v", values[`redis_keys{db="0"}`])
	}

	// Lengths of keys need their own rights, said one by one.
	login["key_checks"] = []plugintest.Settings{{"key": "queue:mail"}, {"db": 3, "key": "kept", "type": "string"}}
	c := s.collector(login)
	batch := plugintest.Collect(t, redis.Plugin(), c)
	problems := batch.Problems()
	if len(problems) != 2 {
		t.Fatalf("problems: %v", problems)
	}
	plugintest.WantFault(t, problems[0], fault.Permission, "TYPE", "ACL SETUSER unity +type")
	plugintest.WantFault(t, problems[1], fault.Permission, "SELECT", "ACL SETUSER unity +select")
	const keyRights = `ACL SETUSER unity ~queue:* +type +llen +xlen +scard +zcard +hlen +strlen +select`
	readme(t, keyRights)
	s.must(keyRights)
	batch = plugintest.Collect(t, redis.Plugin(), c)
	if problems = batch.Problems(); len(problems) != 1 {
		t.Fatalf("problems: %v", problems)
	}
	plugintest.WantFault(t, problems[0], fault.Permission, "may not look at the key", "ACL SETUSER unity ~kept")
	s.must("ACL SETUSER unity ~kept")
	values = collect(t, c)
	for key, want := range map[string]float64{
		`redis_key_length{db="0",key="queue:mail"}`: 3, `redis_key_length{db="3",key="kept"}`: 5,
	} {
		if values[key] != want {
			t.Errorf("%s is %v, want %v", key, values[key], want)
		}
	}
}

func TestLengthsOfKeysOfEveryType(t *testing.T) {
	t.Parallel()
	s := start(t)
	fill(s)
	s.must("SADD set a b")
	s.must("ZADD zset 1 a")
	s.must("HSET hash a 1 b 2 c 3")
	values := collect(t, s.collector(plugintest.Settings{"key_checks": []plugintest.Settings{
		{"key": "queue:mail"},
		{"key": "stream:log"},
		{"key": "set"},
		{"key": "zset"},
		{"key": "hash"},
		{"key": "key:1"},
		{"key": "gone"},
		{"db": 3, "key": "kept"},
		{"key": "gone list", "type": "list"},
	}}))
	for key, want := range map[string]float64{
		"queue:mail": 3, "stream:log": 1, "set": 2, "zset": 1, "hash": 3, "key:1": 5, "gone": 0, "gone list": 0,
	} {
		if got, there := values[`redis_key_length{db="0",key="`+key+`"}`]; !there || got != want {
			t.Errorf("the length of %s is %v (%v), want %v", key, got, there, want)
		}
	}
	if got := values[`redis_key_length{db="3",key="kept"}`]; got != 5 {
		t.Errorf("the length of kept in database 3 is %v, want 5", got)
	}
}

func TestAReplicaAndItsPrimaryKnowEachOther(t *testing.T) {
	t.Parallel()
	primary := start(t, "repl-diskless-sync-delay 0")
	fill(primary)
	replica := start(t, "replicaof 127.0.0.1 "+strconv.Itoa(primary.Port()), "repl-ping-replica-period 1")
	of, from := replica.collector(nil), primary.collector(nil)
	values := until(t, func() (map[string]float64, bool) {
		values := collect(t, of)
		return values, values["redis_primary_link_up"] == 1
	})
	for key, want := range map[string]float64{
		`redis_role{state="replica"}`: 1, `redis_role{state="primary"}`: 0, "redis_primary_sync_in_progress": 0,
		`redis_keys{db="0"}`: 22,
	} {
		if values[key] != want {
			t.Errorf("%s of the replica is %v, want %v", key, values[key], want)
		}
	}
	label := `{replica="` + replica.Address() + `"}`
	values = until(t, func() (map[string]float64, bool) {
		values := collect(t, from)
		_, there := values["redis_replica_lag_seconds"+label]
		return values, there
	})
	if values["redis_connected_replicas"] != 1 || values["redis_replica_lag_seconds"+label] > 30 || values["redis_replica_offset_lag_bytes"+label] > 1000 {
		t.Errorf("the primary says %v replicas, lag %v s, %v bytes behind", values["redis_connected_replicas"],
			values["redis_replica_lag_seconds"+label], values["redis_replica_offset_lag_bytes"+label])
	}
	primary.Kill()
	values = until(t, func() (map[string]float64, bool) {
		values := collect(t, of)
		return values, values["redis_primary_link_up"] == 0
	})
	if _, there := values["redis_primary_last_io_seconds"]; there {
		t.Error("a replica without its primary says when it heard of it")
	}
	if _, there := values["redis_primary_link_down_seconds"]; !there {
		t.Error("a replica without its primary does not say for how long")
	}
}

// until collects until it is so.
func until(t *testing.T, get func() (map[string]float64, bool)) map[string]float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		values, ok := get()
		if ok {
			return values
		}
		if ctx.Err() != nil {
			t.Fatalf("it does not come to be: %v", values)
		}
	}
}

func TestAFullMemoryIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, "maxmemory 3mb", "maxmemory-policy noeviction")
	c := s.collector(nil)
	large := strings.Repeat("x", 64<<10)
	for i := range 60 {
		s.cli("SET", "large:"+strconv.Itoa(i), large)
	}
	values := collect(t, c)
	if ratio := values["redis_memory_usage_ratio"]; ratio < 0.95 {
		t.Errorf("memory usage ratio is %v", ratio)
	}
	if values["redis_memory_eviction"] != 0 || values[`redis_errors_total{error="OOM"}`] == 0 || values["redis_keys_evicted_total"] != 0 {
		t.Errorf("eviction %v, refused for memory %v, evicted %v", values["redis_memory_eviction"],
			values[`redis_errors_total{error="OOM"}`], values["redis_keys_evicted_total"])
	}
	s.must("CONFIG SET maxmemory-policy allkeys-lru")
	for i := range 20 {
		s.must("SET", "more:"+strconv.Itoa(i), large)
	}
	values = collect(t, c)
	if values["redis_memory_eviction"] != 1 || values["redis_keys_evicted_total"] == 0 {
		t.Errorf("eviction %v, evicted %v", values["redis_memory_eviction"], values["redis_keys_evicted_total"])
	}
}

func TestASaveThatGoesWrongIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, "dbfilename saved.rdb")
	c := s.collector(nil)
	if _, there := collect(t, c)["redis_rdb_last_duration_seconds"]; there {
		t.Error("a server that never saved says how long it took")
	}
	fill(s)
	s.must("SAVE")
	if values := collect(t, c); values["redis_rdb_changes_since_save"] != 0 || values["redis_rdb_last_save_ok"] != 1 {
		t.Errorf("after saving: changes %v, ok %v", values["redis_rdb_changes_since_save"], values["redis_rdb_last_save_ok"])
	}
	// A folder in place of the file cannot be replaced by it.
	_, folder, _ := strings.Cut(s.cli("CONFIG", "GET", "dir"), "\n")
	file := filepath.Join(folder, "saved.rdb")
	if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o755)); err != nil {
		t.Fatal(err)
	}
	s.must("BGSAVE")
	values := until(t, func() (map[string]float64, bool) {
		values := collect(t, c)
		return values, values["redis_rdb_in_progress"] == 0 && values["redis_rdb_last_save_ok"] == 0
	})
	if _, there := values["redis_rdb_last_duration_seconds"]; !there {
		t.Error("it does not say how long the attempt took")
	}
}

func TestClientsAndSlowCommandsAreListed(t *testing.T) {
	t.Parallel()
	s := start(t, "slowlog-log-slower-than 0", "latency-monitor-threshold 1")
	fill(s)
	blocked := exec.CommandContext(t.Context(), "redis-cli", append(s.args, "BLPOP", "nothing", "0")...)
	if err := blocked.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blocked.Process.Kill(); _ = blocked.Wait() })
	s.cli("DEBUG", "SLEEP", "0") // not allowed; what counts is below
	s.must("EVAL", "for i=1,3000000 do end return 1", "0")

	type shown struct {
		SlowLog []struct {
			Command string
			Client  string
		}
		Clients []struct{ Address, Command string }
		Latency []struct {
			Event string
			Worst float64
		}
	}
	c := s.collector(plugintest.Settings{"collect_client_list": true})
	values := until(t, func() (map[string]float64, bool) {
		values := collect(t, c)
		return values, values["redis_blocked_clients"] == 1
	})
	if values["redis_slowlog_length"] < 20 {
		t.Errorf("the slow log has %v entries", values["redis_slowlog_length"])
	}
	var seen shown
	wantSnapshot(t, c, &seen)
	waits := false
	for _, client := range seen.Clients {
		waits = waits || client.Command == "blpop"
	}
	if !waits || len(seen.SlowLog) != 10 || len(seen.Latency) == 0 {
		t.Errorf("snapshot: %+v", seen)
	}
	for _, slow := range seen.SlowLog {
		if strings.Contains(slow.Command, "value") || strings.Contains(slow.Command, "key:") {
			t.Errorf("the slow log shows arguments: %s", slow.Command)
		}
	}
	s.must("SET secretly told")
	c = s.collector(plugintest.Settings{"slowlog_arguments": true})
	wantSnapshot(t, c, &seen)
	told := false
	for _, slow := range seen.SlowLog {
		told = told || slow.Command == "SET secretly told"
	}
	if !told {
		t.Errorf("with slowlog_arguments: %+v", seen.SlowLog)
	}
}

// readme wants a command to stand in the README as it is used here.
func readme(t *testing.T, command string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), command+"\n") {
		t.Errorf("the README does not say: %s", command)
	}
}
