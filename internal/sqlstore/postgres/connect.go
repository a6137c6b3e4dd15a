package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/unity-homelab/unity/fault"
)

const (
	// readers is how many connections read; one more writes.
	readers = 4
	// idle is how many of them stay open when there is nothing to read.
	idle = 1
	// idleTime is after how long the others are closed.
	idleTime = 5 * time.Minute
	// readTimeout and writeTimeout end statements that take longer, unless the
	// URL has a statement_timeout.
	readTimeout  = time.Minute
	writeTimeout = 10 * time.Minute
	// lockTimeout is how long a change of tables waits for those who use them.
	lockTimeout = 5 * time.Second
	// lockClass tells Unity's advisory locks from those of others.
	lockClass = 0x556e6974
)

// pools opens one connection that writes, and some that read. They are the same
// where only one is allowed.
func pools(address address) (write, read *sql.DB) {
	write = open(address, prepareWriter)
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	if address.alone {
		return write, write
	}
	read = open(address, prepareReader)
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(idle)
	read.SetConnMaxIdleTime(idleTime)
	return write, read
}

// open returns a pool whose connections are prepared by a function.
func open(address address, prepare func(context.Context, *pgx.Conn, *pgx.ConnConfig) error) *sql.DB {
	return stdlib.OpenDB(*address.config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		err := prepare(ctx, c, address.config)
		if err != nil {
			_ = c.Close(ctx) // nobody else does
		}
		return err
	}))
}

// limit bounds what statements of a connection may take. It is said after
// connecting, for poolers in between refuse most settings at the start.
func limit(ctx context.Context, c *pgx.Conn, config *pgx.ConnConfig, timeout time.Duration) error {
	settings := map[string]time.Duration{
		"lock_timeout": lockTimeout, "idle_in_transaction_session_timeout": timeout,
	}
	if _, own := config.RuntimeParams["statement_timeout"]; !own {
		settings["statement_timeout"] = timeout
	}
	// Statements are written with quotes the way the standard has them.
	if _, err := c.Exec(ctx, "SET standard_conforming_strings = on"); err != nil {
		return err
	}
	for name, value := range settings {
		if _, err := c.Exec(ctx, "SELECT set_config($1, $2, false)", name, strconv.FormatInt(value.Milliseconds(), 10)); err != nil {
			return err
		}
	}
	return nil
}

// prepareReader lets a connection change nothing.
func prepareReader(ctx context.Context, c *pgx.Conn, config *pgx.ConnConfig) error {
	if err := limit(ctx, c, config, readTimeout); err != nil {
		return err
	}
	// Compiling pays for nothing that Unity asks, and takes longer than the answer.
	_, err := c.Exec(ctx, "SET default_transaction_read_only = on; SET jit = off")
	return err
}

// prepareWriter makes sure that no other Unity writes to the same tables: it
// takes a lock that the connection holds as long as it lasts. A connection that
// broke may hold it for a moment longer, so there is some waiting.
func prepareWriter(ctx context.Context, c *pgx.Conn, config *pgx.ConnConfig) error {
	if err := limit(ctx, c, config, writeTimeout); err != nil {
		return err
	}
	// Late samples may have to go into many packed chunks at once. Without the
	// extension this sets nothing.
	if _, err := c.Exec(ctx, "SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0"); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "SELECT pg_advisory_lock($1::int, coalesce((SELECT oid::bigint FROM pg_namespace "+
		"WHERE nspname = current_schema()), 0)::bit(32)::int)", lockClass)
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || answer.Code != "55P03" {
		return err
	}
	return fault.New(fault.Conflict, "the database is in use by another Unity").
		WithHint("Stop that Unity, or give this one another database or schema.")
}
