package rows_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/rows"
)

func TestWhatIsNotThereIsAbsent(t *testing.T) {
	t.Parallel()
	table := rows.New([]string{"name", "size", "on"})
	table.Append([][]byte{[]byte("a\xff"), nil, []byte("YES")})
	table.Append([][]byte{[]byte("b"), []byte("1e3")}) // a cell is missing
	var names []string
	for row := range table.All {
		names = append(names, row.Text("name"))
	}
	if diff := cmp.Diff([]string{"a\ufffd", "b"}, names); diff != "" {
		t.Error(diff)
	}
	first := table.One()
	if _, ok := first.Number("size"); ok || first.Optional("size") != nil || first.Or("size", 7) != 7 || first.Text("no such column") != "" {
		t.Error("a NULL has a value")
	}
	if !first.Flag("on") || first.Flag("size") {
		t.Error("truth values are not read")
	}
	if err := table.Problem("sizes"); err != nil || table.Bad() {
		t.Errorf("nothing is wrong, and yet: %v", err)
	}
	if row := rows.New(nil).One(); row.Text("name") != "" {
		t.Error("an empty answer has a text")
	}
}

func TestWhatMakesNoSenseIsAFault(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"", "many", "NaN", "Inf", "1e999", "0x1p"} {
		table := rows.New([]string{"size"})
		table.Append([][]byte{[]byte(cell)})
		if value, ok := table.One().Number("size"); ok || fault.Of(table.Problem("sizes")) != fault.BadAnswer || !table.Bad() {
			t.Errorf("%q is %v: %v", cell, value, table.Problem("sizes"))
		}
	}
}

func TestAnAnswerWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	table := rows.New([]string{"x"})
	for range 25_000 {
		table.Append([][]byte{[]byte("1")})
	}
	if len(table.Cells) != 20_000 || fault.Of(table.Problem("it")) != fault.Partial {
		t.Errorf("%d rows are kept: %v", len(table.Cells), table.Problem("it"))
	}
}

func TestTextsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	table := rows.New([]string{"a", "tab\there"})
	table.Append([][]byte{[]byte("line\nbreak \\N \\n"), nil})
	table.Append([][]byte{{}, []byte("é")})
	got, code, _ := rows.Parse(table.Format())
	if code != "" {
		t.Fatalf("it became the refusal %s", code)
	}
	if diff := cmp.Diff(table.Names, got.Names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(table.Cells, got.Cells); diff != "" {
		t.Error(diff)
	}
	if _, code, message := rows.Parse(rows.Refusal("42501", "permission\ndenied")); code != "42501" || message != "permission\ndenied" {
		t.Errorf("a refusal came back as %q %q", code, message)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a\tb\n1\t\\N\n")
	f.Add("ERROR 1045 no\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, _, _ := rows.Parse([]byte(text))
		if table == nil {
			return
		}
		for row := range table.All {
			for _, name := range table.Names {
				row.Number(name)
				row.Flag(name)
				if strings.ToValidUTF8(row.Text(name), "") != row.Text(name) {
					t.Errorf("%q is no text", row.Text(name))
				}
			}
		}
	})
}

func TestAStatementIsShownWithoutItsSecret(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`(?i)\bpassword\b`)
	for text, want := range map[string]string{
		"SELECT  1\n\t FROM x":                "SELECT 1 FROM x",
		"ALTER ROLE a Password 'hidden'":      "ALTER ROLE a Password …",
		"SELECT '" + strings.Repeat("ä", 300): "SELECT '" + strings.Repeat("ä", 191) + "…",
	} {
		if got := rows.Statement(text, secret); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestTheNameOfAQuestionIsRead(t *testing.T) {
	t.Parallel()
	if name, ok := rows.NameOf(rows.Question("slow queries", "SELECT 1 /* unity: not this */ ")); !ok || name != "slow queries" {
		t.Errorf("it is %q, %t", name, ok)
	}
	for _, other := range []string{"", "SELECT 1", "/* unity: cut", "SELECT /* unity: inside */ 1"} {
		if name, ok := rows.NameOf(other); ok {
			t.Errorf("%q is named %q", other, name)
		}
	}
}
