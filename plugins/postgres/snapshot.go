package postgres

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// document is the snapshot. What is not known is left out.
type document struct {
	Server struct {
		Version       string   `json:"version"`
		Role          string   `json:"role"`
		Uptime        *float64 `json:"uptime_seconds,omitempty"`
		DataDirectory string   `json:"data_directory,omitempty"`
		Size          *float64 `json:"size_bytes,omitempty"`
		WALSize       *float64 `json:"wal_bytes,omitempty"`
		Archiving     string   `json:"archive_mode,omitempty"`
	} `json:"server"`
	Settings    []settingRow `json:"settings,omitempty"`
	Connections struct {
		States map[string]float64 `json:"by_state,omitempty"`
		Used   *float64           `json:"used,omitempty"`
		Max    *float64           `json:"max,omitempty"`
	} `json:"connections"`
	Databases   []databaseRow `json:"databases"`
	Activity    []sessionRow  `json:"activity"`
	Blocking    []blockedRow  `json:"blocking"`
	Replication struct {
		Role     string       `json:"role,omitempty"`
		Replicas []replicaRow `json:"replicas"`
		Slots    []slotRow    `json:"slots"`
		Lag      *float64     `json:"lag_seconds,omitempty"`
		Receiver string       `json:"receiver,omitempty"`
	} `json:"replication"`
	Tables  []tableRow `json:"tables_top,omitempty"`
	Unused  []indexRow `json:"unused_indexes,omitempty"`
	Invalid []indexRow `json:"invalid_indexes,omitempty"`
	Queries []queryRow `json:"top_queries,omitempty"`

	sessions map[string]*sessionsOf // by database, nil while they are not known
}

// newDocument has lists that are empty and not null.
func newDocument() document {
	d := document{Databases: []databaseRow{}, Activity: []sessionRow{}, Blocking: []blockedRow{}}
	d.Replication.Replicas, d.Replication.Slots = []replicaRow{}, []slotRow{}
	return d
}

type settingRow struct {
	Name           string `json:"name"`
	Value          string `json:"value"`
	Unit           string `json:"unit,omitempty"`
	PendingRestart bool   `json:"pending_restart"`
}

type databaseRow struct {
	Name      string   `json:"name"`
	Size      *float64 `json:"size_bytes,omitempty"`
	Backends  *float64 `json:"backends,omitempty"`
	Commits   *float64 `json:"commits_per_second,omitempty"`
	Rollbacks *float64 `json:"rollback_ratio,omitempty"`
	CacheHit  *float64 `json:"cache_hit_ratio,omitempty"`
	TempBytes *float64 `json:"temp_bytes,omitempty"`
	Deadlocks *float64 `json:"deadlocks,omitempty"`
	XIDAge    *float64 `json:"xid_age,omitempty"`
}

type sessionRow struct {
	PID         float64  `json:"pid"`
	DB          string   `json:"db"`
	User        string   `json:"user"`
	Application string   `json:"application"`
	Client      string   `json:"client"`
	State       string   `json:"state"`
	Wait        string   `json:"wait,omitempty"`
	Seconds     *float64 `json:"seconds,omitempty"`
	Query       string   `json:"query,omitempty"`
}

type blockedRow struct {
	PID      float64  `json:"pid"`
	Blockers []string `json:"blocking_pids"`
	DB       string   `json:"db"`
	User     string   `json:"user"`
	Seconds  *float64 `json:"seconds,omitempty"`
	Query    string   `json:"query,omitempty"`
}

type replicaRow struct {
	Name       string   `json:"name"`
	Client     string   `json:"client"`
	State      string   `json:"state"`
	Sync       string   `json:"sync"`
	LagBytes   *float64 `json:"lag_bytes,omitempty"`
	LagSeconds *float64 `json:"lag_seconds,omitempty"`
}

type slotRow struct {
	Name          string   `json:"name"`
	Type          string   `json:"type"`
	DB            string   `json:"db,omitempty"`
	Active        bool     `json:"active"`
	Retained      *float64 `json:"retained_bytes,omitempty"`
	Status        string   `json:"wal_status,omitempty"`
	InactiveSince string   `json:"inactive_since,omitempty"`
	Invalid       string   `json:"invalid,omitempty"`
}

type tableRow struct {
	DB        string   `json:"db"`
	Schema    string   `json:"schema"`
	Table     string   `json:"table"`
	Size      *float64 `json:"size_bytes,omitempty"`
	IndexSize *float64 `json:"index_size_bytes,omitempty"`
	Live      *float64 `json:"live_rows,omitempty"`
	Dead      *float64 `json:"dead_rows,omitempty"`
	DeadRatio *float64 `json:"dead_ratio,omitempty"`
	Vacuumed  *float64 `json:"vacuumed,omitempty"`
	Analyzed  *float64 `json:"analyzed,omitempty"`

	seqScans, indexScans *float64
}

type indexRow struct {
	DB     string   `json:"db"`
	Schema string   `json:"schema"`
	Table  string   `json:"table"`
	Index  string   `json:"index"`
	Size   *float64 `json:"size_bytes,omitempty"`
}

type queryRow struct {
	DB      string   `json:"db"`
	Query   string   `json:"query,omitempty"`
	Calls   *float64 `json:"calls,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"`
	Mean    *float64 `json:"mean_seconds,omitempty"`
	Rows    *float64 `json:"rows,omitempty"`
	Hits    *float64 `json:"blocks_hit,omitempty"`
	Reads   *float64 `json:"blocks_read,omitempty"`
}

func tables() []plugin.Table {
	text, code, seconds, number := plugin.TextColumn, plugin.CodeColumn, plugin.DurationColumn, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Databases", Path: "databases", Columns: []plugin.Column{
			code("name", "Database"), number("size_bytes", "Size", metric.Bytes), number("backends", "Connections", metric.None),
			number("commits_per_second", "Commits per second", metric.None), number("rollback_ratio", "Rolled back", metric.Ratio),
			number("cache_hit_ratio", "Cache hits", metric.Ratio), number("temp_bytes", "Temporary files", metric.Bytes),
			number("deadlocks", "Deadlocks", metric.None), number("xid_age", "Age in transactions", metric.None),
		}},
		{Title: "Sessions that work longest", Path: "activity", Empty: "Nobody works at the moment.", Columns: []plugin.Column{
			code("pid", "Process"), code("db", "Database"), text("user", "User"), text("application", "Application"), code("client", "Client"),
			text("state", "State"), text("wait", "Waits for"), seconds("seconds", "For"), code("query", "Query"),
		}},
		{Title: "Blocked sessions", Path: "blocking", Empty: "Nobody waits for a lock.", Columns: []plugin.Column{
			code("pid", "Process"),
			{Key: "blocking_pids", Title: "Waits for", Kind: plugin.CellList},
			code("db", "Database"),
			text("user", "User"), seconds("seconds", "Since"), code("query", "Query"),
		}},
		{Title: "Queries that took most time", Path: "top_queries", Empty: "Queries are not looked at.", Columns: []plugin.Column{
			code("db", "Database"), code("query", "Query"), number("calls", "Calls", metric.None), seconds("seconds", "In all"),
			seconds("mean_seconds", "On average"), number("rows", "Rows", metric.None),
		}},
		{Title: "Largest tables", Path: "tables_top", Empty: "Tables are not looked at, or there are none.", Columns: []plugin.Column{
			code("db", "Database"), code("schema", "Schema"), code("table", "Table"), number("size_bytes", "Size", metric.Bytes),
			number("index_size_bytes", "Indexes", metric.Bytes), number("live_rows", "Rows", metric.None), number("dead_ratio", "Dead", metric.Ratio),
			{Key: "vacuumed", Title: "Vacuumed", Kind: plugin.CellTime},
			{Key: "analyzed", Title: "Analyzed", Kind: plugin.CellTime},
		}},
		{Title: "Indexes that nobody used", Path: "unused_indexes", Empty: "Every index was used, or tables are not looked at.", Columns: []plugin.Column{
			code("db", "Database"), code("table", "Table"), code("index", "Index"), number("size_bytes", "Size", metric.Bytes),
		}},
		{Title: "Invalid indexes", Path: "invalid_indexes", Empty: "No index is invalid, or tables are not looked at.", Columns: []plugin.Column{
			code("db", "Database"), code("table", "Table"), code("index", "Index"), number("size_bytes", "Size", metric.Bytes),
		}},
		{Title: "Standbys", Path: "replication.replicas", Empty: "No standby is connected.", Columns: []plugin.Column{
			text("name", "Name"), code("client", "Address"),
			plugin.StatusColumn("state", "State").With(plugin.Levels{OK: []string{"streaming"}, Warning: []string{"startup", "catchup"}}),
			text("sync", "Mode"),
			number("lag_bytes", "Behind", metric.Bytes), seconds("lag_seconds", "Behind for"),
		}},
		{Title: "Replication slots", Path: "replication.slots", Empty: "There is no replication slot.", Columns: []plugin.Column{
			code("name", "Slot"), text("type", "Type"),
			{Key: "active", Title: "In use", Kind: plugin.CellFlag},
			number("retained_bytes", "Keeps", metric.Bytes), text("wal_status", "Write-ahead log"),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			text("version", "Version"), text("role", "Role"), seconds("uptime_seconds", "Up for"), number("size_bytes", "Databases", metric.Bytes),
			number("wal_bytes", "Write-ahead log", metric.Bytes), text("archive_mode", "Archiving"), code("data_directory", "Data in"),
		}},
		{Title: "Settings", Path: "settings", Columns: []plugin.Column{
			code("name", "Setting"), code("value", "Value"), text("unit", "Unit"), {Key: "pending_restart", Title: "Waits for a restart", Kind: plugin.CellFlag},
		}},
	}
}
