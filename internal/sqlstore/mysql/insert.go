package mysql

import (
	"context"
	"database/sql"
	"encoding/hex"
	"math"
	"strconv"
)

// rowsPerStatement is measured: fewer cost more round trips, more gain nothing.
// At 100 bytes each they are far from what a server takes at once.
const rowsPerStatement = 2000

// insert puts rows into a table, many with one statement. Numbers are written
// into it as text: that is nearly as fast as parameters of a prepared statement
// and leaves nothing behind on the server.
type insert struct {
	tx         *sql.Tx
	head, tail string
	text       []byte
	rows       int
}

// newInsert returns one whose rows replace those with the same key.
func newInsert(tx *sql.Tx, table string, keys, columns []string) *insert {
	in := &insert{tx: tx, head: "INSERT INTO " + table + " ("}
	for i, column := range append(append([]string{}, keys...), columns...) {
		if i > 0 {
			in.head += ", "
		}
		in.head += column
	}
	in.head += ") VALUES "
	for i, column := range columns {
		in.tail += [...]string{" ON DUPLICATE KEY UPDATE ", ", "}[min(i, 1)] + column + " = VALUES(" + column + ")"
	}
	in.text = append(make([]byte, 0, rowsPerStatement*64), in.head...)
	return in
}

// end ends a row, which the append methods have written to text.
func (in *insert) end(ctx context.Context) error {
	in.text = append(in.text, "),"...)
	in.rows++
	if in.rows < rowsPerStatement {
		return nil
	}
	return in.flush(ctx)
}

// flush sends what there is.
func (in *insert) flush(ctx context.Context) error {
	if in.rows == 0 {
		return nil
	}
	_, err := in.tx.ExecContext(ctx, string(append(in.text[:len(in.text)-1], in.tail...)))
	in.text, in.rows = in.text[:len(in.head)], 0
	return err
}

// key begins a row.
func (in *insert) key(series uint64, time int64) {
	in.text = append(in.text, '(')
	in.text = strconv.AppendUint(in.text, series, 10)
	in.integer(time)
}

func (in *insert) integer(n int64) {
	in.text = append(in.text, ',')
	in.text = strconv.AppendInt(in.text, n, 10)
}

// number writes a float64, or NULL when it is not a number. With an exponent it
// is read as binary floating point, bit for bit; without one as a decimal.
func (in *insert) number(value float64) {
	in.text = append(in.text, ',')
	if !finite(value) {
		in.text = append(in.text, "NULL"...)
		return
	}
	in.text = strconv.AppendFloat(in.text, value, 'e', -1, 64)
}

func (in *insert) null() { in.text = append(in.text, ",NULL"...) }

func (in *insert) binary(bytes []byte) {
	in.text = append(in.text, ",X'"...)
	in.text = hex.AppendEncode(in.text, bytes)
	in.text = append(in.text, '\'')
}

// exact reports whether a column of numbers gives a value back as it was. It
// takes nothing that is not a number, and -0 becomes 0.
func exact(value float64) bool { return finite(value) && (value != 0 || !math.Signbit(value)) }

func finite(value float64) bool { return !math.IsNaN(value) && !math.IsInf(value, 0) }
