package fault_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads what the program left, without the program

	"github.com/unity-homelab/unity/test/program"
)

const (
	// shortest and longest are how long it lives before it is killed.
	shortest = 20 * time.Millisecond
	longest  = 4 * time.Second
	copies   = 3
)

// watched are plugins that every machine has something for.
func watched() []string {
	return []string{"system_info", "process_monitor", "disk_monitor", "network_monitor"}
}

func TestNothingRecordedIsLostByKilling(t *testing.T) {
	t.Parallel()
	rounds := number(t, "FAULT_ROUNDS", 5)
	seed := number(t, "FAULT_SEED", time.Now().UnixNano())
	t.Logf("FAULT_ROUNDS=%d FAULT_SEED=%d", rounds, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))

	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	options := program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"),
		Environ: []string{"UNITY_SCHEDULE_DETECT=false", "UNITY_STORAGE_SYNC_INTERVAL=1s"},
	}
	sources := configure(t, options)

	var slowest time.Duration
	var total tally
	for round := range rounds {
		begin := time.Now() // on a busy machine it is long ready before one hears that
		unity := start(t, options)
		slowest = max(slowest, unity.Started)
		lives := shortest + time.Duration(random.Int64N(int64(longest-shortest)))
		if round == rounds-1 {
			lives = longest // so that something is recorded in any case
		}
		told, err := listen(t.Context(), unity, lives)
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, unity.Output())
		}
		if err := unity.Kill(); err != nil {
			t.Fatal(err)
		}
		checkIntegrity(t, options.Data)
		total.add(verify(t, options, sources, told, begin, time.Now()))
		if t.Failed() {
			t.Fatalf("stopping after round %d, in which it lived for %v", round, lives)
		}
	}
	if total.runs == 0 || total.samples == 0 {
		t.Fatalf("nothing was recorded in %d rounds", rounds)
	}
	t.Logf("%d rounds: %d runs recorded and %d samples told, none missing; slowest start %v",
		rounds, total.runs, total.samples, slowest.Round(time.Millisecond))
}

func TestStoppingLosesNothingEither(t *testing.T) {
	t.Parallel()
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	options := program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"), Environ: []string{"UNITY_SCHEDULE_DETECT=false"},
	}
	sources := configure(t, options)
	begin := time.Now() // on a busy machine it is long ready before one hears that
	unity := start(t, options)
	told, err := listen(t.Context(), unity, 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := unity.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	checkIntegrity(t, options.Data)
	if total := verify(t, options, sources, told, begin, time.Now()); total.runs == 0 {
		t.Error("nothing was recorded")
	}
}

// configure makes sources that are collected every second.
func configure(t *testing.T, options program.Options) []string {
	t.Helper()
	unity := start(t, options)
	var sources []string
	for _, plugin := range watched() {
		for n := range copies {
			id := fmt.Sprintf("%s-%d", plugin, n)
			sources = append(sources, id)
			if err := unity.Call(t.Context(), http.MethodPost, "/api/v1/sources", map[string]any{
				"plugin": plugin, "id": id, "interval_seconds": 1, "timeout_seconds": 0.9, "config": map[string]any{},
			}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := unity.Kill(); err != nil {
		t.Fatal(err)
	}
	return sources
}

// start starts the program and sees to its end when the test ends.
func start(t *testing.T, options program.Options) *program.Program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	unity, err := program.Start(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unity.Kill(); err != nil {
			t.Error(err)
		}
	})
	return unity
}

// checkIntegrity asks SQLite whether the database is sound, on a copy, so that
// what the program finds is what it left.
func checkIntegrity(t *testing.T, data string) {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"unity.db", "unity.db-wal"} {
		if err := copyFile(filepath.Join(data, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(folder, "unity.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answer string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		t.Errorf("integrity check: %v %s", err, answer)
	}
	var table string
	if err := db.QueryRowContext(t.Context(), "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1").Scan(&table); err == nil {
		t.Errorf("rows of %s refer to rows that are not there", table)
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// number reads a variable of the environment.
func number(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
