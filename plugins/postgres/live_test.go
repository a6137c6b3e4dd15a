package postgres_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/test/servers"
)

// Each version is asked everything, with the rights of the recipe only.
func TestEveryQuestionHasAnAnswerOnEveryVersion(t *testing.T) {
	t.Parallel()
	for name, engine := range map[string]servers.Engine{
		"packaged": servers.PostgreSQL(), "17": servers.PostgreSQLVersion(17), "18": servers.PostgreSQLVersion(18),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.Start(t, engine, usual("archive_mode = on", "archive_command = 'false'")...)
			super := connect(t, server, "")
			execute(t, super, recipe, "CREATE DATABASE shop")
			execute(t, connect(t, server, "shop"), "CREATE TABLE goods (id int PRIMARY KEY, name text)",
				"INSERT INTO goods SELECT i, 'x' || i FROM generate_series(1, 1000) i", "DELETE FROM goods WHERE id % 2 = 0",
				"CREATE INDEX goods_name ON goods (name)", "VACUUM ANALYZE goods", "SELECT pg_switch_wal()")
			c := watch(t, server, map[string]any{"collect_table_stats": true})
			collect(t, c)
			batch := collect(t, c)
			for k, v := range plugintest.Values(batch) {
				t.Log(k, v)
			}
			t.Log(string(batch.Snapshot()))
		})
	}
}
