package sqlite

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	const byDatabase = "{database}"
	return []plugin.Panel{
		{
			Title: "Size", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0), Wide: true,
			Queries: []plugin.Query{{Metric: "sqlite_file_size_bytes", Legend: byDatabase, Top: 12}},
			Help:    "The twelve largest databases.",
		},
		{
			Title: "Write-ahead logs", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sqlite_wal_size_bytes", Legend: byDatabase, Top: 12}},
			Help:    "A log that only grows means that somebody reads without end and holds up its checkpoints.",
		},
		{
			Title: "Readable", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "sqlite_readable", Legend: byDatabase}},
		},
		{
			Title: "Free inside", Kind: plugin.Bar, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.5),
			Queries: []plugin.Query{{Metric: "sqlite_free_ratio", Legend: byDatabase, Top: 12}},
			Help:    "What VACUUM would give back.",
		},
		{
			Title: "Changes per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sqlite_change_counter_total", Rate: true, Legend: byDatabase, Top: 12}},
			Help:    "Transactions of databases that are not in WAL mode.",
		},
		{
			Title: "Integrity", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "sqlite_integrity_ok", Legend: byDatabase}},
			Help:    "The results of integrity checks.",
		},
		{
			Title: "Largest tables", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0), Wide: true,
			Queries: []plugin.Query{{Metric: "sqlite_table_size_bytes", Legend: "{database} {table}", Top: 12}},
		},
		{
			Title: "Rows", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sqlite_table_rows", Legend: "{database} {table}", Top: 12}},
		},
		{
			Title: "Time to open", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sqlite_open_seconds", Legend: byDatabase, Top: 12}},
		},
		{
			Title: "Found locked", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sqlite_locked_total", Legend: byDatabase, Top: 12}},
			Help:    "How often since the source was started.",
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	number, column := plugin.NumberColumn, plugin.ColumnOf
	return []plugin.Table{
		{Title: "Databases", Path: "databases", Empty: "No database was found.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Database"),
			plugin.StatusColumn("status", "Status").With(plugin.Levels{Warning: []string{"locked"}, Critical: []string{"damaged"}}),
			column(plugin.CellText, "app", "Application"),
			number("size", "Size", metric.Bytes), number("wal", "Log", metric.Bytes), number("free_bytes", "Free inside", metric.Bytes),
			column(plugin.CellText, "journal_mode", "Mode"), number("table_count", "Tables", metric.None),
			column(plugin.CellTime, "modified", "Changed"), column(plugin.CellTime, "checked", "Checked"),
			column(plugin.CellText, "last_sqlite_version", "SQLite"), column(plugin.CellText, "error", "What is wrong"),
			column(plugin.CellCode, "path", "File"),
		}},
		{Title: "Findings", Path: "findings", Empty: "No check found anything.", Columns: []plugin.Column{
			column(plugin.CellText, "database", "Database"), column(plugin.CellTime, "at", "Checked"), column(plugin.CellText, "text", "What SQLite says"),
		}},
		{Title: "Tables", Path: "tables", Empty: "The setting Tables is off, or nothing was measured yet.", Columns: []plugin.Column{
			column(plugin.CellText, "database", "Database"), column(plugin.CellCode, "name", "Table"), number("size", "Size with indexes", metric.Bytes),
			number("unused", "Unused", metric.Bytes), number("rows", "Rows", metric.None), column(plugin.CellText, "rows_source", "Rows by"),
		}},
		{Title: "Summary", Path: "summary", Columns: []plugin.Column{
			number("databases", "Databases", metric.None), number("total_size", "Size in all", metric.Bytes),
			number("failed", "Not readable", metric.None), number("left_out", "Left out", metric.None),
		}},
	}
}
