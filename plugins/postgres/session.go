package postgres

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/rows"
)

type security = tls.Config

// maxMessageBytes bounds what the driver takes at once.
const maxMessageBytes = 4 << 20

// closeTimeout bounds the farewell to a server that may hang.
const closeTimeout = time.Second

// session keeps the one connection to the server.
type session struct {
	config   config
	host     plugin.Host
	security *security // for tls: require
	conn     *pgconn.PgConn
}

// at says where the server is, for people.
func (s *session) at() string {
	switch {
	case !s.config.DSN.Empty():
		return "the server that dsn names"
	case strings.HasPrefix(s.config.Host, "/"):
		return socketPath(s.config.Host, s.config.Port)
	default:
		return net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
	}
}

func socketPath(folder string, port int) string {
	return path.Join(folder, ".s.PGSQL."+strconv.Itoa(port))
}

// settings are what the driver needs to connect to a database; empty means the
// one of the config. Secrets are read now, so that they can change.
func (s *session) settings(database string) (*pgconn.Config, error) {
	settings, err := s.target()
	if err != nil {
		return nil, err
	}
	if database != "" {
		settings.Database = database
	}
	settings.ConnectTimeout = s.config.ConnectTimeout.Std()
	settings.DialFunc = s.host.Dial
	settings.LookupFunc = func(_ context.Context, name string) ([]string, error) {
		return []string{name}, nil // the host dials by name
	}
	settings.RuntimeParams = map[string]string{"application_name": "unity", "client_encoding": "UTF8"}
	settings.MaxProtocolMessageBodyLen = maxMessageBytes
	return settings, nil
}

func (s *session) target() (*pgconn.Config, error) {
	c := s.config
	if !c.DSN.Empty() {
		text, err := c.DSN.Reveal()
		if err != nil {
			return nil, err
		}
		settings, err := pgconn.ParseConfig(text)
		if err != nil {
			// What the driver says may quote the URL.
			return nil, fault.New(fault.Config, "reading dsn: it is not a connection URL of PostgreSQL").
				WithHint("write it as postgres://user:password@host:5432/database?sslmode=require, with %%xx for special characters")
		}
		return settings, nil
	}
	password, err := c.Password.Reveal()
	if err != nil {
		return nil, err
	}
	// Everything is given, so that nothing is taken from the environment.
	settings, err := pgconn.ParseConfig("host=localhost port=5432 user=x dbname=x sslmode=disable passfile=/dev/null target_session_attrs=any")
	if err != nil {
		return nil, fault.As(fault.Config, err, "reading the environment of libpq")
	}
	settings.Host, settings.Port = c.Host, uint16(c.Port)
	settings.User, settings.Password, settings.Database = c.Username, password, c.Database
	if strings.HasPrefix(c.Host, "/") {
		return settings, nil
	}
	switch c.Encrypt {
	case "require":
		settings.TLSConfig = s.security
	case "prefer":
		settings.TLSConfig = &security{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // as psql does: without a check it is better than nothing
		settings.Fallbacks = []*pgconn.FallbackConfig{{Host: settings.Host, Port: settings.Port}}
	}
	return settings, nil
}

// connect opens the connection if there is none.
func (s *session) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		return nil
	}
	settings, err := s.settings("")
	if err != nil {
		return err
	}
	conn, err := pgconn.ConnectConfig(ctx, settings)
	if err != nil {
		return s.explainConnect(ctx, err)
	}
	s.conn = conn
	return nil
}

// first asks the first question of a run. A connection that broke since the run
// before is made anew.
func (s *session) first(ctx context.Context, name, query string) (*rows.Table, error) {
	reused := s.conn != nil && !s.conn.IsClosed()
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	answer, err := s.ask(ctx, name, query)
	if err == nil || !reused || !s.conn.IsClosed() || ctx.Err() != nil {
		return answer, err
	}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return s.ask(ctx, name, query)
}

// ask asks one question. Its name is what DBAs see and what cases call it.
func (s *session) ask(ctx context.Context, name, query string) (*rows.Table, error) {
	return s.askOn(ctx, s.conn, name, query)
}

func (s *session) askOn(ctx context.Context, conn *pgconn.PgConn, name, query string) (*rows.Table, error) {
	limit := s.config.StatementTimeout.Std()
	// A server that hangs ends nothing by itself.
	ctx, cancel := context.WithTimeout(ctx, limit+time.Second)
	defer cancel()
	answer, err := read(conn.Exec(ctx, statement(name, query, limit)))
	if err != nil {
		text := errorText(err)
		if text != nil {
			plugin.Observed(ctx, name, func() []byte { return text })
		}
		return nil, s.explain(ctx, name, err)
	}
	plugin.Observed(ctx, name, answer.Format)
	return answer, nil
}

// statement is what is sent: several statements in one message are a transaction,
// so that the settings end with it whatever pool is in between.
func statement(name, query string, limit time.Duration) string {
	return rows.Question(name, fmt.Sprintf("SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; %s",
		limit.Milliseconds(), min(limit, time.Second).Milliseconds(), query))
}

// read takes the rows of the last statement.
func read(results *pgconn.MultiResultReader) (*rows.Table, error) {
	answer := rows.New(nil)
	for results.NextResult() {
		result := results.ResultReader()
		names := make([]string, 0, len(result.FieldDescriptions()))
		for _, field := range result.FieldDescriptions() {
			names = append(names, field.Name)
		}
		answer = rows.New(names)
		for result.NextRow() {
			answer.Append(result.Values())
		}
		if _, err := result.Close(); err != nil {
			_ = results.Close()
			return nil, err
		}
	}
	return answer, results.Close()
}

// close ends the connection.
func (s *session) close() error {
	if s.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout) //nolint:forbidigo // closing has no context of its own
	defer cancel()
	err := s.conn.Close(ctx)
	s.conn = nil
	if err != nil && ctx.Err() == nil {
		return fault.Wrap(err, "closing the connection to %s", s.at())
	}
	return nil
}
