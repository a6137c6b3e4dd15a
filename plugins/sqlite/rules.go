package sqlite

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "unreadable", Name: "Database cannot be read", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `sqlite_readable == 0`,
			Summary: "{{.Labels.database}} is missing, damaged, or may not be read.",
			Hint:    "The table of databases says what is wrong.",
		},
		{
			ID: "damaged", Name: "Database is damaged", Severity: plugin.Critical,
			Expr:    `sqlite_integrity_ok == 0`,
			Summary: "SQLite found {{.Labels.database}} damaged.",
			Hint:    "Stop its application, keep a copy, and restore a backup or try: sqlite3 FILE .recover",
		},
		{
			ID: "log_large", Name: "Write-ahead log grows", Severity: plugin.Warning, For: 30 * minute,
			Expr:    `sqlite_wal_size_bytes > 256 * 1024 * 1024 and sqlite_wal_size_bytes > 0.5 * sqlite_file_size_bytes`,
			Summary: "The log of {{.Labels.database}} has {{.Value}} bytes: a reader holds up its checkpoints.",
			Hint:    "Restart its application; on its own the log does not get smaller.",
		},
		{
			ID: "hot_journal", Name: "A change was left half done", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `sqlite_hot_journal == 1`,
			Summary: "A crash left a journal beside {{.Labels.database}}.",
			Hint:    "Start its application, which rolls it back. Do not remove the journal: the database would be damaged.",
		},
		{
			ID: "free_inside", Name: "Half of a database is empty", Severity: plugin.Info, For: 24 * time.Hour,
			Expr:    `sqlite_free_ratio > 0.5 and sqlite_free_bytes > 100 * 1024 * 1024`,
			Summary: "More than half of {{.Labels.database}} is free space.",
			Hint:    "VACUUM gives it back; it needs as much room again while it runs.",
		},
		{
			ID: "doubled", Name: "Database doubled within a week", Severity: plugin.Info,
			Expr: `sqlite_file_size_bytes > 2 * (sqlite_file_size_bytes offset 7d)` +
				` and sqlite_file_size_bytes - (sqlite_file_size_bytes offset 7d) > 500 * 1024 * 1024`,
			Summary: "{{.Labels.database}} has doubled within a week.",
			Hint:    "See in its application what is kept, and for how long.",
		},
	}
}
