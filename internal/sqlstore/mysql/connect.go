package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	mysql "github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
)

const (
	// connectTimeout is how long making a connection may take.
	connectTimeout = 10 * time.Second
	// queryTimeout is how long the server works on a question. The driver waits
	// a little longer, for a server that says nothing any more.
	queryTimeout = "60"
	readTimeout  = 75 * time.Second
	// writeTimeout and tendTimeout are how long the driver waits for a statement
	// that writes, and for one that changes or checks a whole table.
	writeTimeout = 5 * time.Minute
	tendTimeout  = 2 * time.Hour
	// lockWait is how many seconds a statement waits for a lock of another one.
	lockWait = "5"
	// lockTimeout is how many seconds a new connection waits for an old one to
	// let go of the right to write.
	lockTimeout = "3"
)

// What only one of the two servers knows stands in comments that only that one
// reads.
const (
	// session makes every server behave the same, whatever its configuration.
	session = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'," +
		" time_zone = '+00:00', lock_wait_timeout = " + lockWait + ", innodb_lock_wait_timeout = " + lockWait +
		" /*!80000 , information_schema_stats_expiry = 0 */" // sizes of now, not of yesterday
	// Whoever reads a row again in one transaction gets what is there by then;
	// in return a change locks only the rows that it finds.
	isolation = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
	// A question that nobody waits for any more ends.
	bounded = "SET SESSION wait_timeout = 28800 /*!80000 , max_execution_time = " + queryTimeout + "000 */" +
		" /*M!100600 , max_statement_time = " + queryTimeout + " */"
	// A connection that writes has the database to itself: two would give the
	// same numbers to different series. One whose machine lost its power is
	// noticed by the server after wait_timeout; one that is idle for so long
	// loses its lock, and takes it again when it goes on.
	writing = "SET SESSION wait_timeout = 120"
	lockSQL = "SELECT GET_LOCK(CONCAT('unity:', MD5(DATABASE())), " + lockTimeout + ")"
)

// connector makes connections that are set up.
type connector struct {
	driver.Connector
	setup []string
	lock  bool // take the right to write
}

// Connect makes one.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	connection, err := c.greet(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, connection); err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	return connection, nil
}

// greet makes a connection. The driver trusts the first words of a server and
// panics when they are something else.
func (c connector) greet(ctx context.Context) (connection driver.Conn, err error) {
	defer func() {
		if recover() != nil {
			err = mysql.ErrMalformPkt
		}
	}()
	return c.Connector.Connect(ctx)
}

func (c connector) prepare(ctx context.Context, connection driver.Conn) error {
	execer, ok := connection.(driver.ExecerContext)
	if !ok {
		return fault.New(fault.Internal, "the driver cannot set a connection up")
	}
	for _, statement := range c.setup {
		if _, err := execer.ExecContext(ctx, statement, nil); err != nil {
			return err
		}
	}
	if !c.lock {
		return nil
	}
	return take(ctx, connection)
}

// take gets the right to write, which goes with the connection.
func take(ctx context.Context, connection driver.Conn) (err error) {
	querier, ok := connection.(driver.QueryerContext)
	if !ok {
		return fault.New(fault.Internal, "the driver cannot set a connection up")
	}
	rows, err := querier.QueryContext(ctx, lockSQL, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	answer := make([]driver.Value, 1)
	if err := rows.Next(answer); err != nil {
		return err
	}
	if text, ok := answer[0].([]byte); ok && string(text) == "1" || answer[0] == int64(1) {
		return nil
	}
	return fault.New(fault.Conflict, "the database is in use by another Unity").
		WithHint("Stop that one, or give this one a database of its own. If its machine lost its power, wait two minutes.")
}

// pools are the connections to one database.
type pools struct {
	// write has one connection: what is written is written in order.
	write *sql.DB
	read  *sql.DB
	// tend is for what may take long or must not be in a transaction: changing
	// tables and checking them.
	tend *sql.DB
}

func open(a address) (pools, error) {
	config, err := a.config()
	if err != nil {
		return pools{}, err
	}
	pool := func(timeout time.Duration, size int, lock bool, more ...string) *sql.DB {
		own := config.Clone()
		own.ReadTimeout, own.WriteTimeout = timeout, timeout
		inner, failed := mysql.NewConnector(own)
		if failed != nil {
			err = fault.As(fault.Config, failed, "reading the URL of the database").WithHint("%s", example)
			return nil
		}
		db := sql.OpenDB(connector{Connector: inner, setup: append([]string{session, isolation}, more...), lock: lock})
		db.SetMaxOpenConns(size)
		db.SetMaxIdleConns(size)
		return db
	}
	p := pools{
		write: pool(writeTimeout, 1, true, writing),
		read:  pool(readTimeout, readers, false, bounded),
		tend:  pool(tendTimeout, 1, false),
	}
	if err != nil {
		return pools{}, errors.Join(err, p.close())
	}
	p.read.SetConnMaxIdleTime(5 * time.Minute)
	p.tend.SetConnMaxIdleTime(time.Minute)
	return p, nil
}

// readers is how many questions are asked at the same time.
const readers = 4

func (p pools) close() error {
	var err error
	for _, db := range []*sql.DB{p.read, p.tend, p.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}
