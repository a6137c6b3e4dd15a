package postgres

import (
	"cmp"
	"maps"
	"slices"

	"github.com/unity-homelab/unity/plugin/rows"
)

// put all of a view's columns.
func (r *run) columns(from rows.Row, columns []columnMetric) {
	for _, c := range columns {
		r.put(c.metric, from, c.column, c.scale, c.labels...)
	}
}

// checkpoints adds what the checkpointer and the background writer did.
func (r *run) checkpoints() {
	if answer := r.ask("bgwriter", bgwriterQuery); answer != nil {
		r.columns(answer.One(), []columnMetric{
			{"postgres_checkpoints_total", "checkpoints_timed", 1, []string{"type", "timed"}},
			{"postgres_checkpoints_total", "checkpoints_req", 1, []string{"type", "requested"}},
			{"postgres_checkpoint_write_seconds_total", "checkpoint_write_time", milliseconds, nil},
			{"postgres_checkpoint_sync_seconds_total", "checkpoint_sync_time", milliseconds, nil},
			{"postgres_buffers_written_total", "buffers_checkpoint", 1, []string{"by", "checkpoint"}},
			{"postgres_buffers_written_total", "buffers_clean", 1, []string{"by", "bgwriter"}},
			{"postgres_buffers_written_total", "buffers_backend", 1, []string{"by", "backend"}},
			{"postgres_buffers_allocated_total", "buffers_alloc", 1, nil},
			{"postgres_bgwriter_halts_total", "maxwritten_clean", 1, nil},
		})
		r.done("bgwriter", answer)
	}
	if r.server.version < 17_00_00 {
		return
	}
	if answer := r.ask("checkpointer", checkpointerQuery); answer != nil {
		r.columns(answer.One(), []columnMetric{
			{"postgres_checkpoints_total", "num_timed", 1, []string{"type", "timed"}},
			{"postgres_checkpoints_total", "num_requested", 1, []string{"type", "requested"}},
			{"postgres_checkpoint_write_seconds_total", "write_time", milliseconds, nil},
			{"postgres_checkpoint_sync_seconds_total", "sync_time", milliseconds, nil},
			{"postgres_buffers_written_total", "buffers_written", 1, []string{"by", "checkpoint"}},
		})
		r.done("checkpointer", answer)
	}
}

// wal adds how much the write-ahead log grows, how large it is, and whether it is
// archived.
func (r *run) wal() {
	if r.server.version >= 14_00_00 {
		if answer := r.ask("wal", walQuery); answer != nil {
			r.columns(answer.One(), []columnMetric{
				{"postgres_wal_bytes_total", "wal_bytes", 1, nil},
				{"postgres_wal_records_total", "wal_records", 1, nil},
				{"postgres_wal_full_page_images_total", "wal_fpi", 1, nil},
				{"postgres_wal_buffers_full_total", "wal_buffers_full", 1, nil},
			})
			r.done("wal", answer)
		}
	}
	if answer := r.ask("wal position", positionQuery); answer != nil {
		r.put("postgres_wal_position_bytes_total", answer.One(), "position", 1)
		r.done("wal position", answer)
	}
	if answer := r.ask("wal files", walFilesQuery); answer != nil {
		r.put("postgres_wal_files", answer.One(), "files", 1)
		r.put("postgres_wal_size_bytes", answer.One(), "size", 1)
		r.document.Server.WALSize = answer.One().Optional("size")
		r.done("wal files", answer)
	}
	if !r.server.on("archive_mode") {
		return
	}
	if answer := r.ask("archiver", archiverQuery); answer != nil {
		r.put("postgres_wal_archived_total", answer.One(), "archived_count", 1)
		r.put("postgres_wal_archive_failures_total", answer.One(), "failed_count", 1)
		r.done("archiver", answer)
	}
	if r.server.version < 12_00_00 {
		return
	}
	if answer := r.ask("archive backlog", archiveBacklog); answer != nil {
		r.put("postgres_wal_archive_pending", answer.One(), "pending", 1)
		r.done("archive backlog", answer)
	}
}

// ioKey is a kind of process and what it reads and writes for.
type ioKey struct{ backend, context string }

// ioSum is what all objects of a key add up to.
type ioSum struct{ read, written, extended, evictions float64 }

// io adds what each kind of process reads and writes. Bytes are counted since
// version 18; before, operations of a known size.
func (r *run) io() {
	answer := r.ask("io", ioQuery)
	if answer == nil {
		return
	}
	sums := make(map[ioKey]*ioSum)
	for one := range answer.All {
		if object := one.Text("object"); object == "wal" {
			continue // it is in the figures of the write-ahead log
		}
		size := one.Or("op_bytes", 0)
		bytes := func(column, operations string) float64 {
			if value, ok := one.Number(column); ok {
				return value
			}
			return one.Or(operations, 0) * size
		}
		key := ioKey{one.Text("backend_type"), one.Text("context")}
		sum := sums[key]
		if sum == nil {
			sum = new(ioSum)
			sums[key] = sum
		}
		sum.read += bytes("read_bytes", "reads")
		sum.written += bytes("write_bytes", "writes")
		sum.extended += bytes("extend_bytes", "extends")
		sum.evictions += one.Or("evictions", 0)
	}
	r.done("io", answer)
	if answer.Bad() {
		return
	}
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b ioKey) int {
		return cmp.Or(cmp.Compare(a.backend, b.backend), cmp.Compare(a.context, b.context))
	})
	for _, key := range keys {
		sum := sums[key]
		if *sum == (ioSum{}) {
			continue // most kinds of process never do most of it
		}
		labels := []string{"backend_type", key.backend, "context", key.context}
		r.out.Add("postgres_io_read_bytes_total", sum.read, labels...)
		r.out.Add("postgres_io_written_bytes_total", sum.written, labels...)
		r.out.Add("postgres_io_extended_bytes_total", sum.extended, labels...)
		r.out.Add("postgres_io_evictions_total", sum.evictions, labels...)
	}
}
