package postgres_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/postgres"
)

// Whatever a server answers to one of the questions, nothing panics and every
// fault has a kind.
func FuzzAnswers(f *testing.F) {
	plugintest.FuzzAnswers(f, postgres.Plugin(), serve, "postgresql-18",
		`{"collect_table_stats": true, "collect_query_stats": true, "tls": "disable"}`,
		[2]string{"server", "version_num\n-1\n"},
		[2]string{"databases", "db\txid_age\n\\N\t1e400\nx\n"},
		[2]string{"blocked", "ERROR 4 x"},
	)
}
