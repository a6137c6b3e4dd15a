package sqlstore

import (
	"strings"

	"github.com/uptrace/bun"
)

// OnConflict is the Upsert of the databases that write it ON CONFLICT.
func OnConflict(query *bun.InsertQuery, keys, columns []string) *bun.InsertQuery {
	query = query.On("CONFLICT (" + strings.Join(keys, ", ") + ") DO UPDATE")
	for _, column := range columns {
		query = query.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	return query
}
