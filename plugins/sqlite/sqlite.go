// Package sqlite watches SQLite database files: their size and growth, what
// waits in the write-ahead log, free space inside, and whether they are sound.
//
// A database belongs to the application that uses it. So the first level,
// which is the default, never opens one with SQLite: it reads the 100 bytes of
// the header and looks at the files beside, takes no lock and leaves no trace.
// The second level, on request, opens databases for reading only, one at a time.
package sqlite

import (
	"context"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// config is what a person can set.
type config struct {
	Paths       []string     `json:"database_paths" title:"Databases" help:"Files to watch; * stands for any part of a name." example:"/srv/vaultwarden/db.sqlite3"`
	Directories []string     `json:"scan_directories" title:"Folders to search" help:"Folders in which databases are looked for, once an hour." example:"/srv"`
	Depth       int          `json:"scan_depth" title:"Search depth" help:"How many folders deep to search." min:"1" max:"10" group:"search"`
	Patterns    plugin.Globs `json:"scan_patterns" title:"Names searched for" help:"What files of databases are called; what they hold is looked at, too." group:"search"`
	Exclude     plugin.Globs `json:"exclude" title:"Left out" help:"Names or whole paths of files and folders to leave out." group:"search"`
	Max         int          `json:"max_databases" title:"Most databases" help:"How many databases are watched at most: those named first, and then the largest." min:"1" max:"200" group:"search"`

	Mode      string          `json:"mode" title:"Mode" help:"What is done with each file: header reads its first bytes and disturbs nobody, open also opens it for reading." enum:"header,open"`
	Busy      plugin.Duration `json:"busy_timeout" title:"Patience" help:"How long to wait for a database that is locked." min:"0s" max:"20s" group:"open"`
	Immutable bool            `json:"open_immutable_fallback" title:"Read without rights" help:"Open a database in WAL mode that may not be written to as if nobody used it; what is in its log is not seen then." group:"open"`

	Integrity         string          `json:"run_integrity_check" title:"Integrity check" help:"Read whole databases now and then to see whether they are sound: quick leaves out the comparison of indexes with their tables." enum:"off,quick,full" group:"checks"`
	IntegrityInterval plugin.Duration `json:"integrity_interval" title:"Check every" help:"How often a database is checked." min:"1m" max:"90d" group:"checks"`
	IntegrityMaxBytes int64           `json:"integrity_max_bytes" title:"Largest checked" help:"Larger databases are not read as a whole." min:"1" group:"checks"`
	Tables            bool            `json:"collect_table_stats" title:"Tables" help:"Measure the size of each table, for which the whole database is read." group:"checks"`
	TablesInterval    plugin.Duration `json:"table_stats_interval" title:"Measure every" help:"How often tables are measured." min:"1m" max:"90d" group:"checks"`
	MaxTables         int             `json:"max_tables" title:"Most tables" help:"How many tables of a database have series of their own, the largest first." min:"1" max:"500" group:"checks"`
	CountRows         bool            `json:"count_rows" title:"Count rows" help:"Count the rows of tables; without it their number is what ANALYZE left behind, if anything." group:"checks"`
}

const hour = time.Hour

func defaults() config {
	return config{
		Paths: []string{}, Directories: []string{}, Depth: 4, Max: 20,
		Patterns: plugin.Globs{"*.db", "*.sqlite", "*.sqlite3", "*.db3"},
		Exclude:  plugin.Globs{"*-wal", "*-shm", "*-journal", "*/cache/*"},
		Mode:     modeHeader, Busy: plugin.Duration(2 * time.Second),
		Integrity: checkOff, IntegrityInterval: plugin.Duration(24 * hour), IntegrityMaxBytes: 2 << 30,
		TablesInterval: plugin.Duration(6 * hour), MaxTables: 50,
	}
}

// What can be chosen.
const (
	modeHeader = "header"
	modeOpen   = "open"

	checkOff   = "off"
	checkQuick = "quick"
	checkFull  = "full"
)

// Validate checks what the schema cannot.
func (c config) Validate() error {
	for i, name := range c.Paths {
		if !path.IsAbs(name) {
			return plugin.Invalid("database_paths["+strconv.Itoa(i)+"]", "must begin with a slash")
		}
		if _, err := path.Match(name, ""); err != nil {
			return plugin.Invalid("database_paths["+strconv.Itoa(i)+"]", "is not a pattern: a bracket is not closed")
		}
	}
	for i, name := range c.Directories {
		if !path.IsAbs(name) || strings.TrimRight(name, "/") == "" {
			return plugin.Invalid("scan_directories["+strconv.Itoa(i)+"]", "must be the absolute path of a folder, and not the root of all")
		}
	}
	switch {
	case c.Mode == modeHeader && c.Integrity != checkOff:
		return plugin.Invalid("run_integrity_check", "needs mode open")
	case c.Mode == modeHeader && c.Tables:
		return plugin.Invalid("collect_table_stats", "needs mode open")
	case c.CountRows && !c.Tables:
		return plugin.Invalid("count_rows", "needs collect_table_stats")
	}
	return nil
}

// Plugin declares the plugin sqlite_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(config, host), nil
}
