package postgres

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// table is an answer: rows of texts, by the names of their columns.
type table struct {
	names   []string
	columns map[string]int
	rows    [][][]byte // a cell is nil where the server says NULL
	cut     bool       // there were more rows than are kept
	bad     error      // the first cell that could not be read
}

func newTable(names []string) *table {
	t := &table{names: names, columns: make(map[string]int, len(names))}
	for i, name := range names {
		t.columns[name] = i
	}
	return t
}

// all yields the rows in order.
func (t *table) all(yield func(row) bool) {
	for _, cells := range t.rows {
		if !yield(row{t, cells}) {
			return
		}
	}
}

// one returns the only row, which may be empty.
func (t *table) one() row {
	if len(t.rows) == 0 {
		return row{t, nil}
	}
	return row{t, t.rows[0]}
}

// problem says what of the answer could not be read.
func (t *table) problem(name string) error {
	switch {
	case t == nil:
		return nil
	case t.bad != nil:
		return fault.As(fault.BadAnswer, t.bad, "reading the answer about %s", name)
	case t.cut:
		return fault.New(fault.Partial, "the answer about %s is too long; %d rows are read", name, len(t.rows))
	default:
		return nil
	}
}

// row is one row of a table. What is NULL or not there is absent.
type row struct {
	table *table
	cells [][]byte
}

func (r row) cell(column string) []byte {
	i, there := r.table.columns[column]
	if !there || i >= len(r.cells) {
		return nil
	}
	return r.cells[i]
}

// text returns a text, or "".
func (r row) text(column string) string {
	return strings.ToValidUTF8(string(r.cell(column)), "\ufffd")
}

// number returns a number, or false.
func (r row) number(column string) (float64, bool) {
	cell := r.cell(column)
	if cell == nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(cell), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		if r.table.bad == nil {
			r.table.bad = fault.New(fault.BadAnswer, "the column %s holds %.40q, which is no number", column, cell)
		}
		return 0, false
	}
	return value, true
}

// or returns a number, or another where there is none.
func (r row) or(column string, other float64) float64 {
	if value, ok := r.number(column); ok {
		return value
	}
	return other
}

// optional returns a number for a document: nil where there is none.
func (r row) optional(column string) *float64 {
	if value, ok := r.number(column); ok {
		return &value
	}
	return nil
}

// flag reports whether a truth value is true; unknown is false.
func (r row) flag(column string) bool { return string(r.cell(column)) == "t" }

// null is how an absent cell is written, as COPY does.
const null = `\N`

func escaper() *strings.Replacer {
	return strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r")
}

// format writes the answer as cases have it: a line of names and a line per row,
// with tabs between.
func (t *table) format() []byte {
	var b bytes.Buffer
	escape := escaper()
	for i, name := range t.names {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(escape.Replace(name))
	}
	b.WriteByte('\n')
	for _, cells := range t.rows {
		for i, cell := range cells {
			if i > 0 {
				b.WriteByte('\t')
			}
			if cell == nil {
				b.WriteString(null)
			} else {
				b.WriteString(escape.Replace(string(cell)))
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// errorLine begins an answer that is a refusal: ERROR 42501 permission denied.
const errorLine = "ERROR "

// refusal writes a refusal as cases have it.
func refusal(code, message string) []byte {
	return fmt.Appendf(nil, "%s%s %s\n", errorLine, code, escaper().Replace(message))
}
