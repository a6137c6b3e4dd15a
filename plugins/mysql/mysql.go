// Package mysql watches a server of MySQL, MariaDB or Percona: what it is asked
// and how it answers, connections, locks, InnoDB, replication, the binary log, and
// Galera.
//
// One connection is kept. Most figures come from one SHOW GLOBAL STATUS; what is
// costly is asked seldom. The session is read-only, and the server itself ends
// what takes long.
package mysql

import (
	"context"
	"crypto/tls"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	Host         string        `json:"host" title:"Host" help:"Name or address of the server, or the path of its Unix socket." example:"/run/mysqld/mysqld.sock"`
	Port         int           `json:"port" title:"Port" help:"Port of the server." min:"1" max:"65535"`
	Username     string        `json:"username" title:"User" help:"A user with the rights PROCESS and REPLICATION CLIENT (MariaDB: PROCESS, BINLOG MONITOR, SLAVE MONITOR)."`
	Password     plugin.Secret `json:"password" title:"Password" help:"Password of that user."`
	DefaultsFile string        `json:"defaults_file" title:"Option file" help:"A file such as ~/.my.cnf, whose section client names user, password, host, port or socket; what it names counts." example:"/etc/mysql/unity.cnf" group:"advanced"`
	DSN          plugin.Secret `json:"dsn" title:"Connection string" help:"All of the above in one, as the Go driver takes it; the settings above count for nothing then." example:"monitor:password@tcp(nas:3306)/" group:"advanced"`

	CollectProcesses   bool `json:"collect_processlist" title:"Processes" help:"Count connections by what they do, and list those that work longest."`
	CollectReplication bool `json:"collect_replication" title:"Replication" help:"Watch what this server replicates from others."`
	CollectInnoDB      bool `json:"collect_innodb" title:"InnoDB" help:"Measure buffer pool, redo log, locks and transactions of InnoDB."`
	CollectBinlog      bool `json:"collect_binlog" title:"Binary log" help:"Add up the files of the binary log."`
	CollectSizes       bool `json:"collect_sizes" title:"Sizes" help:"Add up tables and indexes of each schema, every ten minutes."`
	CollectTables      bool `json:"collect_table_stats" title:"Tables" help:"List the largest tables, every ten minutes."`
	MaxTables          int  `json:"max_tables" title:"Most tables" help:"How many tables are listed." min:"1" max:"500"`
	CollectDigests     bool `json:"collect_query_digests" title:"Queries" help:"List the kinds of query that took most time; performance_schema has to be on."`
	CollectUsers       bool `json:"collect_user_stats" title:"Users" help:"List what each user did; only MariaDB and Percona with userstat=1."`
	QueryText          bool `json:"include_query_text" title:"Text of queries" help:"Show the first 200 characters of queries in the lists."`

	ConnectTimeout plugin.Duration `json:"connect_timeout" title:"Connect timeout" help:"How long connecting may take." min:"100ms" max:"1m" group:"advanced"`
	QueryTimeout   plugin.Duration `json:"query_timeout" title:"Query timeout" help:"After how long the server ends a question of Unity's." min:"100ms" max:"1m" group:"advanced"`

	Encrypt string `json:"tls" title:"Encryption" help:"With prefer it is encrypted when the server can, and no certificate is checked; require insists, and checks the certificate unless that is switched off." enum:"prefer,require,disable" group:"tls"`
	fetch.TLS
}

func defaults() config {
	return config{
		Host: "localhost", Port: 3306, Username: "monitor",
		CollectProcesses: true, CollectReplication: true, CollectInnoDB: true, CollectBinlog: true, CollectSizes: true,
		MaxTables: 50, QueryText: true,
		ConnectTimeout: plugin.Duration(10 * time.Second), QueryTimeout: plugin.Duration(5 * time.Second),
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
	if c.DSN.Empty() && c.DefaultsFile == "" {
		switch {
		case strings.TrimSpace(c.Host) == "":
			return plugin.Invalid("host", "must not be empty")
		case strings.TrimSpace(c.Username) == "":
			return plugin.Invalid("username", "must not be empty")
		}
	}
	return nil
}

// Plugin declares the plugin mysql_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. The server may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	var security *tls.Config
	if config.Encrypt == "require" {
		if config.ServerName == "" {
			config.ServerName = config.Host
		}
		made, err := config.TLS.Config()
		if err != nil {
			return nil, err
		}
		security = made
	}
	return &collector{
		config: config, host: host, session: newSession(config, host, security), commands: make(map[string]bool),
	}, nil
}
