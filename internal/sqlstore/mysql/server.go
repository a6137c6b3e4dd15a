package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	mysql "github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
)

// server is what answers.
type server struct {
	name    string // MySQL or MariaDB
	version string
}

// String names it to people.
func (s server) String() string { return s.name + " " + s.version }

// versionOf reads what a server says about itself, such as
// "10.11.6-MariaDB-0+deb12u1", or "8.0.36-0ubuntu0.22.04.1".
func versionOf(text string) server {
	// What an old MariaDB says to old clients that expect a 5.
	text = strings.TrimPrefix(text, "5.5.5-")
	s := server{name: "MySQL"}
	if strings.Contains(strings.ToLower(text), "mariadb") {
		s.name = "MariaDB"
	}
	s.version, _, _ = strings.Cut(text, "-")
	return s
}

// oldest is the first version with what Unity needs: text that is compared byte
// by byte, and tables whose changes are done as a whole.
func (s server) oldest() string {
	if s.name == "MariaDB" {
		return "10.6"
	}
	return "8.0.17"
}

// spaces is the table in which it lists its files.
func (s server) spaces() string {
	if s.name == "MariaDB" {
		return "INNODB_SYS_TABLESPACES"
	}
	return "INNODB_TABLESPACES"
}

// check refuses a server that is too old.
func (s server) check() error {
	if !older(s.version, s.oldest()) {
		return nil
	}
	return fault.New(fault.Unsupported, "the database server is %s, and Unity needs %s %s or newer", s, s.name, s.oldest()).
		WithHint("Update the server, or keep the data in SQLite or PostgreSQL.")
}

// older compares versions number by number; what is no number is 0.
func older(version, than string) bool {
	have := strings.Split(version, ".")
	for i, text := range strings.Split(than, ".") {
		want, _ := strconv.Atoi(text)
		got := 0
		if i < len(have) {
			got, _ = strconv.Atoi(have[i])
		}
		if got != want {
			return got < want
		}
	}
	return false
}

// meet asks a server who it is.
func meet(ctx context.Context, db *sql.DB) (server, error) {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return server{}, err
	}
	return versionOf(version), nil
}

// nothing is a table that there is not. A server says that the right is missing
// before it says that the table is, so asking changes nothing.
const nothing = "unity_no_such_table"

// checkRights says which rights a user lacks.
func checkRights(ctx context.Context, db *sql.DB, a address) error {
	var lacking []string
	for _, right := range []struct{ name, statement string }{
		{"SELECT", "SELECT x FROM " + nothing},
		{"INSERT", "INSERT INTO " + nothing + " VALUES (1)"},
		{"UPDATE", "UPDATE " + nothing + " SET x = 1"},
		{"DELETE", "DELETE FROM " + nothing},
		{"CREATE", "CREATE TABLE " + nothing + "_2 LIKE " + nothing},
		{"ALTER", "ALTER TABLE " + nothing + " ADD x INT"},
		{"DROP", "DROP TABLE " + nothing},
		{"INDEX", "CREATE INDEX x ON " + nothing + " (x)"},
	} {
		_, err := db.ExecContext(ctx, right.statement)
		told := (*mysql.MySQLError)(nil)
		switch {
		case !errors.As(err, &told):
			if err != nil {
				return err
			}
		case told.Number == 1142 || told.Number == 1044:
			lacking = append(lacking, right.name)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return fault.New(fault.Permission, "user %s lacks rights on database %s: %s", a.user, a.name, strings.Join(lacking, ", ")).
		WithHint("As an administrator of the server: GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX ON `%s`.* TO %s.", a.name, account(ctx, db, a))
}

// account is the user as a statement names it.
func account(ctx context.Context, db *sql.DB, a address) string {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&text); err != nil {
		return "'" + a.user + "'"
	}
	// The host follows the last @.
	at := strings.LastIndex(text, "@")
	if at < 0 {
		return "'" + text + "'"
	}
	return fmt.Sprintf("'%s'@'%s'", text[:at], text[at+1:])
}

// checkOwner refuses a database in which another program keeps its tables.
func checkOwner(ctx context.Context, db *sql.DB, a address) error {
	names, err := tablesOf(ctx, db)
	if err != nil || slices.Contains(names, "marks") { // the first that a migration makes
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "goose_db_version" })
	if len(names) == 0 {
		return nil
	}
	return fault.New(fault.WrongService, "the database %s belongs to another program: it has a table %s", a.name, names[0]).
		WithHint(hintAnother)
}

// tablesOf returns the names of all tables in the database.
func tablesOf(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT TABLE_NAME FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
