package mysql_test

import (
	"database/sql"
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

// client asks the server what a person would ask it: the last column of the first
// line that mariadb prints.
func client(t *testing.T, server *servers.Server, query string) float64 {
	t.Helper()
	program, err := exec.LookPath("mariadb")
	if err != nil {
		plugintest.Skip(t, "needs mariadb, the client")
	}
	user := userOf(t, server)
	password, _ := user.Password()
	command := exec.CommandContext(t.Context(), program, "--no-defaults", "--batch", "--skip-column-names", "--host=127.0.0.1", "--port="+strconv.Itoa(server.Port()),
		"--user="+user.Username(), "--execute="+query)
	command.Env = append(command.Environ(), "MYSQL_PWD="+password)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", query, err, output)
	}
	line, _, _ := strings.Cut(string(output), "\n")
	cells := strings.Split(line, "\t")
	value, err := strconv.ParseFloat(cells[len(cells)-1], 64)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// until asks until the answer is not 0; the server waits between two questions, for
// longer than the tenth of a second for which InnoDB repeats what it said of
// transactions.
func until(t *testing.T, conn *sql.Conn, question string) {
	t.Helper()
	for {
		var answer sql.NullFloat64
		if err := conn.QueryRowContext(t.Context(), question).Scan(&answer); err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		if answer.Float64 != 0 {
			return
		}
		execute(t, conn, "DO SLEEP(0.15)")
	}
}

// The server is made to have everything at once: a session that waits for another,
// a deadlock, a replica, two schemas of which the user may see one. Then
// replication is broken by a row that is there already.
func TestFiguresAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.MariaDB(), usual()...)
	super := connect(t, server)
	execute(t, super, recipe, "CREATE DATABASE shop", "CREATE DATABASE `my-wiki`", "CREATE TABLE `my-wiki`.pages (id INT PRIMARY KEY)",
		"CREATE TABLE shop.goods (id INT PRIMARY KEY, name VARCHAR(100), KEY (name))", "GRANT SELECT ON shop.* TO monitor",
		"INSERT INTO shop.goods SELECT seq, CONCAT('x', seq) FROM shop.seq_1_to_3000", "UPDATE shop.goods SET name = 'y' WHERE id < 100",
		"CREATE USER repl IDENTIFIED BY 'repl'", "GRANT REPLICATION SLAVE ON *.* TO repl", "FLUSH BINARY LOGS")
	deadlock(t, server)
	replica := servers.Start(t, servers.MariaDB(), usual("server_id = 2")...)
	of := connect(t, replica)
	execute(t, of, recipe, "SET sql_log_bin = 0",
		"CHANGE MASTER TO master_host = '127.0.0.1', master_port = "+strconv.Itoa(server.Port())+", master_user = 'repl', master_password = 'repl', master_log_file = 'binlog.000002', master_log_pos = 4",
		"CREATE DATABASE shop", "CREATE TABLE shop.goods (id INT PRIMARY KEY, name VARCHAR(100), KEY (name))", "START SLAVE")
	until(t, super, "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'")
	holder := connect(t, server)
	execute(t, holder, "BEGIN", "UPDATE shop.goods SET name = 'held' WHERE id = 1")
	waits(t, connect(t, server), "UPDATE shop.goods SET name = 'wanted' WHERE id = 1")
	until(t, super, "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")

	c := watch(t, server, map[string]any{"collect_table_stats": true})
	batch := collect(t, c)
	values := plugintest.Values(batch)
	for name, query := range map[string]string{
		`mysql_connections_max`:                           "SHOW GLOBAL VARIABLES LIKE 'max_connections'",
		`mysql_commands_total{command="update"}`:          "SHOW GLOBAL STATUS LIKE 'Com_update'",
		`mysql_handlers_total{handler="write"}`:           "SHOW GLOBAL STATUS LIKE 'Handler_write'",
		`mysql_innodb_buffer_pool_bytes{state="total"}`:   "SELECT variable_value * @@innodb_page_size FROM information_schema.global_status WHERE variable_name = 'innodb_buffer_pool_pages_total'",
		`mysql_innodb_row_lock_current_waits`:             "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'",
		`mysql_innodb_row_lock_waits_total`:               "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_waits'",
		`mysql_innodb_deadlocks_total`:                    "SELECT 1",
		`mysql_innodb_transactions`:                       "SELECT COUNT(*) FROM information_schema.innodb_trx",
		`mysql_processes{command="binlog_dump"}`:          "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'",
		`mysql_processes{command="query"}`:                "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Query' AND id <> CONNECTION_ID()",
		`mysql_replicas_connected`:                        "SHOW GLOBAL STATUS LIKE 'Slaves_connected'",
		`mysql_binlog_files`:                              "SELECT 2",
		`mysql_schema_data_bytes{schema="shop"}`:          "SELECT SUM(data_length) FROM information_schema.tables WHERE table_schema = 'shop'",
		`mysql_schema_index_bytes{schema="shop"}`:         "SELECT SUM(index_length) FROM information_schema.tables WHERE table_schema = 'shop'",
		`mysql_schema_tables{schema="shop"}`:              "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'",
		`mysql_schema_data_bytes{schema="my-wiki"}`:       "SELECT file_size FROM information_schema.innodb_sys_tablespaces WHERE name LIKE 'my@002dwiki/%'",
		`mysql_read_only`:                                 "SELECT @@read_only",
		`mysql_open_files_limit`:                          "SELECT @@open_files_limit",
		`mysql_connections_aborted_total{type="connect"}`: "SHOW GLOBAL STATUS LIKE 'Aborted_connects'",
		`mysql_table_open_cache_overflows_total`:          "SHOW GLOBAL STATUS LIKE 'Table_open_cache_overflows'",
	} {
		if got, there := values[name]; !there || got != client(t, server, query) {
			t.Errorf("%s is %v (%v), the client says %v", name, got, there, client(t, server, query))
		}
	}
	// The server purges and reads pages on its own: both agree as soon as it rests.
	for name, query := range map[string]string{
		`mysql_innodb_history_list_length`:             "SHOW GLOBAL STATUS LIKE 'Innodb_history_list_length'",
		`mysql_innodb_buffer_pool_bytes{state="data"}`: "SELECT variable_value * @@innodb_page_size FROM information_schema.global_status WHERE variable_name = 'innodb_buffer_pool_pages_data'",
	} {
		plugintest.Until(t, mysql.Plugin(), c, name+" is what the client says", func(values map[string]float64) bool {
			got, there := values[name]
			return there && got == client(t, server, query)
		})
	}
	var document struct {
		Binlog struct {
			Size, Position float64
			Current        string
		}
		Processes []struct{ Query, State string }
	}
	if err := json.Unmarshal(batch.Snapshot(), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Processes) != 1 || !strings.Contains(document.Processes[0].Query, "wanted") {
		t.Errorf("one session waits, and the list says %+v", document.Processes)
	}

	until(t, of, "SELECT variable_value = 'ON' FROM information_schema.global_status WHERE variable_name = 'slave_running'")
	r := watch(t, replica, nil)
	on := plugintest.Values(collect(t, r))
	for name, want := range map[string]float64{
		`mysql_replica_io_running{channel="default"}`: 1, `mysql_replica_sql_running{channel="default"}`: 1, `mysql_replica_lag_seconds{channel="default"}`: 0,
	} {
		if got, there := on[name]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, there, want)
		}
	}
	execute(t, of, "INSERT INTO shop.goods VALUES (9999, 'in the way')")
	execute(t, super, "INSERT INTO shop.goods VALUES (9999, 'new')")
	until(t, of, "SELECT variable_value = 'OFF' FROM information_schema.global_status WHERE variable_name = 'slave_running'")
	batch = collect(t, r)
	on = plugintest.Values(batch)
	if _, there := on[`mysql_replica_lag_seconds{channel="default"}`]; there || on[`mysql_replica_sql_running{channel="default"}`] != 0 {
		t.Errorf("replication is broken, and the figures say %v", on)
	}
	if !strings.Contains(string(batch.Snapshot()), "Duplicate entry") {
		t.Errorf("the snapshot does not say why: %s", batch.Snapshot())
	}
}

// deadlock lets two sessions wait for each other until the server ends one.
func deadlock(t *testing.T, server *servers.Server) {
	t.Helper()
	sessions := []*sql.Conn{connect(t, server), connect(t, server)}
	for i, conn := range sessions {
		execute(t, conn, "BEGIN", "UPDATE shop.goods SET name = 'z' WHERE id = "+strconv.Itoa(1000+i))
	}
	ended := make(chan error, 2)
	for i, conn := range sessions {
		go func() {
			_, err := conn.ExecContext(t.Context(), "UPDATE shop.goods SET name = 'z' WHERE id = "+strconv.Itoa(1001-i))
			_, _ = conn.ExecContext(t.Context(), "ROLLBACK")
			ended <- err
		}()
	}
	if one, other := <-ended, <-ended; (one == nil) == (other == nil) {
		t.Fatalf("no deadlock: %v, %v", one, other)
	}
}
