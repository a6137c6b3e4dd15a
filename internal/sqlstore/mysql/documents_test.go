package mysql_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/test/servers"
)

// examples returns the queries that the document shows to users.
func examples(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("../../../docs/storage.md")
	must(t, err)
	_, section, _ := strings.Cut(string(content), "\n## MySQL and MariaDB\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var queries []string
	for i, part := range strings.Split(section, "```") {
		if query, ok := strings.CutPrefix(part, "sql\n"); ok && i%2 == 1 {
			queries = append(queries, query)
		}
	}
	return queries
}

func TestTheQueriesOfTheDocumentFindSomething(t *testing.T) {
	t.Parallel()
	queries := examples(t)
	if len(queries) < 4 {
		t.Fatalf("the document has %d queries for MySQL", len(queries))
	}
	address := servers.Database(t, servers.MariaDB())
	db := mustOpen(t, address, sqlstore.Options{Journal: t.TempDir()})
	id := db.ID(labels.FromStrings(series.NameLabel, "system_load1", "host", "nas", "source", "system_info"))
	now := time.Now()
	for minute := 2 * 24 * 60; minute > 0; minute -= 30 {
		at := now.Add(-time.Duration(minute) * time.Minute)
		must(t, db.Commit(t.Context(), &journal.Record{
			Run:     inventory.Run{Source: "system_info", Start: at, Outcome: inventory.Success},
			State:   inventory.State{Source: "system_info", Status: inventory.Degraded, Since: at},
			Time:    at.UnixMilli(),
			Samples: []series.Sample{{Series: id, Value: 0.25}},
		}))
	}
	must(t, db.Seal(t.Context()))
	must(t, db.Roll(t.Context()))
	grafana := strings.NewReplacer("$__unixEpochFrom()", fmt.Sprint(now.Unix()-7200), "$__unixEpochTo()", fmt.Sprint(now.Unix()))
	beside := beside(t, address)
	for _, query := range queries {
		if found := answers(t, beside, grafana.Replace(query)); found == 0 {
			t.Errorf("it finds nothing:\n%s", query)
		}
	}
}

// answers returns how many rows a query finds.
func answers(t *testing.T, db *sql.DB, query string) int {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		found++
	}
	must(t, rows.Err())
	return found
}
