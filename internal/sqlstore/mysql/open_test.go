package mysql_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

// beside connects to a database as another program would.
func beside(t *testing.T, address string) *sql.DB {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	config := driver.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", parsed.Host, strings.TrimPrefix(parsed.Path, "/")
	config.User = parsed.User.Username()
	config.Passwd, _ = parsed.User.Password()
	connector, err := driver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// tables returns the names of the tables in a database, with their columns.
func tables(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT TABLE_NAME, GROUP_CONCAT(COLUMN_NAME, ' ', COLUMN_TYPE ORDER BY ORDINAL_POSITION)"+
		" FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := make(map[string]string)
	for rows.Next() {
		var name, columns string
		if err := rows.Scan(&name, &columns); err != nil {
			t.Fatal(err)
		}
		found[name] = columns
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// as returns the address with another user, who is made with some rights.
func as(t *testing.T, address string, rights ...string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	db, name := beside(t, address), "u"+strings.ToLower(rand.Text()[:12])
	run(t, db, fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY 'secret'", name))
	t.Cleanup(func() { _, _ = db.ExecContext(context.WithoutCancel(t.Context()), "DROP USER '"+name+"'@'%'") })
	if len(rights) > 0 {
		run(t, db, fmt.Sprintf("GRANT %s ON %s.* TO '%s'@'%%'", strings.Join(rights, ", "), strings.TrimPrefix(parsed.Path, "/"), name))
	}
	parsed.User = url.UserPassword(name, "secret")
	return parsed.String()
}

// changed returns the address with a part of it replaced.
func changed(t *testing.T, address string, change func(u *url.URL)) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(parsed)
	return parsed.String()
}

// answering is the address of a server that says something to each visitor and
// then waits, or hangs up at once when it says nothing.
func answering(t *testing.T, text string) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if text == "" {
				connection.Close()
				continue
			}
			_, _ = connection.Write([]byte(text))
			t.Cleanup(func() { connection.Close() })
		}
	}()
	return "mysql://unity:secret@" + listener.Addr().String() + "/unity"
}

func TestADatabaseThatCannotBeUsedIsSaidAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url  func(t *testing.T, address string) string
		kind fault.Kind
		text string
		hint string
	}{
		"the password is wrong": {
			func(t *testing.T, address string) string {
				t.Helper()
				return changed(t, address, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "secret") })
			},
			fault.Auth, "Access denied", "password",
		},
		"there is no such database": {
			func(t *testing.T, address string) string {
				t.Helper()
				return changed(t, address, func(u *url.URL) { u.Path += "_other" })
			},
			fault.NotFound, "Unknown database", "CREATE DATABASE",
		},
		"the user may do nothing there": {
			func(t *testing.T, address string) string { t.Helper(); return as(t, address) },
			fault.Permission, "Access denied", "GRANT",
		},
		"the user may only read": {
			func(t *testing.T, address string) string { t.Helper(); return as(t, address, "SELECT") },
			fault.Permission, "INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX", "GRANT SELECT",
		},
		"the user may not drop": {
			func(t *testing.T, address string) string {
				t.Helper()
				return as(t, address, "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX")
			},
			fault.Permission, "lacks rights on database", "GRANT SELECT",
		},
		"it is another program's": {
			func(t *testing.T, address string) string {
				t.Helper()
				run(t, beside(t, address), "CREATE TABLE bookmarks (url TEXT)")
				return address
			},
			fault.WrongService, "has a table bookmarks", "a database of its own",
		},
		"it is of a newer version": {
			func(t *testing.T, address string) string {
				t.Helper()
				db, err := mysql.Open(t.Context(), address, sqlstore.Options{Journal: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				run(t, beside(t, address), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (77, 1)")
				return address
			},
			fault.Unsupported, "version 77", "newer Unity",
		},
		"another Unity has it": {
			func(t *testing.T, address string) string {
				t.Helper()
				db, err := mysql.Open(t.Context(), address, sqlstore.Options{Journal: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				return address
			},
			fault.Conflict, "in use by another Unity", "Stop that one",
		},
		"nothing listens there": {
			func(t *testing.T, address string) string {
				t.Helper()
				return changed(t, address, func(u *url.URL) { u.Host = "127.0.0.1:1" })
			},
			fault.Refused, "connection refused", "127.0.0.1:1",
		},
		"the name has no address": {
			func(t *testing.T, address string) string {
				t.Helper()
				return changed(t, address, func(u *url.URL) { u.Host = "nowhere.invalid" })
			},
			fault.DNS, "nowhere.invalid", "name of the server",
		},
		"another service answers": {
			func(t *testing.T, _ string) string { t.Helper(); return answering(t, "\x05\x00\x00\x00hello") },
			fault.WrongService, "malformed packet", "Something else",
		},
		"it hangs up": {
			func(t *testing.T, _ string) string { t.Helper(); return answering(t, "") },
			fault.Unreachable, "invalid connection", "Look whether",
		},
		"it has no TLS": {
			func(t *testing.T, address string) string {
				t.Helper()
				return changed(t, address, func(u *url.URL) { u.RawQuery = "tls=true" })
			},
			fault.TLS, "does not support TLS", "Correct tls",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := servers.Database(t, servers.MariaDB())
			given := test.url(t, address)
			before := tables(t, beside(t, address))
			_, err := mysql.Open(t.Context(), given, sqlstore.Options{Journal: filepath.Join(t.TempDir(), "journal")})
			if fault.Of(err) != test.kind || !strings.Contains(fmt.Sprint(err), test.text) || !strings.Contains(fault.Hint(err), test.hint) {
				t.Errorf("got a fault of kind %s: %v (hint: %q)", fault.Of(err), err, fault.Hint(err))
			}
			if text := fmt.Sprint(err, fault.Hint(err)); strings.Contains(text, "secret") || strings.Contains(text, "only%20for") {
				t.Errorf("the password is shown: %s", text)
			}
			if diff := cmp.Diff(before, tables(t, beside(t, address))); diff != "" {
				t.Errorf("the database changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := mysql.Open(ctx, answering(t, "SSH-2.0-OpenSSH_9.2p1\r\n"), sqlstore.Options{Journal: t.TempDir()})
	if fault.Of(err) != fault.Timeout || !strings.Contains(fault.Hint(err), "or something else answers there") {
		t.Errorf("got %v (hint: %q), want a fault of kind timeout", err, fault.Hint(err))
	}
}

// statements returns what the migrations do, one by one.
func statements(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("migrations"), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join("migrations", file))
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(string(content)) {
			if !strings.HasPrefix(line, "--") {
				lines = append(lines, line)
			}
		}
		for part := range strings.SplitSeq(strings.Join(lines, ""), ";\n") {
			if strings.TrimSpace(part) != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

func TestAMigrationThatWasCutShortIsFinished(t *testing.T) {
	t.Parallel()
	address := servers.Database(t, servers.MariaDB())
	open := func(address string) {
		t.Helper()
		db, err := mysql.Open(t.Context(), address, sqlstore.Options{Journal: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(address)
	want := tables(t, beside(t, address))
	all := statements(t)
	if len(all) < 12 {
		t.Fatalf("there are %d statements", len(all))
	}
	for done := range all {
		t.Run(fmt.Sprintf("after %d of %d statements", done+1, len(all)), func(t *testing.T) {
			t.Parallel()
			address := servers.Database(t, servers.MariaDB())
			run(t, beside(t, address), all[:done+1]...)
			open(address)
			if diff := cmp.Diff(want, tables(t, beside(t, address))); diff != "" {
				t.Errorf("the tables differ (-want +got):\n%s", diff)
			}
		})
	}
}
