package mysql

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// document is the snapshot. What is not known is left out.
type document struct {
	Server struct {
		Version       string   `json:"version"`
		Flavor        string   `json:"flavor"`
		Comment       string   `json:"comment,omitempty"`
		Uptime        *float64 `json:"uptime_seconds,omitempty"`
		DataDirectory string   `json:"data_directory,omitempty"`
		ReadOnly      bool     `json:"read_only"`
	} `json:"server"`
	Connections struct {
		Open    *float64 `json:"open,omitempty"`
		Running *float64 `json:"running,omitempty"`
		Peak    *float64 `json:"peak,omitempty"`
		Max     *float64 `json:"max,omitempty"`
	} `json:"connections"`
	Throughput struct {
		Questions *float64 `json:"questions_per_second,omitempty"`
		Slow      *float64 `json:"slow_queries_per_second,omitempty"`
		Received  *float64 `json:"received_bytes_per_second,omitempty"`
		Sent      *float64 `json:"sent_bytes_per_second,omitempty"`
	} `json:"throughput"`
	InnoDB struct {
		HitRatio      *float64 `json:"buffer_pool_hit_ratio,omitempty"`
		CheckpointAge *float64 `json:"checkpoint_age_bytes,omitempty"`
		RedoUsage     *float64 `json:"redo_usage_ratio,omitempty"`
		History       *float64 `json:"history_list_length,omitempty"`
	} `json:"innodb"`
	Schemas     []schemaRow     `json:"schemas"`
	Processes   []processRow    `json:"processes"`
	Replication []channelRow    `json:"replication"`
	Binlog      *binlogDocument `json:"binlog,omitempty"`
	Galera      *galeraDocument `json:"galera,omitempty"`
	Tables      []tableRow      `json:"tables_top,omitempty"`
	Digests     []digestRow     `json:"digests,omitempty"`
	Users       []userRow       `json:"users,omitempty"`
}

// newDocument has lists that are empty and not null.
func newDocument() document {
	return document{Schemas: []schemaRow{}, Processes: []processRow{}, Replication: []channelRow{}}
}

type schemaRow struct {
	Name    string   `json:"name"`
	Data    *float64 `json:"data_bytes,omitempty"`
	Indexes *float64 `json:"index_bytes,omitempty"`
	Free    *float64 `json:"free_bytes,omitempty"`
	Tables  *float64 `json:"tables,omitempty"`
	Source  string   `json:"source"`
}

type processRow struct {
	ID      string   `json:"id"`
	User    string   `json:"user"`
	Client  string   `json:"client"`
	DB      string   `json:"db"`
	Command string   `json:"command"`
	Seconds *float64 `json:"seconds,omitempty"`
	State   string   `json:"state"`
	Query   string   `json:"query,omitempty"`
}

type channelRow struct {
	Channel string   `json:"channel"`
	Source  string   `json:"source"`
	IO      string   `json:"io"`
	SQL     string   `json:"sql"`
	Lag     *float64 `json:"lag_seconds,omitempty"`
	Error   string   `json:"last_error,omitempty"`
	GTID    string   `json:"gtid,omitempty"`
}

type binlogDocument struct {
	Files    float64  `json:"files"`
	Size     float64  `json:"size_bytes"`
	Current  string   `json:"current"`
	Position *float64 `json:"position,omitempty"`
}

type galeraDocument struct {
	Size      float64 `json:"cluster_size"`
	Status    string  `json:"cluster_status"`
	State     string  `json:"local_state"`
	Ready     bool    `json:"ready"`
	Addresses string  `json:"addresses,omitempty"`
}

type tableRow struct {
	DB      string   `json:"db"`
	Table   string   `json:"table"`
	Engine  string   `json:"engine"`
	Data    *float64 `json:"data_bytes,omitempty"`
	Indexes *float64 `json:"index_bytes,omitempty"`
	Free    *float64 `json:"free_bytes,omitempty"`
	Rows    *float64 `json:"rows,omitempty"`
}

type digestRow struct {
	DB       string   `json:"db"`
	Query    string   `json:"query,omitempty"`
	Calls    *float64 `json:"calls,omitempty"`
	Seconds  *float64 `json:"seconds,omitempty"`
	Mean     *float64 `json:"mean_seconds,omitempty"`
	Sent     *float64 `json:"rows_sent,omitempty"`
	Examined *float64 `json:"rows_examined,omitempty"`
}

type userRow struct {
	User        string   `json:"user"`
	Connections *float64 `json:"connections,omitempty"`
	Busy        *float64 `json:"busy_seconds,omitempty"`
	RowsSent    *float64 `json:"rows_sent,omitempty"`
	Denied      *float64 `json:"access_denied,omitempty"`
}

func tables() []plugin.Table {
	text, code, seconds, number := plugin.TextColumn, plugin.CodeColumn, plugin.DurationColumn, plugin.NumberColumn
	// What the two threads of replication say of themselves.
	threadLevels := plugin.Levels{Warning: []string{"Connecting", "Preparing"}, Critical: []string{"No"}}
	return []plugin.Table{
		{Title: "Schemas", Path: "schemas", Empty: "There are no schemas, or sizes are not looked at.", Columns: []plugin.Column{
			code("name", "Schema"), number("data_bytes", "Data", metric.Bytes), number("index_bytes", "Indexes", metric.Bytes),
			number("free_bytes", "Free", metric.Bytes), number("tables", "Tables", metric.None), text("source", "Known from"),
		}},
		{Title: "Processes that work longest", Path: "processes", Empty: "Nobody works at the moment.", Columns: []plugin.Column{
			code("id", "Connection"), text("user", "User"), code("client", "Client"), code("db", "Schema"), text("command", "Does"),
			seconds("seconds", "For"), text("state", "State"), code("query", "Query"),
		}},
		{Title: "Queries that took most time", Path: "digests", Empty: "Queries are not looked at.", Columns: []plugin.Column{
			code("db", "Schema"), code("query", "Query"), number("calls", "Calls", metric.None), seconds("seconds", "In all"),
			seconds("mean_seconds", "On average"), number("rows_sent", "Rows sent", metric.None), number("rows_examined", "Rows read", metric.None),
		}},
		{Title: "Largest tables", Path: "tables_top", Empty: "Tables are not looked at, or the user sees none: it sees those for which it has the right SELECT.", Columns: []plugin.Column{
			code("db", "Schema"), code("table", "Table"), text("engine", "Engine"), number("data_bytes", "Data", metric.Bytes),
			number("index_bytes", "Indexes", metric.Bytes), number("free_bytes", "Free", metric.Bytes), number("rows", "Rows", metric.None),
		}},
		{Title: "Users", Path: "users", Empty: "Users are not looked at.", Columns: []plugin.Column{
			text("user", "User"), number("connections", "Connections", metric.None), seconds("busy_seconds", "Busy for"),
			number("rows_sent", "Rows sent", metric.None), number("access_denied", "Refused", metric.None),
		}},
		{Title: "Replication", Path: "replication", Empty: "This server replicates from no other.", Columns: []plugin.Column{
			text("channel", "Channel"), code("source", "From"),
			plugin.StatusColumn("io", "Receives").With(threadLevels), plugin.StatusColumn("sql", "Applies").With(threadLevels),
			seconds("lag_seconds", "Behind"), text("last_error", "Last problem"),
		}},
		{Title: "Galera", Path: "galera", Empty: "This server is no node of a cluster.", Columns: []plugin.Column{
			text("cluster_status", "Part of the cluster"), number("cluster_size", "Nodes", metric.None), text("local_state", "This node"),
			plugin.FlagColumn("ready", "Takes queries"), text("addresses", "Addresses"),
		}},
		{Title: "Binary log", Path: "binlog", Empty: "There is no binary log.", Columns: []plugin.Column{
			number("files", "Files", metric.None), number("size_bytes", "Size", metric.Bytes), code("current", "Written to"),
			number("position", "Position", metric.None),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			text("flavor", "Kind"), text("version", "Version"), text("comment", "Build"), seconds("uptime_seconds", "Up for"),
			plugin.FlagColumn("read_only", "Read-only"), code("data_directory", "Data in"),
		}},
	}
}
