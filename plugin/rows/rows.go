// Package rows holds the answers of database servers as plugins read them: rows of
// texts by the names of their columns, in which a value that is not there is
// absent and one that makes no sense is a fault and not a zero.
package rows

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Table is an answer.
type Table struct {
	Names []string
	Cells [][][]byte // row by row; a cell is nil where the server says NULL
	Cut   bool       // there were more rows than are kept

	columns map[string]int
	bad     error // the first cell that could not be read
	size    int
}

// Bounds of one answer. No question of a plugin comes near them.
const (
	maxRows  = 20_000
	maxBytes = 16 << 20
)

// New returns an empty answer with columns of these names.
func New(names []string) *Table {
	t := &Table{Names: names, columns: make(map[string]int, len(names))}
	for i, name := range names {
		t.columns[name] = i
	}
	return t
}

// Append keeps a copy of a row, within bounds.
func (t *Table) Append(cells [][]byte) {
	kept := make([][]byte, len(cells))
	for i, cell := range cells {
		if cell != nil {
			kept[i] = append([]byte{}, cell...)
		}
		t.size += len(cell)
	}
	if len(t.Cells) >= maxRows || t.size > maxBytes {
		t.Cut = true
		return
	}
	t.Cells = append(t.Cells, kept)
}

// All yields the rows in order.
func (t *Table) All(yield func(Row) bool) {
	for _, cells := range t.Cells {
		if !yield(Row{t, cells}) {
			return
		}
	}
}

// One returns the only row, which may be empty.
func (t *Table) One() Row {
	if len(t.Cells) == 0 {
		return Row{t, nil}
	}
	return Row{t, t.Cells[0]}
}

// Bad reports whether a cell that was asked for could not be read.
func (t *Table) Bad() bool { return t.bad != nil }

// Problem says what of the answer could not be read, or returns nil.
func (t *Table) Problem(name string) error {
	switch {
	case t == nil:
		return nil
	case t.bad != nil:
		return fault.As(fault.BadAnswer, t.bad, "reading the answer about %s", name)
	case t.Cut:
		return fault.New(fault.Partial, "the answer about %s is too long; %d rows are read", name, len(t.Cells))
	default:
		return nil
	}
}

// Row is one row of an answer. What is NULL or not there is absent.
type Row struct {
	table *Table
	cells [][]byte
}

func (r Row) cell(column string) []byte {
	i, there := r.table.columns[column]
	if !there || i >= len(r.cells) {
		return nil
	}
	return r.cells[i]
}

// Text returns a text, or "".
func (r Row) Text(column string) string {
	return strings.ToValidUTF8(string(r.cell(column)), "\ufffd")
}

// Number returns a number, or false.
func (r Row) Number(column string) (float64, bool) {
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

// Or returns a number, or another where there is none.
func (r Row) Or(column string, other float64) float64 {
	if value, ok := r.Number(column); ok {
		return value
	}
	return other
}

// Optional returns a number for a document: nil where there is none.
func (r Row) Optional(column string) *float64 {
	if value, ok := r.Number(column); ok {
		return &value
	}
	return nil
}

// Flag reports whether a truth value is true, in the words of any server; unknown
// is false.
func (r Row) Flag(column string) bool {
	switch strings.ToLower(string(r.cell(column))) {
	case "t", "true", "1", "on", "yes":
		return true
	default:
		return false
	}
}

// Statement is the text of a statement for a list: the beginning of it in one line,
// up to a word that a secret follows.
func Statement(text string, beforeSecret *regexp.Regexp) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if at := beforeSecret.FindStringIndex(text); at != nil {
		text = text[:at[1]] + " …"
	}
	return plugin.Shorten(text, most)
}

// What a question begins with: its name, so that administrators see who asks what,
// and servers in tests know what to answer.
const beforeName, afterName = "/* unity: ", " */ "

// Question names a question.
func Question(name, query string) string { return beforeName + name + afterName + query }

// NameOf returns the name that [Question] gave, or false.
func NameOf(question string) (string, bool) {
	named, ours := strings.CutPrefix(question, beforeName)
	name, _, ends := strings.Cut(named, afterName)
	return name, ours && ends
}

// null is how an absent cell is written, as COPY does.
const null = `\N`

func escaper() *strings.Replacer {
	return strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r")
}

// Format writes the answer as cases have it: a line of names and a line per row,
// with tabs between.
func (t *Table) Format() []byte {
	var b bytes.Buffer
	escape := escaper()
	for i, name := range t.Names {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(escape.Replace(name))
	}
	b.WriteByte('\n')
	for _, cells := range t.Cells {
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

// Refusal writes a refusal as cases have it: ERROR, the server's code and its
// message.
func Refusal(code, message string) []byte {
	return fmt.Appendf(nil, "ERROR %s %s\n", code, escaper().Replace(message))
}

// Parse reads what [Table.Format] or [Refusal] wrote, for servers in tests that
// answer what a case holds. A refusal has a code, and no table.
func Parse(text []byte) (answer *Table, code, message string) {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	unescape := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")
	if refused, ok := strings.CutPrefix(lines[0], "ERROR "); ok {
		code, message, _ = strings.Cut(refused, " ")
		return nil, code, unescape.Replace(message)
	}
	var names []string
	for name := range strings.SplitSeq(lines[0], "\t") {
		names = append(names, unescape.Replace(name))
	}
	answer = New(names)
	for _, line := range lines[1:] {
		var cells [][]byte
		for cell := range strings.SplitSeq(line, "\t") {
			if cell == null {
				cells = append(cells, nil)
				continue
			}
			cells = append(cells, []byte(unescape.Replace(cell)))
		}
		answer.Append(cells)
	}
	return answer, "", ""
}
