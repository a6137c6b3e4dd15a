// Package postgres watches a PostgreSQL server: its connections, what its
// databases do, locks, replication, the write-ahead log, and what leads to
// trouble slowly, such as transaction IDs that run out.
//
// One connection is kept. Each question is one statement of its own that can
// change nothing and that the server ends by itself when it takes long, in a form
// that works behind PgBouncer as well. Answers are read as text by the names of
// their columns, so that most questions are the same for all versions.
package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	Host     string        `json:"host" title:"Host" help:"Name or address of the server, or the folder of its Unix socket." example:"/var/run/postgresql"`
	Port     int           `json:"port" title:"Port" help:"Port of the server; it is part of the socket's name as well." min:"1" max:"65535"`
	Username string        `json:"username" title:"User" help:"A user with the right pg_monitor."`
	Password plugin.Secret `json:"password" title:"Password" help:"Password of that user; empty where the server asks for none."`
	Database string        `json:"database" title:"Database" help:"Database to connect to; the whole server is watched whichever it is."`
	DSN      plugin.Secret `json:"dsn" title:"Connection URL" help:"All of the above in one URL, as psql takes it; the settings above count for nothing then." example:"postgres://monitor@nas:5432/postgres?sslmode=require" group:"advanced"`

	DatabaseInclude plugin.Globs `json:"database_include" title:"Only databases" help:"Databases to watch; empty watches all." group:"filter"`
	DatabaseExclude plugin.Globs `json:"database_exclude" title:"Without databases" help:"Databases to leave out." group:"filter"`

	CollectLocks       bool `json:"collect_locks" title:"Locks" help:"Count locks by database and mode, and list who waits for whom."`
	CollectReplication bool `json:"collect_replication" title:"Replication" help:"Watch standbys and replication slots."`
	CollectWAL         bool `json:"collect_wal" title:"Write-ahead log" help:"Measure the write-ahead log and its archiving."`
	CollectIO          bool `json:"collect_io" title:"Input and output" help:"Measure what each kind of process reads and writes (PostgreSQL 16 and newer)."`
	CollectTables      bool `json:"collect_table_stats" title:"Tables" help:"Look at the largest tables and their indexes every five minutes, over a connection to each database."`
	MaxTables          int  `json:"max_tables" title:"Most tables" help:"How many tables get series, the largest first." min:"1" max:"500"`
	CollectQueries     bool `json:"collect_query_stats" title:"Queries" help:"List the queries that took most time; the extension pg_stat_statements has to be there."`
	QueryText          bool `json:"include_query_text" title:"Text of queries" help:"Show the first 200 characters of queries in the lists."`

	ConnectTimeout   plugin.Duration `json:"connect_timeout" title:"Connect timeout" help:"How long connecting may take." min:"100ms" max:"1m" group:"advanced"`
	StatementTimeout plugin.Duration `json:"statement_timeout" title:"Statement timeout" help:"After how long the server ends a question of Unity's." min:"100ms" max:"1m" group:"advanced"`

	Encrypt string `json:"tls" title:"Encryption" help:"With prefer it is encrypted when the server can, and no certificate is checked; require insists, and checks the certificate unless that is switched off." enum:"prefer,require,disable" group:"tls"`
	fetch.TLS
}

func defaults() config {
	return config{
		Host: "localhost", Port: 5432, Username: "monitor", Database: "postgres",
		DatabaseInclude: plugin.Globs{}, DatabaseExclude: plugin.Globs{"template0", "template1"},
		CollectLocks: true, CollectReplication: true, CollectWAL: true, CollectIO: true, MaxTables: 50, QueryText: true,
		ConnectTimeout: plugin.Duration(10 * time.Second), StatementTimeout: plugin.Duration(5 * time.Second),
		Encrypt: "prefer", TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	if c.Encrypt != "require" {
		if err := c.TLS.Unset("tls: require"); err != nil {
			return err
		}
	}
	if c.DSN.Empty() {
		switch {
		case strings.TrimSpace(c.Host) == "":
			return plugin.Invalid("host", "must not be empty")
		case strings.TrimSpace(c.Username) == "":
			return plugin.Invalid("username", "must not be empty")
		}
	}
	return nil
}

// Plugin declares the plugin postgres_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. The server may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	var security *security
	if config.Encrypt == "require" {
		config.TLS.ServerName = first(config.TLS.ServerName, config.Host)
		made, err := config.TLS.Config()
		if err != nil {
			return nil, err
		}
		security = made
	}
	return &collector{
		config: config, host: host, session: &session{config: config, host: host, security: security},
		locksSeen: make(map[lockKey]bool),
	}, nil
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
