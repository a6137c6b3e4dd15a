package postgres_test

import (
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

// examples returns the statements in one language that the document shows to
// users of PostgreSQL.
func examples(t *testing.T, language string) []string {
	t.Helper()
	content, err := os.ReadFile("../../../docs/storage.md")
	must(t, err)
	_, section, _ := strings.Cut(string(content), "\n## PostgreSQL and TimescaleDB\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var found []string
	for i, part := range strings.Split(section, "```") {
		if text, ok := strings.CutPrefix(part, language+"\n"); ok && i%2 == 1 {
			found = append(found, text)
		}
	}
	return found
}

// load fills a store with a machine's load. Buckets are made of whole days, one of
// which is over at any time of the day.
func load(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	must(t, db.CreateSource(t.Context(), inventory.Source{ID: "system_info", Plugin: "system_info"}))
	id := db.ID(labels.FromStrings(series.NameLabel, "system_load1", "host", "nas", "source", "system_info"))
	now := time.Now()
	for minute := 50 * 60; minute > 0; minute -= 10 {
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
}

func TestTheQueriesOfTheDocumentFindSomething(t *testing.T) {
	t.Parallel()
	queries := examples(t, "sql")
	if len(queries) < 5 {
		t.Fatalf("the document has %d queries for PostgreSQL", len(queries))
	}
	for name, engine := range map[string]servers.Engine{"PostgreSQL": servers.PostgreSQL(), "TimescaleDB": servers.TimescaleDB()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := servers.Database(t, engine)
			db := mustOpen(t, address, t.TempDir())
			load(t, db)
			must(t, db.Close())
			beside := connection(t, address)
			defer beside.Close()
			for _, query := range queries {
				query = strings.ReplaceAll(query, "$__timeFilter(samples.time)", "samples.time > now() - interval '6 hours'")
				var found int
				if err := beside.QueryRowContext(t.Context(), "SELECT count(*) FROM ("+strings.TrimRight(query, ";\n")+") AS found").Scan(&found); err != nil {
					t.Errorf("%s\n%v", query, err)
				} else if found == 0 {
					t.Errorf("it finds nothing:\n%s", query)
				}
			}
		})
	}
}

func TestTheRightsOfTheDocumentAreEnoughToRead(t *testing.T) {
	t.Parallel()
	statements := examples(t, "sql-rights")
	if len(statements) != 1 {
		t.Fatalf("the document has %d blocks of rights", len(statements))
	}
	address := servers.Database(t, servers.PostgreSQL())
	must(t, mustOpen(t, address, t.TempDir()).Close())
	guest := role(t, address, "grafana")
	name := query[string](t, guest, "SELECT current_user")
	for statement := range strings.SplitSeq(strings.ReplaceAll(statements[0], "grafana", name), ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" && !strings.HasPrefix(statement, "CREATE ROLE") {
			execute(t, address, statement)
		}
	}
	if n := query[int64](t, guest, "SELECT count(*) FROM plugin_metrics, series, samples, samples_1h, samples_5m"); n != 0 {
		t.Errorf("a reader sees %d samples in an empty database", n)
	}
	db := connection(t, guest)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "SELECT * FROM sources"); err == nil {
		t.Error("a reader sees the settings of sources")
	}
}
