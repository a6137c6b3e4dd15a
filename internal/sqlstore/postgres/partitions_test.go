package postgres_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

const partitionsOfSamples = `SELECT coalesce(string_agg(c.relname, ' ' ORDER BY c.relname), '') FROM pg_class c
	WHERE c.relkind = 'r' AND c.relname LIKE 'samples\_p%'`

func TestPartitionsAreMadeAheadForLateSamplesAndDropped(t *testing.T) {
	t.Parallel()
	address, now := servers.Database(t, servers.PostgreSQL()), noon()
	db, err := postgres.Open(t.Context(), address, sqlstore.Options{
		Journal: t.TempDir(), Now: func() time.Time { return now }, RawRetention: 48 * time.Hour,
	})
	must(t, err)
	defer db.Close()
	there := func(when, want string) {
		t.Helper()
		if got := query[string](t, address, partitionsOfSamples); got != want {
			t.Errorf("%s the partitions are %s, want %s", when, got, want)
		}
	}
	there("at the start", "samples_p20260506 samples_p20260507 samples_p20260508")
	commit(t, db, now.AddDate(0, 0, -3), map[string]float64{"late": 1})
	must(t, db.Seal(t.Context()))
	there("with a late sample", "samples_p20260503 samples_p20260506 samples_p20260507 samples_p20260508")
	now = now.AddDate(0, 0, 1)
	must(t, db.Merge(t.Context()))
	there("a day later", "samples_p20260503 samples_p20260506 samples_p20260507 samples_p20260508 samples_p20260509")

	// One was detached, and something ended that before it was dropped; another
	// was left behind by a program that was killed.
	execute(t, address, "ALTER TABLE samples DETACH PARTITION samples_p20260503",
		"CREATE TABLE samples_p20260401 (LIKE samples)", "CREATE TABLE samples_protected (id int)")
	// Somebody reads the table in a transaction that is over before long.
	beside := connection(t, address)
	defer beside.Close()
	reader, err := beside.BeginTx(t.Context(), nil)
	must(t, err)
	var n int
	must(t, reader.QueryRowContext(t.Context(), "SELECT count(*) FROM samples").Scan(&n))
	expired := make(chan error, 1)
	now = now.AddDate(0, 0, 3)
	go func() { expired <- db.Expire(t.Context()) }()
	if _, err := db.Runs(t.Context(), inventory.RunFilter{Source: "disk"}); err != nil {
		t.Errorf("meanwhile reading says %v", err)
	}
	must(t, reader.Rollback())
	must(t, <-expired)
	there("when three more days have passed", "samples_p20260508 samples_p20260509 samples_protected")
	commit(t, db, now, map[string]float64{"a": 1})
	commit(t, db, now.AddDate(0, 0, -30), map[string]float64{"a": 2}) // its partition was dropped
	must(t, db.Seal(t.Context()))
	if got := content(t, db)["a"]; len(got) != 2 {
		t.Errorf("there are samples %v, want two", got)
	}
}

func TestTextThatPostgreSQLDoesNotTakeLosesItsZeros(t *testing.T) {
	t.Parallel()
	address := servers.Database(t, servers.PostgreSQL())
	db := mustOpen(t, address, t.TempDir())
	defer db.Close()
	must(t, db.SaveHost(t.Context(), inventory.Host{ID: "nas", Name: "a\x00b\xffc"}))
	hosts, err := db.Hosts(t.Context())
	must(t, err)
	if len(hosts) != 1 || hosts[0].Name != "ab\uFFFDc" {
		t.Errorf("the hosts are %q", hosts)
	}
	commit(t, db, noon(), map[string]float64{"zero\x00": 1, `slash\u0000`: 2})
	must(t, db.Seal(t.Context()))
	want := `slash\u0000 zero`
	if got := query[string](t, address, "SELECT string_agg(name, ' ' ORDER BY name) FROM series"); got != want {
		t.Errorf("the names are %q, want %q", got, want)
	}
	if got := content(t, db); len(got["zero\x00"]) != 1 || len(got[`slash\u0000`]) != 1 {
		t.Errorf("the samples are %v", got)
	}
}
