package postgres

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/unity-homelab/unity/fault"
)

// connectTimeout is how long a connection may take, unless the URL says it.
const connectTimeout = 10 * time.Second

// addressHint is what to do about an address that cannot be used.
const addressHint = "An address is postgres://user:password@host:5432/database; " +
	"in the password write / as %2F, @ as %40, : as %3A, # as %23 and % as %25."

// address is a database URL that was understood.
type address struct {
	config *pgx.ConnConfig
	// alone allows one connection only: pool_max_conns=1 in the URL.
	alone bool
	// plain leaves TimescaleDB alone: timescaledb=off in the URL.
	plain bool
	// location is the URL as people may see it.
	location string
}

// parse reads a URL. No part of one that cannot be read appears in the fault:
// it may be a part of the password.
func parse(text string) (address, error) {
	refuse := func(format string, args ...any) (address, error) {
		return address{}, fault.New(fault.Config, format, args...).WithHint("%s", strings.ReplaceAll(addressHint, "%", "%%"))
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return refuse("the address of the database is not a URL")
	}
	if parsed.Scheme != "postgres" && parsed.Scheme != "postgresql" || parsed.Opaque != "" {
		return refuse("the address of the database does not begin with postgres://")
	}
	query := parsed.Query()
	if name := strings.Trim(parsed.Path, "/"); name == "" && query.Get("dbname") == "" && query.Get("database") == "" {
		return refuse("the address of the database names the server, but no database on it")
	}
	alone := false
	if text := query.Get("pool_max_conns"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return refuse("pool_max_conns in the address of the database is not a number from 1 on")
		}
		alone = n == 1
	}
	extension := query.Get("timescaledb")
	if extension != "" && extension != "on" && extension != "off" {
		return refuse("timescaledb in the address of the database is neither on nor off")
	}
	query.Del("timescaledb")
	// Those are of Unity and of other drivers; a server would refuse them.
	for name := range query {
		if strings.HasPrefix(name, "pool_") {
			query.Del(name)
		}
	}
	parsed.RawQuery = query.Encode()
	config, err := pgx.ParseConfig(parsed.String())
	if err != nil {
		return refuse("the address of the database has a setting that makes no sense")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "unity"
	}
	// Statements that are written out are not worth preparing; those of samples
	// say so themselves.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return address{config: config, alone: alone, plain: extension == "off", location: visible(parsed, config)}, nil
}

// visible is an address without what is secret or beside the point.
func visible(parsed *url.URL, config *pgx.ConnConfig) string {
	shown := url.URL{Scheme: "postgres", User: url.User(config.User), Host: parsed.Host, Path: "/" + config.Database}
	return shown.String()
}
