// Package transfer_test moves data between real databases of every kind.
package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/internal/transfer"
	"github.com/unity-homelab/unity/test/servers"
)

func TestMain(m *testing.M) {
	os.Exit(servers.Main(m, servers.PostgreSQL(), servers.TimescaleDB(), servers.MariaDB()))
}

// opener opens the same database each time.
type opener func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error)

// databases are the ways to get an empty one.
func databases() map[string]func(t *testing.T) opener {
	return map[string]func(t *testing.T) opener{
		"SQLite": func(t *testing.T) opener {
			t.Helper()
			path := filepath.Join(t.TempDir(), "unity.db")
			return func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
				return sqlite.Open(ctx, path, options)
			}
		},
		"PostgreSQL":  func(t *testing.T) opener { t.Helper(); return server(t, servers.PostgreSQL(), postgres.Open) },
		"TimescaleDB": func(t *testing.T) opener { t.Helper(); return server(t, servers.TimescaleDB(), postgres.Open) },
		"MariaDB":     func(t *testing.T) opener { t.Helper(); return server(t, servers.MariaDB(), mysql.Open) },
	}
}

func server(t *testing.T, engine servers.Engine, open func(context.Context, string, sqlstore.Options) (*sqlstore.DB, error)) opener {
	t.Helper()
	url, folder := servers.Database(t, engine), t.TempDir()
	return func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		options.Journal = folder
		return open(ctx, url, options)
	}
}

// end is when the made-up measurements end, and the time by which things are
// old.
func end() time.Time { return time.Date(2026, 5, 9, 10, 11, 12, 0, time.UTC) }

func (open opener) must(t *testing.T) *sqlstore.DB {
	t.Helper()
	// A day, so that there are buckets of five minutes: they are made shortly before
	// their samples go.
	db, err := open(t.Context(), sqlstore.Options{Now: end, RawRetention: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill stores some days of a few sources, with all that can happen.
func fill(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	ctx := t.Context()
	must(t, db.SaveHost(ctx, inventory.Host{ID: "nas", Name: "NAS", Platform: "linux/amd64", Created: end(), LastSeen: end()}))
	for _, source := range []inventory.Source{
		{ID: "bench", Plugin: "bench_monitor", Name: "Ünïcode <1>", Host: "nas", Config: json.RawMessage(`{"password":"s3cret","n":1}`), Enabled: true, Interval: time.Minute, Tags: []string{"a", "b"}, Origin: inventory.User, Created: end(), Updated: end()},
		{ID: "Bench", Plugin: "bench_monitor", Host: "nas", Origin: inventory.Detected, Created: end(), Updated: end()},
	} {
		must(t, db.CreateSource(ctx, source))
	}
	accounts := db.Accounts()
	must(t, accounts.CreateUser(ctx, auth.User{
		ID: "u1", Name: "Ada", Login: "ada", Role: auth.Admin, Password: "$argon2id$x", Factor: "sealed", FactorStep: 5,
		Created: end(), Updated: end(),
	}))
	must(t, accounts.CreateUser(ctx, auth.User{ID: "u2", Name: "Grace", Login: "grace", Role: auth.Viewer, Subject: "g@example.org", Created: end(), Updated: end()}))
	must(t, accounts.SetRecoveryCodes(ctx, "u1", []string{"hash1", "hash2"}))
	must(t, accounts.CreateToken(ctx, auth.Token{ID: "t1", Hash: "hash", User: "u1", Name: "Grafana", Scope: "read", Created: end()}))
	must(t, accounts.Record(ctx, auth.Entry{ID: 12, Time: end(), User: "u1", Name: "Ada", Via: auth.ViaToken, Action: "source.create", Target: "bench", Address: "192.0.2.1", Refused: true}))
	must(t, db.Dashboards().CreateDashboard(ctx, dashboard.Dashboard{ID: "basement", Owner: "Ada", Revision: 2, Created: end(), Document: dashboard.Document{Name: "Basement"}}))
	must(t, db.Notes().SetNote(ctx, "pause", "bench", "2026-01-02T03:04:05Z"))
	mix := storetest.NewMix(7, 9)
	ids := make([]series.ID, mix.Len())
	for i := range ids {
		ids[i] = db.ID(mix.Labels(i))
	}
	odd := db.ID(labels.FromStrings(series.NameLabel, "odd_values", "source", "Bench", "text", "line\n\"quoted\" ü"))
	values := []float64{
		math.NaN(), math.Float64frombits(0x7ff0000000000002), math.Inf(1), math.Inf(-1), math.Copysign(0, -1),
		math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1 + 0.2,
	}
	const minutes = 2 * 24 * 60
	for minute := range minutes {
		at := end().Add(time.Duration(minute-minutes) * time.Minute)
		rec := run("bench", at)
		for i, id := range ids {
			rec.Samples = append(rec.Samples, series.Sample{Series: id, Value: mix.Next(i)})
		}
		if minute%100 == 0 {
			rec.Snapshot = json.RawMessage(fmt.Sprintf(`{"minute":%d,"tables":["<a>","&"]}`, minute))
			rec.Values = map[string]json.RawMessage{"cursor": json.RawMessage(fmt.Sprint(minute))}
			rec.Events = []inventory.Event{{Time: at, Kind: "seen", Source: "bench", Host: "nas", Severity: inventory.Info, Title: "Seen", Detail: map[string]string{"minute": fmt.Sprint(minute)}}}
		}
		must(t, db.Commit(ctx, rec))
		if minute < len(values) {
			other := run("Bench", at)
			other.Run.Outcome, other.Run.Problem = inventory.Partial, &inventory.Problem{Kind: fault.Partial, Message: "some", Hint: "none"}
			other.State.Problem = other.Run.Problem
			other.Samples = []series.Sample{{Series: odd, Value: values[minute]}}
			must(t, db.Commit(ctx, other))
		}
		if minute == minutes/2 {
			must(t, db.Seal(ctx))
		}
	}
	must(t, db.Seal(ctx))
	must(t, db.Roll(ctx))
	// A sample that comes when its buckets are made already.
	late := run("Bench", end().Add(-30*time.Hour))
	late.Samples = []series.Sample{{Series: odd, Value: 3}}
	must(t, db.Commit(ctx, late))
	must(t, db.Merge(ctx))
}

func run(source inventory.SourceID, at time.Time) *journal.Record {
	return &journal.Record{
		Run:   inventory.Run{Source: source, Start: at, Duration: 12345678 * time.Nanosecond, Attempts: 1, Outcome: inventory.Success, Samples: 9},
		State: inventory.State{Source: source, Status: inventory.Healthy, Since: end().Add(-time.Hour), LastRun: at, LastSuccess: at},
		Time:  at.UnixMilli(),
	}
}

// quiet is told of steps and has nobody to tell.
func quiet(transfer.Step) transfer.Progress { return nil }

func count(t *testing.T, db *sqlstore.DB) []transfer.Tally {
	t.Helper()
	tallies, err := transfer.Count(t.Context(), db, nil)
	must(t, err)
	return tallies
}

func TestDataIsTheSameAfterAJourneyThroughEveryDatabase(t *testing.T) {
	t.Parallel()
	from := databases()["SQLite"](t).must(t)
	fill(t, from)
	want := count(t, from)
	for _, tally := range want {
		if tally.Count == 0 {
			t.Errorf("nothing to move of %s", tally.Section)
		}
	}
	for _, name := range []string{"TimescaleDB", "MariaDB", "PostgreSQL", "SQLite"} {
		arrived := t.Run("to "+name, func(t *testing.T) { // one after the other: it is one journey
			open := databases()[name](t)
			to, err := open(t.Context(), sqlstore.Options{Now: end})
			must(t, err)
			if _, err := transfer.Copy(t.Context(), from, to, from.Location(), quiet); err != nil {
				t.Fatal(err)
			}
			must(t, to.Close())
			to = open.must(t)
			if diff := cmp.Diff(want, count(t, to)); diff != "" {
				t.Error(diff)
			}
			must(t, to.Check(t.Context()))
			sameAnswers(t, from, to)
		})
		if !arrived {
			return
		}
	}
}

// sameAnswers asks both for what people see.
func sameAnswers(t *testing.T, from, to *sqlstore.DB) {
	t.Helper()
	ask := func(db *sqlstore.DB) string {
		var b strings.Builder
		sources, err := db.Sources(t.Context())
		must(t, err)
		states, err := db.States(t.Context())
		must(t, err)
		runs, err := db.Runs(t.Context(), inventory.RunFilter{Source: "bench", Limit: 5})
		must(t, err)
		events, err := db.Events(t.Context(), inventory.EventFilter{Limit: 5})
		must(t, err)
		snapshot, err := db.Snapshot(t.Context(), "bench", time.Time{})
		must(t, err)
		latest, err := db.Latest(t.Context())
		must(t, err)
		answers := make(map[string]uint64)
		for _, one := range latest {
			answers[one.Labels.String()] = math.Float64bits(one.Point.Value)
		}
		fmt.Fprintf(&b, "%+v\n%+v\n%+v\n%+v\n%s\n%v", sources, states, runs, events, snapshot.Document, answers)
		return b.String()
	}
	// Pointers to problems are printed as addresses.
	if diff := cmp.Diff(clean(ask(from)), clean(ask(to))); diff != "" {
		t.Error(diff)
	}
}

func clean(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if before, _, found := strings.Cut(word, "0xc"); found {
			words[i] = before
		}
	}
	return strings.Join(words, " ")
}

func TestADatabaseGoesIntoAnArchiveAndBack(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := databases()["SQLite"](t).must(t)
			fill(t, from)
			var file bytes.Buffer
			sent, err := transfer.Export(t.Context(), from, &file, transfer.Header{ID: "x"}, nil)
			must(t, err)

			open := database(t)
			to := open.must(t)
			arrived, err := transfer.Import(t.Context(), bytes.NewReader(file.Bytes()), to, quiet)
			must(t, err)
			if diff := cmp.Diff(sent, arrived); diff != "" {
				t.Error(diff)
			}
			if _, err = transfer.Import(t.Context(), bytes.NewReader(file.Bytes()), to, quiet); fault.Of(err) != fault.Conflict || fault.Hint(err) == "" {
				t.Errorf("into a database with data: %v", err)
			}
			if diff := cmp.Diff(sent, count(t, to)); diff != "" {
				t.Errorf("after a second import was refused: %s", diff)
			}
			goesOn(t, to)
		})
	}
}

// goesOn expects that a database works after it was filled: numbers of events go
// on, buckets are made of late samples.
func goesOn(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	before, err := db.Events(t.Context(), inventory.EventFilter{Limit: 1})
	must(t, err)
	rec := run("bench", end())
	rec.Events = []inventory.Event{{Time: end(), Kind: "more", Source: "bench", Severity: inventory.Info, Title: "More"}}
	rec.Samples = []series.Sample{{Series: db.ID(storetest.NewMix(7, 9).Labels(0)), Value: 1}, {Series: db.ID(labels.FromStrings(series.NameLabel, "new")), Value: 2}}
	must(t, db.Commit(t.Context(), rec))
	must(t, db.Seal(t.Context()))
	must(t, db.Roll(t.Context()))
	after, err := db.Events(t.Context(), inventory.EventFilter{Limit: 1})
	must(t, err)
	if after[0].ID != before[0].ID+1 {
		t.Errorf("event %d follows %d", after[0].ID, before[0].ID)
	}
}

func TestAnInterruptedImportIsNotMixedAndBeginsAgain(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := databases()["SQLite"](t).must(t)
			fill(t, from)
			open := database(t)
			to, err := open(t.Context(), sqlstore.Options{Now: end})
			must(t, err)
			broken := fault.New(fault.Unreachable, "the cable was pulled")
			if err := to.Load(t.Context(), "a", interrupted(from.Items(t.Context()), broken)); fault.Of(err) != fault.Unreachable {
				t.Fatal(err)
			}
			must(t, to.Close())

			to, err = open(t.Context(), sqlstore.Options{Now: end})
			must(t, err)
			if !to.Unfinished() {
				t.Error("nothing says that a part is missing")
			}
			if err := to.Load(t.Context(), "b", from.Items(t.Context())); fault.Of(err) != fault.Conflict || !strings.Contains(err.Error(), "interrupted") {
				t.Errorf("other data: %v", err)
			}
			must(t, to.Load(t.Context(), "a", from.Items(t.Context())))
			must(t, to.Close())
			to = open.must(t)
			if to.Unfinished() {
				t.Error("it says that a part is missing")
			}
			if diff := cmp.Diff(count(t, from), count(t, to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// interrupted ends with a fault behind some of the samples.
func interrupted(items iter.Seq2[transfer.Item, error], broken error) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		samples := 0
		for item, err := range items {
			if item, ok := item.(*transfer.Samples); ok {
				samples += item.Columns.Len()
			}
			if samples > 20_000 {
				yield(nil, broken)
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
}
