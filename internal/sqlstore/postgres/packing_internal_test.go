package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

func TestAPackedSampleTakesFiveBytesAtMost(t *testing.T) {
	t.Parallel()
	address, err := parse(servers.Database(t, servers.TimescaleDB()))
	if err != nil {
		t.Fatal(err)
	}
	write, read := pools(address)
	defer write.Close()
	backend, err := prepare(t.Context(), write, read, address, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mix := storetest.NewMix(1, 99)
	begin := time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC).UnixMilli()
	samples := 0
	for hour := range 24 {
		full := head.New(chunk.NewCodec(), 2*day)
		for minute := range 60 {
			for i := range mix.Len() {
				full.Append(series.ID(i+1), begin+int64(60*hour+minute)*time.Minute.Milliseconds(), mix.Next(i))
			}
		}
		err := backend.Store.Transaction(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return backend.Samples.Write(ctx, tx, full)
		})
		if err != nil {
			t.Fatal(err)
		}
		samples += full.Samples()
	}
	before, err := backend.Samples.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// What the policy does when the day has passed.
	if _, err := write.ExecContext(t.Context(), "SELECT compress_chunk(c) FROM show_chunks('samples') AS c"); err != nil {
		t.Fatal(err)
	}
	after, err := backend.Samples.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	packer, ok := backend.Samples.(sqlstore.Packer)
	if !ok {
		t.Fatal("nobody says how samples are packed")
	}
	if packing, err := packer.Packing(t.Context()); err != nil || len(packing) != 3 {
		t.Errorf("it is packed as %+v, %v", packing, err)
	} else {
		one := packing[0]
		if one.BytesBefore < 10*one.BytesAfter || one.BytesAfter == 0 {
			t.Errorf("%d bytes became %d", one.BytesBefore, one.BytesAfter)
		}
		one.BytesBefore, one.BytesAfter = 0, 0
		if want := (sqlstore.Packing{Table: "samples", SegmentBy: "series", OrderBy: "time", Chunk: day, After: day, Chunks: 1, Packed: 1}); one != want {
			t.Errorf("samples are packed as %+v, want %+v", one, want)
		}
	}
	unpacked, packed := float64(before.Raw)/float64(samples), float64(after.Raw)/float64(samples)
	t.Logf("a sample took %.1f bytes and takes %.2f when it is packed", unpacked, packed)
	if packed > 5 {
		t.Errorf("a packed sample takes %.2f bytes", packed)
	}
}

func TestPoliciesFollowTheSettings(t *testing.T) {
	t.Parallel()
	url := servers.Database(t, servers.TimescaleDB())
	policies := func(options sqlstore.Options) map[string]string {
		t.Helper()
		address, err := parse(url)
		if err != nil {
			t.Fatal(err)
		}
		write, read := pools(address)
		defer write.Close()
		if _, err := prepare(t.Context(), write, read, address, options); err != nil {
			t.Fatal(err)
		}
		rows, err := write.QueryContext(t.Context(), `SELECT hypertable_name || ' ' || proc_name,
			job_id || ': ' || coalesce(config ->> 'compress_after', config ->> 'drop_after')
			FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		all := make(map[string]string)
		for rows.Next() {
			var name, what string
			if err := rows.Scan(&name, &what); err != nil {
				t.Fatal(err)
			}
			all[name] = what
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return all
	}
	first := policies(sqlstore.Options{RawRetention: 10 * day})
	again := policies(sqlstore.Options{RawRetention: 10 * day})
	changed := policies(sqlstore.Options{RawRetention: 20 * day})
	if len(first) != 6 {
		t.Errorf("there are policies %v, want two for each table", first)
	}
	for name, policy := range first {
		if again[name] != policy {
			t.Errorf("%s was %s and is %s although nothing changed", name, policy, again[name])
		}
		if moved := name == "samples policy_retention"; (changed[name] != policy) != moved {
			t.Errorf("%s was %s and is %s", name, policy, changed[name])
		}
	}
}
