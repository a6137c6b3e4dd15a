// Package mongodb watches one server of MongoDB, or of what speaks its protocol:
// a mongod alone or in a replica set, a mongos, or FerretDB.
//
// One connection stays open between runs. A run is one serverStatus and a few
// small commands, each with a limit that the server keeps as well; nothing is
// written, and no document of a user is read.
package mongodb

import (
	"cmp"
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	URL      string          `json:"url" title:"Address" help:"Where the server answers: mongodb://host:port, or the path of its socket. A source watches one server; make one for each member of a set." required:"true" example:"mongodb://192.168.1.10:27017"`
	Timeout  plugin.Duration `json:"timeout" title:"Timeout" help:"How long connecting, and then each answer, may take; the server ends a command of Unity's by itself after that time." min:"100ms" max:"1m" group:"connection"`
	Username string          `json:"username" title:"User" help:"A user with the role clusterMonitor." group:"login"`
	Password plugin.Secret   `json:"password" title:"Password" help:"The password of the user." group:"login"`
	Source   string          `json:"auth_source" title:"Database of the user" help:"The database in which the user was made." group:"login"`
	How      string          `json:"auth_mechanism" title:"Way to log in" help:"With auto the server and Unity agree on one; PLAIN is for LDAP, MONGODB-X509 for a certificate." enum:"auto,SCRAM-SHA-256,SCRAM-SHA-1,PLAIN,MONGODB-X509" group:"login"`
	String   plugin.Secret   `json:"connection_string" title:"Connection string" help:"Address and login in one, as mongosh takes it; the settings above count for nothing then." example:"mongodb://unity@nas:27017/?authSource=admin" group:"advanced"`

	Databases       bool         `json:"collect_db_stats" title:"Databases" help:"Measure the sizes of databases every five minutes."`
	DatabaseInclude plugin.Globs `json:"database_include" title:"Only databases" help:"Databases to measure; empty takes all." group:"filter"`
	DatabaseExclude plugin.Globs `json:"database_exclude" title:"Without databases" help:"Databases to leave out." group:"filter"`
	MaxDatabases    int          `json:"max_databases" title:"Most databases" help:"How many databases are measured, in the order of their names." min:"1" max:"200" group:"filter"`
	MaxCollections  int          `json:"max_collections" title:"Largest collections" help:"How many of the largest collections get series of their own, measured with the databases; 0 measures none." min:"0" max:"200" group:"filter"`
	Replication     bool         `json:"collect_replication" title:"Replication" help:"Watch the members of the replica set."`
	Oplog           bool         `json:"collect_oplog" title:"Oplog" help:"Measure how far back the log of changes reaches; needs the right to read the database local."`
	Top             bool         `json:"collect_top" title:"Busiest collections" help:"List the collections that took most time."`
	SlowSeconds     int          `json:"slow_op_seconds" title:"Long operations" help:"List operations that have run for so many seconds; 0 lists none." min:"0" max:"86400"`

	Encrypt bool `json:"tls" title:"TLS" help:"Speak TLS." group:"tls"`
	fetch.TLS
}

func defaults() config {
	return config{
		URL: "mongodb://localhost:27017", Timeout: plugin.Duration(5 * time.Second), Source: "admin", How: mechanismAuto,
		Databases: true, DatabaseInclude: plugin.Globs{}, DatabaseExclude: plugin.Globs{"admin", "config", "local"}, MaxDatabases: 20,
		Replication: true, Oplog: true, SlowSeconds: 10, TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	switch {
	case !c.String.Empty():
		return nil
	case c.Username != "" && c.Password.Empty() && c.How != mechanismX509:
		return plugin.Invalid("password", "is missing: a user cannot log in without one")
	case c.Username == "" && !c.Password.Empty():
		return plugin.Invalid("username", "is missing: a password is that of a user")
	case c.Username != "" && strings.TrimSpace(c.Source) == "":
		return plugin.Invalid("auth_source", "must not be empty")
	case c.How == mechanismX509 && (!c.Encrypt || c.CertFile == ""):
		return plugin.Invalid("auth_mechanism", "needs tls, tls_cert_file and tls_key_file")
	}
	_, err := parseTarget(c.URL)
	return err
}

// Plugin declares the plugin mongodb_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the server may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	asked, err := clientOf(config, host)
	if err != nil {
		return nil, err
	}
	return &collector{config: config, host: host, client: asked}, nil
}

// clientOf makes a client of the settings, or of the connection string.
func clientOf(config config, host plugin.Host) (*client, error) {
	var (
		at     target
		with   login
		err    error
		secure = config.Encrypt
	)
	if config.String.Empty() {
		if at, err = parseTarget(config.URL); err != nil {
			return nil, err
		}
	} else {
		text, err := config.String.Reveal()
		if err != nil {
			return nil, err
		}
		if at, with, err = parseURI(text); err != nil {
			return nil, fault.New(fault.Config, "reading connection_string: it %s", err).
				WithHint("write it as mongodb://user:password@host:27017/?authSource=admin, with %%xx for special characters")
		}
		if with.secure != nil {
			secure = *with.secure
		}
		if with.mechanism != "" && !slices.Contains([]string{mechanismSHA1, mechanismSHA256, mechanismPlain, mechanismX509}, with.mechanism) {
			return nil, fault.New(fault.Config, "reading connection_string: its authMechanism is not known").
				WithHint("use SCRAM-SHA-256, SCRAM-SHA-1, PLAIN or MONGODB-X509")
		}
	}
	var security *tls.Config
	if secure {
		if security, err = config.TLS.Config(); err != nil {
			return nil, err
		}
	}
	c := newClient(host, at, config.Timeout.Std(), security)
	if config.String.Empty() {
		c.username, c.password, c.source, c.how = config.Username, config.Password, config.Source, config.How
	} else {
		c.username, c.password = with.username, plugin.Secret(with.password)
		c.source, c.how = cmp.Or(with.source, "admin"), cmp.Or(with.mechanism, mechanismAuto)
	}
	return c, nil
}
