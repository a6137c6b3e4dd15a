package sqlite

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "sqlite_monitor", Name: "SQLite", Category: plugin.Database, Icon: "database",
		Summary: "SQLite files: size, growth, write-ahead log, free space, and whether they are sound.",
		Description: "Many applications of a home keep everything in one SQLite file. This watches those files from outside: " +
			"how large they and their logs are, how much of them is free space, when they changed, and whether a crash left something half done. " +
			"As it comes it only reads the first 100 bytes of each file. On request it opens them for reading, checks that they are sound, and measures their tables.",
		Tags:     []string{"sqlite", "database", "wal", "integrity", "vacuum"},
		Interval: 5 * time.Minute, Timeout: 30 * time.Second,
		Rights: plugin.Rights{
			Paths: []string{"/*"},
			Notes: "Reads the files that are named, searches the folders that are named, and reads the table of mounts. Nothing is changed.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	whole := func(name string, unit metric.Unit, help string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help}
	}
	gauge := func(name string, unit metric.Unit, help string, more ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: append([]string{"database", "app"}, more...)}
	}
	counter := func(name string, unit metric.Unit, help string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: []string{"database", "app"}}
	}
	return []metric.Definition{
		whole("sqlite_databases", metric.None, "Databases that are watched."),
		whole("sqlite_databases_failed", metric.None, "Databases of these that are missing, damaged or may not be read."),
		whole("sqlite_total_size_bytes", metric.Bytes, "Size of all databases with their logs and journals."),

		gauge("sqlite_readable", metric.Bool, "1 when the file is there, is a SQLite database and could be read."),
		gauge("sqlite_file_size_bytes", metric.Bytes, "Size of the database's file."),
		gauge("sqlite_wal_size_bytes", metric.Bytes, "Size of the write-ahead log beside it; 0 without one."),
		gauge("sqlite_journal_size_bytes", metric.Bytes, "Size of the rollback journal beside it; 0 without one."),
		gauge("sqlite_last_modified_timestamp_seconds", metric.TimestampSeconds, "When the database or its log was changed."),
		gauge("sqlite_hot_journal", metric.Bool, "1 when a rollback journal has been there for ten minutes: a crash left a change half done."),

		gauge("sqlite_page_size_bytes", metric.Bytes, "Size of a page."),
		gauge("sqlite_page_count", metric.None, "Pages of the database; in WAL mode those of the last checkpoint, unless it is opened."),
		gauge("sqlite_freelist_pages", metric.None, "Pages that hold nothing."),
		gauge("sqlite_free_bytes", metric.Bytes, "Space inside the file that holds nothing."),
		gauge("sqlite_free_ratio", metric.Ratio, "Part of the file that holds nothing."),
		counter("sqlite_change_counter_total", metric.None, "Transactions that changed the database, as it counts them itself; not in WAL mode."),
		gauge("sqlite_wal_mode", metric.Bool, "1 when changes go to a write-ahead log."),
		gauge("sqlite_auto_vacuum", metric.Bool, "1 when free pages are given back by themselves, or can be."),
		gauge("sqlite_user_version", metric.None, "The version that the application gave its tables."),
		gauge("sqlite_schema_version", metric.None, "How often tables and indexes were changed."),

		gauge("sqlite_tables", metric.None, "Tables; in mode open."),
		gauge("sqlite_indexes", metric.None, "Indexes; in mode open."),
		gauge("sqlite_open_seconds", metric.Seconds, "Time that opening the database and asking it took; in mode open."),
		counter("sqlite_locked_total", metric.None, "How often the database was locked for longer than busy_timeout; in mode open."),
		gauge("sqlite_table_size_bytes", metric.Bytes, "Size of a table with its indexes; with collect_table_stats.", "table"),
		gauge("sqlite_table_unused_bytes", metric.Bytes, "Space in the pages of a table that holds nothing; with collect_table_stats.", "table"),
		gauge("sqlite_table_rows", metric.None, "Rows of a table, as counted or as ANALYZE left behind; with collect_table_stats.", "table"),
		gauge("sqlite_integrity_ok", metric.Bool, "1 when the last check found the database sound; with run_integrity_check."),
		gauge("sqlite_integrity_errors", metric.None, "What the last check found, ten at most."),
		gauge("sqlite_integrity_last_check_timestamp_seconds", metric.TimestampSeconds, "When the last check ended."),
		gauge("sqlite_integrity_duration_seconds", metric.Seconds, "How long the last check took."),
	}
}
