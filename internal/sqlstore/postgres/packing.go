package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/unity-homelab/unity/internal/sqlstore"
)

var _ sqlstore.Packer = (*tables)(nil)

// Packing says how TimescaleDB packs each table; nothing without it.
func (t *tables) Packing(ctx context.Context) ([]sqlstore.Packing, error) {
	if !t.hypertables {
		return nil, nil
	}
	var all []sqlstore.Packing
	for _, one := range allTables() {
		packing, err := t.packingOf(ctx, one.name)
		if err != nil {
			return nil, doing(err, "asking how %s is packed", one.name)
		}
		all = append(all, packing)
	}
	return all, nil
}

func (t *tables) packingOf(ctx context.Context, name string) (sqlstore.Packing, error) {
	packing := sqlstore.Packing{Table: name}
	var chunk float64
	var after sql.NullFloat64
	err := t.read.QueryRowContext(ctx, `SELECT
			extract(epoch FROM (SELECT time_interval FROM timescaledb_information.dimensions
				WHERE hypertable_schema = current_schema() AND hypertable_name = $1 LIMIT 1))::float8,
			extract(epoch FROM (SELECT (config ->> 'compress_after')::interval FROM timescaledb_information.jobs
				WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND proc_name = 'policy_compression' LIMIT 1))::float8,
			coalesce((SELECT string_agg(attname, ', ' ORDER BY segmentby_column_index) FROM timescaledb_information.compression_settings
				WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND segmentby_column_index IS NOT NULL), ''),
			coalesce((SELECT string_agg(attname, ', ' ORDER BY orderby_column_index) FROM timescaledb_information.compression_settings
				WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND orderby_column_index IS NOT NULL), '')`, name).
		Scan(&chunk, &after, &packing.SegmentBy, &packing.OrderBy)
	if err != nil {
		return packing, err
	}
	packing.Chunk, packing.After = time.Duration(chunk*float64(time.Second)), time.Duration(after.Float64*float64(time.Second))
	// There is no row for a table without chunks.
	return packing, t.read.QueryRowContext(ctx, `SELECT coalesce(sum(total_chunks), 0)::bigint, coalesce(sum(number_compressed_chunks), 0)::bigint,
			coalesce(sum(before_compression_total_bytes), 0)::bigint, coalesce(sum(after_compression_total_bytes), 0)::bigint
		FROM hypertable_compression_stats($1::text::regclass)`, name).
		Scan(&packing.Chunks, &packing.Packed, &packing.BytesBefore, &packing.BytesAfter)
}
