package postgres_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

// secret is a password that no message may show.
const secret = "pass/word@of#nobody"

// with changes a URL.
func with(t *testing.T, text string, change func(*url.URL)) string {
	t.Helper()
	parsed, err := url.Parse(text)
	must(t, err)
	change(parsed)
	return parsed.String()
}

// listen answers on a port with a function until the test ends.
func listen(t *testing.T, answer func(net.Conn)) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(connection)
		}
	}()
	return listener.Addr().String()
}

// role makes a user with a password on the server of a database, and returns the
// URL with it in place of the one that made it.
func role(t *testing.T, address, name string) string {
	t.Helper()
	name += "_" + strings.Trim(with(t, address, func(u *url.URL) { *u = url.URL{Path: u.Path} }), "/")
	execute(t, address, "CREATE ROLE "+name+" LOGIN PASSWORD '"+secret+"'")
	t.Cleanup(func() {
		execute(t, address, "DROP OWNED BY "+name)
		execute(t, address, "DROP ROLE "+name)
	})
	return with(t, address, func(u *url.URL) { u.User = url.UserPassword(name, secret) })
}

func execute(t *testing.T, url string, statements ...string) {
	t.Helper()
	db := connection(t, url)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestWhatCannotBeUsedIsRefusedAndStaysAsItIs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind    fault.Kind
		says    string
		prepare func(t *testing.T, url string) string
	}{
		"a wrong password": {fault.Auth, "does not accept the user or the password", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.User = url.UserPassword("postgres", secret) })
		}},
		"an unknown user": {fault.Auth, "does not accept", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.User = url.UserPassword("nobody", secret) })
		}},
		"a database that is not there": {fault.NotFound, "none_such", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.Path = "/none_such" })
		}},
		"a user without the right to make tables": {fault.Permission, "may not make tables in schema public", func(t *testing.T, address string) string {
			t.Helper()
			return role(t, address, "guest")
		}},
		"a database without a connection for the user": {fault.Unreachable, "no connection left", func(t *testing.T, address string) string {
			t.Helper()
			guest := role(t, address, "latecomer")
			name := strings.Trim(with(t, address, func(u *url.URL) { *u = url.URL{Path: u.Path} }), "/")
			execute(t, address, "ALTER DATABASE "+name+" CONNECTION LIMIT 0")
			return guest
		}},
		"a database that takes no changes": {fault.Permission, "takes no changes", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.RawQuery += "&default_transaction_read_only=on" })
		}},
		"a schema that is not there": {fault.Config, "search path", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.RawQuery += "&search_path=none_such" })
		}},
		"a schema of another program that uses goose": {fault.WrongService, "tables of another program", func(t *testing.T, address string) string {
			t.Helper()
			execute(t, address, "CREATE TABLE goose_db_version (id int)")
			return address
		}},
		"a schema with tables of the same names": {fault.WrongService, "tables of another program", func(t *testing.T, address string) string {
			t.Helper()
			execute(t, address, "CREATE TABLE snapshots (id int)")
			return address
		}},
		"a schema that is newer": {fault.Unsupported, "version 9999", func(t *testing.T, address string) string {
			t.Helper()
			must(t, mustOpen(t, address, t.TempDir()).Close())
			execute(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
			return address
		}},
		"a port where nobody listens": {fault.Refused, "connection refused", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.Host = "127.0.0.1:1" })
		}},
		"a server that is silent": {fault.Timeout, "no answer in time", func(t *testing.T, address string) string {
			t.Helper()
			host := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
			return with(t, address, func(u *url.URL) { u.Host, u.RawQuery = host, u.RawQuery+"&connect_timeout=1" })
		}},
		"a server that hangs up": {fault.Unreachable, "hung up", func(t *testing.T, address string) string {
			t.Helper()
			host := listen(t, func(c net.Conn) { c.Close() })
			return with(t, address, func(u *url.URL) { u.Host = host })
		}},
		"a server of something else": {fault.WrongService, "does not speak as PostgreSQL", func(t *testing.T, address string) string {
			t.Helper()
			host := listen(t, func(c net.Conn) {
				_, _ = c.Write([]byte("J\x00\x00\x00\x0a8.0.36\x00 as MySQL begins"))
				_, _ = io.Copy(io.Discard, c)
			})
			return with(t, address, func(u *url.URL) { u.Host = host })
		}},
		"a server without encryption": {fault.TLS, "does not offer encryption", func(t *testing.T, address string) string {
			t.Helper()
			return with(t, address, func(u *url.URL) { u.RawQuery = "sslmode=require" })
		}},
		"an address that is no URL": {fault.Config, "is not a URL", func(*testing.T, string) string {
			return "postgres://unity:" + secret + "@nas:5432/unity"
		}},
		"an address of something else": {fault.Config, "postgres://", func(*testing.T, string) string {
			return "http://unity:secret@nas/unity"
		}},
		"an address without a database": {fault.Config, "no database", func(*testing.T, string) string {
			return "postgres://unity@nas"
		}},
		"a setting that makes no sense": {fault.Config, "makes no sense", func(*testing.T, string) string {
			return "postgres://unity@nas/unity?sslmode=perhaps"
		}},
		"a number of connections that is none": {fault.Config, "pool_max_conns", func(*testing.T, string) string {
			return "postgres://unity@nas/unity?pool_max_conns=many"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := servers.Database(t, servers.PostgreSQL())
			wrong := test.prepare(t, address)
			const tables = "SELECT string_agg(table_name || ' ' || table_type, ', ' ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'public'"
			before := query[string](t, address, tables)
			_, err := postgres.Open(context.Background(), wrong, sqlstore.Options{Journal: t.TempDir()})
			if fault.Of(err) != test.kind || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got a fault of kind %q: %v\nwant kind %q and %q", fault.Of(err), err, test.kind, test.says)
			}
			if fault.Hint(err) == "" {
				t.Errorf("nothing says what to do about: %v", err)
			}
			said := err.Error() + fault.Hint(err)
			for _, part := range []string{secret, url.QueryEscape(secret), "pass/word", "word@of", "nobody:", "failed", "error"} {
				if strings.Contains(said, part) {
					t.Errorf("%q is said: %s", part, said)
				}
			}
			if after := query[string](t, address, tables); after != before {
				t.Errorf("the tables were %s and are %s", before, after)
			}
		})
	}
}

func TestOnlyOneUnityWritesToASchema(t *testing.T) {
	t.Parallel()
	address := servers.Database(t, servers.PostgreSQL())
	first := mustOpen(t, address, t.TempDir())
	_, err := postgres.Open(t.Context(), address, sqlstore.Options{Journal: t.TempDir()})
	if fault.Of(err) != fault.Conflict || fault.Hint(err) == "" {
		t.Errorf("a second Unity is told %v", err)
	}
	execute(t, address, "CREATE SCHEMA other")
	other := mustOpen(t, address+"&search_path=other", t.TempDir())
	must(t, other.Close())
	must(t, first.Close())
	must(t, mustOpen(t, address, t.TempDir()).Close())
}

func TestLeastRightsAreEnough(t *testing.T) {
	t.Parallel()
	address := servers.Database(t, servers.PostgreSQL())
	owner := role(t, address, "owner")
	name := query[string](t, owner, "SELECT current_user")
	execute(t, address, "GRANT CREATE ON SCHEMA public TO "+name)
	folder := t.TempDir()
	db := mustOpen(t, owner, folder)
	commit(t, db, noon(), map[string]float64{"a": 1})
	must(t, db.Seal(t.Context()))
	must(t, db.Expire(t.Context()))
	must(t, db.Check(t.Context()))
	must(t, db.Close())
	if db := mustOpen(t, owner, folder); !strings.HasPrefix(db.Location(), "postgres://owner_") || strings.Contains(db.Location(), "pass") {
		t.Errorf("the location is %s", db.Location())
	} else {
		must(t, db.Close())
	}
}
