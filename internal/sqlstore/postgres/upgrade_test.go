package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	neturl "net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

// noon is some time of a day that is over.
func noon() time.Time { return time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC) }

func mustOpen(t *testing.T, url, journal string) *sqlstore.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, sqlstore.Options{Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func named(name string) labels.Labels {
	return labels.FromStrings(series.NameLabel, name, "host", "nas", "source", "disk")
}

// commit writes one sample of each of some series.
func commit(t *testing.T, db *sqlstore.DB, at time.Time, values map[string]float64) {
	t.Helper()
	rec := &journal.Record{
		Run:   inventory.Run{Source: "disk", Start: at, Duration: time.Second, Outcome: inventory.Success, Samples: len(values)},
		State: inventory.State{Source: "disk", Status: inventory.Healthy, LastRun: at}, Time: at.UnixMilli(),
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		rec.Samples = append(rec.Samples, series.Sample{Series: db.ID(named(name)), Value: values[name]})
	}
	must(t, db.Commit(t.Context(), rec))
}

// content is every sample, as text that tells each bit.
func content(t *testing.T, db *sqlstore.DB) map[string][]string {
	t.Helper()
	querier, err := db.Querier(math.MinInt64, math.MaxInt64)
	must(t, err)
	found := querier.Select(t.Context(), true, nil)
	all := make(map[string][]string)
	for found.Next() {
		name := found.At().Labels().Get(series.NameLabel)
		for it := found.At().Iterator(nil); it.Next() != 0; {
			at, value := it.At()
			all[name] = append(all[name], fmt.Sprintf("%d %x", at, math.Float64bits(value)))
		}
	}
	must(t, found.Err())
	return all
}

// connection is a pool beside those of the database.
func connection(t *testing.T, url string) *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(strings.NewReplacer("&pool_max_conns=1", "", "&timescaledb=off", "").Replace(url))
	must(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return stdlib.OpenDB(*config)
}

// query asks for one value.
func query[T any](t *testing.T, url, text string, args ...any) T {
	t.Helper()
	db := connection(t, url)
	defer db.Close()
	var answer sql.Null[T]
	must(t, db.QueryRowContext(t.Context(), text, args...).Scan(&answer))
	return answer.V
}

func TestADatabaseThatGetsTimescaleDBLaterIsMovedOver(t *testing.T) {
	t.Parallel()
	url, folder := servers.Database(t, servers.TimescaleDB()), t.TempDir()
	db := mustOpen(t, url+"&timescaledb=off", folder)
	for i := range 4 * 24 { // four days
		commit(t, db, noon().Add(time.Duration(i)*time.Hour), map[string]float64{
			"whole": float64(i), "odd": math.Float64frombits(0x7ff0000000000002 + uint64(i)), "zero": math.Copysign(0, -1),
		})
	}
	must(t, db.Seal(t.Context()))
	want := content(t, db)
	must(t, db.Close())
	guest, err := neturl.Parse(role(t, url, "guest"))
	must(t, err)
	execute(t, url, "GRANT SELECT ON samples, plugin_metrics TO "+guest.User.Username())

	// The first attempt is interrupted when half of it is done.
	ctx, cancel := context.WithCancel(t.Context())
	err = postgres.Upgrade(ctx, url, func(done, total int64) {
		if done > total/2 {
			cancel()
		}
	})
	if fault.Of(err) != fault.Canceled {
		t.Fatalf("an interrupted upgrade says %v", err)
	}
	db = mustOpen(t, url, folder)
	if strings.Contains(db.Engine(), "TimescaleDB") {
		t.Errorf("after half an upgrade the engine is %s", db.Engine())
	}
	if diff := cmp.Diff(want, content(t, db)); diff != "" {
		t.Errorf("after half an upgrade samples differ (-want +got):\n%s", diff)
	}
	// Unity goes on meanwhile, and changes what was copied already.
	commit(t, db, noon(), map[string]float64{"whole": 1000, "zero": 0})
	commit(t, db, noon().Add(time.Minute), map[string]float64{"late": 1})
	commit(t, db, noon().AddDate(0, 0, 9), map[string]float64{"new": 1})
	must(t, db.Seal(t.Context()))
	want = content(t, db)
	must(t, db.Close())

	var last [2]int64
	must(t, postgres.Upgrade(t.Context(), url, func(done, total int64) {
		if done < last[0] || done > total {
			t.Errorf("progress goes from %v to %d of %d", last, done, total)
		}
		last = [2]int64{done, total}
	}))
	if last[0] != last[1] || last[1] == 0 {
		t.Errorf("at the end %d of %d are done", last[0], last[1])
	}
	db = mustOpen(t, url, folder)
	if !strings.Contains(db.Engine(), "with TimescaleDB 2.") {
		t.Errorf("the engine is %s", db.Engine())
	}
	if diff := cmp.Diff(want, content(t, db)); diff != "" {
		t.Errorf("after the upgrade samples differ (-want +got):\n%s", diff)
	}
	commit(t, db, noon().Add(2*time.Minute), map[string]float64{"whole": 5}) // into a packed chunk
	must(t, db.Seal(t.Context()))
	if got := content(t, db)["whole"]; len(got) != len(want["whole"])+1 {
		t.Errorf("a late sample did not arrive: %v", got)
	}
	must(t, db.Close())
	must(t, postgres.Upgrade(t.Context(), url, func(int64, int64) { t.Error("there is nothing more to do") }))
	if n := query[int64](t, url, "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed"); n < 4 {
		t.Errorf("%d chunks are packed, want those of the four days at least", n)
	}
	for table, may := range map[string]bool{"samples": true, "plugin_metrics": true, "samples_5m": false} {
		if query[bool](t, url, "SELECT has_table_privilege($1, $2, 'SELECT')", guest.User.Username(), table) != may {
			t.Errorf("the rights of others on %s are not as before", table)
		}
	}
	if n := query[int64](t, url, "SELECT count(*) FROM plugin_metrics"); n != 3*96+3 {
		t.Errorf("the view shows %d samples, want %d", n, 3*96+3)
	}
}

func TestUpgradeNeedsTimescaleDB(t *testing.T) {
	t.Parallel()
	err := postgres.Upgrade(t.Context(), servers.Database(t, servers.PostgreSQL()), func(int64, int64) {})
	if fault.Of(err) != fault.Unsupported || fault.Hint(err) == "" {
		t.Errorf("without the extension Upgrade says %v (%s)", err, fault.Hint(err))
	}
}
