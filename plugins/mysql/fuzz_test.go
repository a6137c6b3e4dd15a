package mysql_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mysql"
)

// Whatever a server answers to one of the questions, nothing panics and every
// fault has a kind.
func FuzzAnswers(f *testing.F) {
	plugintest.FuzzAnswers(f, mysql.Plugin(), serve, "mysql-8.4",
		`{"collect_table_stats": true, "collect_query_digests": true, "tls": "disable", "query_timeout": "100ms"}`,
		[2]string{"server", "version\tcomment\taccount\n99.99.99-MariaDB\t\t\n"},
		[2]string{"status", "Variable_name\tValue\nwsrep_cluster_size\t-1\nwsrep_local_state\t1e300\n"},
		[2]string{"tablespaces", "name\tdata\n@zzzz@002d@00\t1\n"},
	)
}
