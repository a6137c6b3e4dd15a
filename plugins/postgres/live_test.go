package postgres_test

import (
	"context"
	"encoding/json"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/test/servers"
)

// Each version is asked everything, with the rights of the recipe only.
func TestEveryQuestionHasAnAnswerOnEveryVersion(t *testing.T) {
	t.Parallel()
	for _, major := range []int{17, 18} {
		t.Run(strconv.Itoa(major), func(t *testing.T) {
			t.Parallel()
			server := servers.Start(t, servers.PostgreSQLVersion(major), usual("archive_mode = on", "archive_command = 'false'")...)
			super := connect(t, server, "")
			execute(t, super, recipe, "CREATE DATABASE shop")
			execute(t, connect(t, server, "shop"), "CREATE TABLE goods (id int PRIMARY KEY, name text)",
				"INSERT INTO goods SELECT i, 'x' || i FROM generate_series(1, 1000) i", "VACUUM ANALYZE goods", "SELECT pg_switch_wal()", "CHECKPOINT")
			values := plugintest.Values(collect(t, watch(t, server, map[string]any{"collect_table_stats": true})))
			read := "read_bytes" // since 18
			if major == 17 {
				read = "reads * op_bytes"
			}
			for _, pair := range [][2]string{
				{`postgres_table_live_rows{db="shop",schema="public",table="goods"}`, "SELECT 1000"},
				{`postgres_database_size_bytes{db="shop"}`, "SELECT pg_database_size('shop')"},
				{`postgres_checkpoints_total{type="requested"}`, "SELECT num_requested FROM pg_stat_checkpointer"},
				{`postgres_buffers_written_total{by="checkpoint"}`, "SELECT buffers_written FROM pg_stat_checkpointer"},
				{`postgres_wal_files`, "SELECT count(*) FROM pg_ls_waldir()"},
				{`postgres_io_read_bytes_total{backend_type="standalone backend",context="normal"}`, "SELECT sum(" + read + ") FROM pg_stat_io WHERE backend_type = 'standalone backend' AND context = 'normal' AND object <> 'wal'"},
			} {
				name, query := pair[0], pair[1]
				var want float64
				if err := super.QueryRow(t.Context(), "SELECT ("+query+")::float8").Scan(&want); err != nil {
					t.Fatal(err)
				}
				if got, there := values[name]; !there || got != want {
					t.Errorf("%s is %v (%v), the server says %v", name, got, there, want)
				}
			}
			if want := "PostgreSQL " + strconv.Itoa(major); values[`postgres_wal_archive_pending`] == 0 {
				t.Errorf("%s archives nothing, and nothing is pending", want)
			}
		})
	}
}

// psql asks the server what a person would ask it.
func psql(t *testing.T, server *servers.Server, query string) float64 {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "psql", "--no-psqlrc", "-qAt", "-d", server.URL(), "-c", query).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", query, err, output)
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(string(output)), 64)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// The server is made to have everything at once: a session that waits for another,
// one that left its transaction open, a deadlock, a standby, a forgotten slot.
func TestFiguresAreThoseOfPsql(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.PostgreSQL(), usual("archive_mode = on", "archive_command = 'true'")...)
	super := connect(t, server, "")
	execute(t, super, recipe, "CREATE DATABASE shop", "SELECT pg_create_physical_replication_slot('forgotten', true)")
	shop := connect(t, server, "shop")
	execute(t, shop, "CREATE TABLE goods (id int PRIMARY KEY, name text)",
		"INSERT INTO goods SELECT i, 'x' || i FROM generate_series(1, 20000) i", "UPDATE goods SET name = 'y' WHERE id < 500",
		"DELETE FROM goods WHERE id > 19000", "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT * FROM goods ORDER BY name) x",
		"BEGIN", "INSERT INTO goods VALUES (-1)", "ROLLBACK")
	deadlock(t, server)
	standby := servers.Start(t, servers.PostgreSQLStandby(server, "attic"))
	holder, idler := connect(t, server, "shop"), connect(t, server, "shop")
	execute(t, holder, "BEGIN", "UPDATE goods SET name = 'held' WHERE id = 1")
	execute(t, idler, "BEGIN", "SELECT 1")
	waits(t, server, "UPDATE goods SET name = 'wanted' WHERE id = 1")
	execute(t, shop, "SELECT pg_stat_force_next_flush()")

	until(t, super, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
	execute(t, super, "CHECKPOINT") // what was written and not flushed would be later
	until(t, super, "SELECT count(*) = 1 FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()")
	batch := collect(t, watch(t, server, map[string]any{"collect_table_stats": true}))
	values := plugintest.Values(batch)
	for name, query := range map[string]string{
		`postgres_connections_max`:                                                "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int",
		`postgres_connections{db="shop",state="idle_in_transaction"}`:             "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND state = 'idle in transaction'",
		`postgres_connections{db="shop",state="active"}`:                          "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND state = 'active'",
		`postgres_connections_waiting_on_lock`:                                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
		`postgres_blocked_backends`:                                               "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0",
		`postgres_transactions_total{db="shop",result="rollback"}`:                "SELECT xact_rollback FROM pg_stat_database WHERE datname = 'shop'",
		`postgres_rows_total{db="shop",op="inserted"}`:                            "SELECT tup_inserted FROM pg_stat_database WHERE datname = 'shop'",
		`postgres_rows_total{db="shop",op="updated"}`:                             "SELECT tup_updated FROM pg_stat_database WHERE datname = 'shop'",
		`postgres_rows_total{db="shop",op="deleted"}`:                             "SELECT tup_deleted FROM pg_stat_database WHERE datname = 'shop'",
		`postgres_temp_files_total{db="shop"}`:                                    "SELECT temp_files FROM pg_stat_database WHERE datname = 'shop'",
		`postgres_temp_bytes_total{db="shop"}`:                                    "SELECT temp_bytes FROM pg_stat_database WHERE datname = 'shop'",
		`postgres_deadlocks_total{db="shop"}`:                                     "SELECT 1",
		`postgres_database_size_bytes{db="shop"}`:                                 "SELECT pg_database_size('shop')",
		`postgres_locks{db="shop",granted="true",mode="row_exclusive"}`:           "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE datname = 'shop' AND mode = 'RowExclusiveLock' AND granted",
		`postgres_wal_files`:                                                      "SELECT count(*) FROM pg_ls_waldir()",
		`postgres_wal_size_bytes`:                                                 "SELECT sum(size) FROM pg_ls_waldir()",
		`postgres_wal_position_bytes_total`:                                       "SELECT pg_current_wal_lsn() - '0/0'",
		`postgres_replication_slot_retained_bytes{slot="forgotten"}`:              "SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots",
		`postgres_xid_age{db="shop"}`:                                             "SELECT age(datfrozenxid) FROM pg_database WHERE datname = 'shop'",
		`postgres_table_size_bytes{db="shop",schema="public",table="goods"}`:      "SELECT pg_total_relation_size(c.oid) FROM pg_class c WHERE false UNION ALL SELECT " + strconv.FormatFloat(sizeOf(t, shop), 'f', -1, 64),
		`postgres_replicas`:                                                       "SELECT count(*) FROM pg_stat_replication",
		`postgres_replication_lag_bytes{replica="attic",stage="replay"}`:          "SELECT 0",
		`postgres_replication_slot_active{slot="forgotten"}`:                      "SELECT 0",
		`postgres_replication_slot_wal_status{slot="forgotten",state="reserved"}`: "SELECT 1",
		`postgres_start_timestamp_seconds`:                                        "SELECT extract(epoch FROM pg_postmaster_start_time())",
	} {
		if got, there := values[name]; !there || !agree(name, got, psql(t, server, query)) {
			t.Errorf("%s is %v (%v), psql says %v", name, got, there, psql(t, server, query))
		}
	}
	var document struct {
		Blocking []struct {
			PID      int      `json:"pid"`
			Blockers []string `json:"blocking_pids"`
			Query    string   `json:"query"`
		} `json:"blocking"`
	}
	if err := json.Unmarshal(batch.Snapshot(), &document); err != nil {
		t.Fatal(err)
	}
	if want := strconv.Itoa(int(holder.PgConn().PID())); len(document.Blocking) != 1 || strings.Join(document.Blocking[0].Blockers, " ") != want ||
		!strings.Contains(document.Blocking[0].Query, "wanted") {
		t.Errorf("process %s blocks one session, and the table says %+v", want, document.Blocking)
	}
	if longest := values[`postgres_longest_idle_in_transaction_seconds{db="shop"}`]; longest <= 0 {
		t.Errorf("a transaction is left open, for %v s", longest)
	}

	of := plugintest.Values(collect(t, watch(t, standby, nil)))
	for name, want := range map[string]float64{
		`postgres_in_recovery`: 1, `postgres_wal_receiver_streaming`: 1, `postgres_standby_lag_seconds`: 0,
		`postgres_wal_position_bytes_total`: values[`postgres_wal_position_bytes_total`],
	} {
		if got, there := of[name]; !there || !agree(name, got, want) {
			t.Errorf("on the standby %s is %v (%v), want %v", name, got, there, want)
		}
	}
}

// agree reports whether two figures are the same. A server that nobody uses writes
// a record to its log now and then, so what is a place in it may move meanwhile.
func agree(name string, got, want float64) bool {
	const records = 4 << 10
	switch {
	case strings.HasPrefix(name, "postgres_wal_position"), strings.HasPrefix(name, "postgres_replication_lag_bytes"),
		strings.HasPrefix(name, "postgres_replication_slot_retained"):
		return math.Abs(got-want) <= records
	default:
		return got == want
	}
}

// sizeOf is the size of the table, from its own database.
func sizeOf(t *testing.T, shop *pgx.Conn) float64 {
	t.Helper()
	var size float64
	if err := shop.QueryRow(t.Context(), "SELECT pg_total_relation_size('goods')::float8").Scan(&size); err != nil {
		t.Fatal(err)
	}
	return size
}

// until asks until the answer is yes; the server waits between two questions.
func until(t *testing.T, conn *pgx.Conn, question string) {
	t.Helper()
	for {
		var yes bool
		if err := conn.QueryRow(t.Context(), question).Scan(&yes); err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		if yes {
			return
		}
		execute(t, conn, "SELECT pg_sleep(0.02)")
	}
}

// waits runs a statement that has to wait, until the test ends.
func waits(t *testing.T, server *servers.Server, statement string) {
	t.Helper()
	conn := connect(t, server, "shop")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Exec(ctx, statement)
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// deadlock lets two sessions wait for each other until the server ends one.
func deadlock(t *testing.T, server *servers.Server) {
	t.Helper()
	first, second := connect(t, server, "shop"), connect(t, server, "shop")
	for i, conn := range []*pgx.Conn{first, second} {
		execute(t, conn, "BEGIN", "SELECT FROM goods WHERE id = "+strconv.Itoa(i+1)+" FOR UPDATE")
	}
	ended := make(chan error, 2)
	for i, conn := range []*pgx.Conn{first, second} {
		go func() {
			_, err := conn.Exec(t.Context(), "SELECT FROM goods WHERE id = "+strconv.Itoa(2-i)+" FOR UPDATE")
			_, _ = conn.Exec(t.Context(), "ROLLBACK")
			ended <- err
		}()
	}
	if one, other := <-ended, <-ended; (one == nil) == (other == nil) {
		t.Fatalf("no deadlock: %v, %v", one, other)
	}
	for _, conn := range []*pgx.Conn{first, second} {
		_ = conn.Close(t.Context())
	}
}
