package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/rows"
)

// session keeps the one connection to the server.
type session struct {
	config   config
	host     plugin.Host
	security *tls.Config // for tls: require
	pool     *sql.DB
	conn     driver.Conn // the one in the pool
	account  string      // as the server knows the user: monitor@%
	mariadb  bool
}

func newSession(config config, host plugin.Host, security *tls.Config) *session {
	s := &session{config: config, host: host, security: security}
	s.pool = sql.OpenDB(s)
	s.pool.SetMaxOpenConns(1)
	s.pool.SetMaxIdleConns(1)
	return s
}

var _ driver.Connector = (*session)(nil)

// quiet keeps the driver from writing to standard error: what it has to say is in
// its errors.
type quiet struct{}

// Print implements mysql.Logger.
func (quiet) Print(...any) {}

// Driver implements driver.Connector.
func (*session) Driver() driver.Driver { return mysql.MySQLDriver{} }

// Connect implements driver.Connector: it opens a connection that can change
// nothing and whose questions the server ends. Secrets are read now, so that they
// can change.
func (s *session) Connect(ctx context.Context) (driver.Conn, error) {
	settings, err := s.settings()
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(settings)
	if err != nil {
		return nil, fault.As(fault.Config, err, "reading the settings of the connection")
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.ConnectTimeout.Std())
	defer cancel()
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(fault.New(fault.Internal, "the driver takes no statements"), conn.Close())
	}
	for _, statement := range s.preparations() {
		if _, err := execer.ExecContext(ctx, statement, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	s.conn = conn
	return conn, nil
}

// preparations are statements for a new connection. MySQL takes the first kind of
// comment for a statement from 5.7.8 on, and MariaDB the second.
func (s *session) preparations() []string {
	limit := s.config.QueryTimeout.Std()
	return []string{
		fmt.Sprintf("SET SESSION lock_wait_timeout = 2 /*!50708 , max_execution_time = %d */ /*M!100101 , max_statement_time = %.3f */",
			limit.Milliseconds(), limit.Seconds()),
		"SET SESSION TRANSACTION READ ONLY",
	}
}

func (s *session) settings() (*mysql.Config, error) {
	settings, err := s.target()
	if err != nil {
		return nil, err
	}
	settings.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return s.host.Dial(ctx, network, address)
	}
	settings.Logger = quiet{}
	settings.ParseTime, settings.InterpolateParams, settings.MultiStatements = false, true, false
	return settings, nil
}

func (s *session) target() (*mysql.Config, error) {
	c := s.config
	if !c.DSN.Empty() {
		text, err := c.DSN.Reveal()
		if err != nil {
			return nil, err
		}
		settings, err := mysql.ParseDSN(text)
		if err != nil {
			// What the driver says may quote it.
			return nil, fault.New(fault.Config, "reading dsn: it is not a connection string of the driver").
				WithHint("write it as user:password@tcp(host:3306)/ or user:password@unix(/run/mysqld/mysqld.sock)/")
		}
		return settings, nil
	}
	password, err := c.Password.Reveal()
	if err != nil {
		return nil, err
	}
	settings := mysql.NewConfig()
	settings.User, settings.Passwd = c.Username, password
	host, port := c.Host, strconv.Itoa(c.Port)
	if c.DefaultsFile != "" {
		text, err := s.host.Files.ReadFile(c.DefaultsFile)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading defaults_file").WithHint("let the user that runs Unity read it")
		}
		options := clientOptions(text)
		settings.User, settings.Passwd = or(options["user"], settings.User), or(options["password"], settings.Passwd)
		host, port = or(options["socket"], or(options["host"], host)), or(options["port"], port)
	}
	settings.Net, settings.Addr = "tcp", net.JoinHostPort(host, port)
	if strings.HasPrefix(host, "/") {
		settings.Net, settings.Addr = "unix", host
		return settings, nil
	}
	switch c.Encrypt {
	case "require":
		settings.TLS = s.security
	case "prefer":
		settings.TLS = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // without a check it is better than nothing
		settings.AllowFallbackToPlaintext = true
	}
	return settings, nil
}

// at says where the server is, for people.
func (s *session) at() string {
	switch c := s.config; {
	case !c.DSN.Empty():
		return "the server that dsn names"
	case c.DefaultsFile != "":
		return "the server that " + c.DefaultsFile + " names"
	case strings.HasPrefix(c.Host, "/"):
		return c.Host
	default:
		return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	}
}

// ask asks one question. Its name is what administrators see and what cases call
// it.
func (s *session) ask(ctx context.Context, name, query string) (*rows.Table, error) {
	// A server that hangs ends nothing by itself.
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout.Std()+time.Second)
	defer cancel()
	answer, err := s.read(ctx, rows.Question(name, query))
	if err != nil {
		var refused *mysql.MySQLError
		if errors.As(err, &refused) {
			plugin.Observed(ctx, name, func() []byte { return rows.Refusal(strconv.Itoa(int(refused.Number)), refused.Message) })
		}
		return nil, s.explain(ctx, name, err)
	}
	plugin.Observed(ctx, name, answer.Format)
	return answer, nil
}

// read takes all rows of an answer. The driver panics at some answers that no
// server gives; the connection is of no use then.
func (s *session) read(ctx context.Context, query string) (answer *rows.Table, err error) {
	defer func() {
		if recover() != nil {
			answer, err = nil, errors.Join(mysql.ErrMalformPkt, s.conn.Close())
		}
	}()
	found, err := s.pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	answer = rows.New(names)
	cells, places := make([][]byte, len(names)), make([]any, len(names))
	raw := make([]sql.RawBytes, len(names))
	for i := range raw {
		places[i] = &raw[i]
	}
	for found.Next() {
		if err := found.Scan(places...); err != nil {
			return nil, err
		}
		for i := range raw {
			cells[i] = raw[i]
		}
		answer.Append(cells)
	}
	return answer, found.Err()
}

// clientOptions reads the section client of an option file.
func clientOptions(text []byte) map[string]string {
	options := make(map[string]string)
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';' || line[0] == '!':
			continue
		case line[0] == '[':
			section = strings.ToLower(strings.Trim(line, "[] "))
			continue
		case section != "client" && section != "client-mariadb" && section != "client-server":
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")
		value = strings.TrimSpace(value)
		if len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
			value = value[1 : len(value)-1]
		}
		options[name] = value
	}
	return options
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
