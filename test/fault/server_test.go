package fault_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/program"
	"github.com/unity-homelab/unity/test/servers"
)

// keepers are the database servers that the program is tried on.
func keepers() map[string]servers.Engine {
	return map[string]servers.Engine{"postgres": servers.PostgreSQL(), "mysql": servers.MariaDB()}
}

// onServer starts a server of its own for a test, and returns it with what the
// program needs to keep its data there.
func onServer(t *testing.T, scheme string, engine servers.Engine) (*servers.Server, program.Options) {
	t.Helper()
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := servers.Start(t, engine)
	address, err := server.CreateDatabase(t.Context(), "unity")
	if err != nil {
		t.Fatal(err)
	}
	return server, program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"),
		Environ: []string{"UNITY_SCHEDULE_DETECT=false", "UNITY_STORAGE_SYNC_INTERVAL=1s", "DATABASE_URL=" + address},
	}
}

func TestNothingRecordedIsLostByKillingTheDatabaseOrUnity(t *testing.T) {
	t.Parallel()
	for scheme, engine := range keepers() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			rounds := number(t, "FAULT_ROUNDS", 4)
			seed := number(t, "FAULT_SEED", time.Now().UnixNano())
			t.Logf("FAULT_ROUNDS=%d FAULT_SEED=%d", rounds, seed)
			random := rand.New(rand.NewPCG(uint64(seed), 1))
			server, options := onServer(t, scheme, engine)
			sources := configure(t, options)
			var total tally
			for round := range rounds {
				begin := time.Now() // on a busy machine it is long ready before one hears that
				unity := start(t, options)
				lives := 500*time.Millisecond + time.Duration(random.Int64N(int64(3*time.Second)))
				if round == rounds-1 {
					lives = longest // so that something is recorded in any case
				}
				mended := make(chan error, 1)
				if round%2 == 0 { // the database dies while the program lives, and comes back
					dies, returns := time.Duration(random.Int64N(int64(lives))), time.Duration(random.Int64N(int64(2*time.Second)))
					go func() {
						pause(t.Context(), dies)
						server.Kill()
						pause(t.Context(), returns)
						mended <- server.Start()
					}()
				} else {
					mended <- nil
				}
				told, err := listen(t.Context(), unity, lives)
				if err != nil {
					t.Fatalf("round %d: %v\n%s", round, err, unity.Output())
				}
				if err := unity.Kill(); err != nil {
					t.Fatal(err)
				}
				if err := <-mended; err != nil {
					t.Fatal(err)
				}
				total.add(verify(t, options, sources, told, begin, time.Now()))
				if t.Failed() {
					t.Fatalf("stopping after round %d, in which it lived for %v", round, lives)
				}
			}
			if total.runs == 0 || total.samples == 0 {
				t.Fatalf("nothing was recorded in %d rounds", rounds)
			}
			t.Logf("%d rounds: %d runs recorded and %d samples told, none missing", rounds, total.runs, total.samples)
		})
	}
}

func TestWhileTheDatabaseIsAwayEverythingElseGoesOn(t *testing.T) {
	t.Parallel()
	for scheme, engine := range keepers() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			away := duration(t, "FAULT_AWAY", 8*time.Second)
			server, options := onServer(t, scheme, engine)
			sources := configure(t, options)
			begin := time.Now() // on a busy machine it is long ready before one hears that
			unity := start(t, options)
			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
			told, err := listen(t.Context(), unity, away)
			end := time.Now()
			if err != nil {
				t.Fatal(err)
			}
			var database struct {
				OpenSamples int     `json:"open_samples"`
				OpenSeconds float64 `json:"open_seconds"`
				LostSamples int     `json:"lost_samples"`
				Problem     *struct {
					Kind, Message, Hint string
				} `json:"problem"`
			}
			ask := func() {
				t.Helper()
				if err := unity.Get(t.Context(), "/api/v1/database", &database); err != nil {
					t.Fatal(err)
				}
			}
			ask()
			if database.Problem == nil || database.Problem.Hint == "" || database.OpenSamples == 0 {
				t.Errorf("while the database is away it says %+v", database)
			}
			for _, source := range sources {
				if len(told[source]) == 0 {
					t.Errorf("nothing was told of %s while the database was away", source)
				}
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			limit := time.Now().Add(2*time.Minute + away/4)
			for settled := false; !settled; {
				if time.Now().After(limit) {
					t.Fatalf("it does not go on: %+v\n%s", database, unity.Output())
				}
				pause(t.Context(), 100*time.Millisecond)
				since := time.Since(end)
				database.Problem = nil // which the answer leaves out when there is none
				ask()
				// However fast the database came back, what is still open must be
				// younger than all that was told.
				settled = database.Problem == nil && database.OpenSeconds < since.Seconds()
			}
			if database.LostSamples > 0 {
				t.Errorf("%d samples were given up", database.LostSamples)
			}
			if err := unity.Kill(); err != nil {
				t.Fatal(err)
			}
			// Without the journal: the database has all of it by now.
			if err := os.RemoveAll(options.Data); err != nil {
				t.Fatal(err)
			}
			if total := verify(t, options, sources, told, begin, end); total.runs == 0 {
				t.Error("nothing was recorded")
			}
		})
	}
}

// pause waits, as the outside world does.
func pause(ctx context.Context, length time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
}

func duration(t *testing.T, name string, otherwise time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return length
}
