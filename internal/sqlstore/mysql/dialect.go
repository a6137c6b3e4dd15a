package mysql

import (
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/schema"

	"github.com/unity-homelab/unity/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// dialect is what MySQL and MariaDB do their own way.
type dialect struct{}

var _ sqlstore.Dialect = dialect{}

// Bun writes statements that both understand. A NUL in a text is left out.
func (dialect) Bun() schema.Dialect { return statements{mysqldialect.New()} }

// statements is the dialect of bun without its look at the server, which would
// use what only MariaDB can.
type statements struct{ *mysqldialect.Dialect }

// Init does nothing.
func (statements) Init(*sql.DB) {}

// Goose names the database to the migrations.
func (dialect) Goose() goose.Dialect { return goose.DialectMySQL }

// Migrations are the embedded steps.
func (dialect) Migrations() fs.FS {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// Upsert makes an insert replace the columns of a row with the same keys. The
// keys need no naming here: they are those of the table.
func (dialect) Upsert(query *bun.InsertQuery, _, columns []string) *bun.InsertQuery {
	query = query.On("DUPLICATE KEY UPDATE")
	for _, column := range columns {
		query = query.Set("? = VALUES(?)", bun.Ident(column), bun.Ident(column))
	}
	return query
}
