package inventory_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

func TestTheDifferenceOfTwoSnapshotsIsNamedByPaths(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to string
		want     []string
	}{
		"nothing":               {`{"a":[1,2.50,null]}`, `{"a":[1,2.50,null]}`, nil},
		"a value":               {`{"a":{"b":1}}`, `{"a":{"b":2}}`, []string{"$.a.b: 1 -> 2"}},
		"null is something":     {`{"a":null}`, `{}`, []string{"$.a: null -> -"}},
		"a key that is no word": {`{}`, `{"a b":1,"ä":2,"":3}`, []string{`$[""]: - -> 3`, `$["a b"]: - -> 1`, `$["ä"]: - -> 2`}},
		"another kind":          {`{"a":[1]}`, `{"a":{"b":1}}`, []string{`$.a: [1] -> {"b":1}`}},
		"a list of values":      {`[1,2,3]`, `[1,4]`, []string{"$[1]: 2 -> 4", "$[2]: 3 -> -"}},
		"named elements in any order": {
			`[{"name":"db","up":true},{"name":"web","up":true}]`, `[{"name":"web","up":false},{"name":"db","up":true},{"name":"x"}]`,
			[]string{`$[?@.name=="web"].up: true -> false`, `$[?@.name=="x"]: - -> {"name":"x"}`},
		},
		"one that is gone":           {`[{"id":7},{"id":8}]`, `[{"id":8}]`, []string{`$[?@.id==7]: {"id":7} -> -`}},
		"names that are given twice": {`[{"name":"a","n":1},{"name":"a","n":2}]`, `[{"name":"a","n":1}]`, []string{`$[1]: {"n":2,"name":"a"} -> -`}},
		"a name of their own": {
			`[{"drive":"sda","bad":0},{"drive":"sdb","bad":0}]`, `[{"drive":"sdb","bad":2}]`,
			[]string{`$[?@.drive=="sda"]: {"bad":0,"drive":"sda"} -> -`, `$[?@.drive=="sdb"].bad: 0 -> 2`},
		},
		"a long value": {`{"a":1}`, `{"a":"` + strings.Repeat("x", 5000) + `"}`, []string{`$.a: 1 -> "… 5002 bytes"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, all, err := inventory.Difference(json.RawMessage(test.from), json.RawMessage(test.to), 10, "bad", "drive")
			if err != nil || !all {
				t.Fatalf("%v, all %v", err, all)
			}
			var got []string
			for _, change := range changes {
				got = append(got, fmt.Sprintf("%s: %s -> %s", change.Path, orNothing(change.Old), orNothing(change.New)))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func orNothing(value json.RawMessage) string {
	if value == nil {
		return "-"
	}
	return string(value)
}

func TestALongDifferenceIsCut(t *testing.T) {
	t.Parallel()
	changes, all, err := inventory.Difference(json.RawMessage(`[1,2,3]`), json.RawMessage(`[4,5,6]`), 2)
	if len(changes) != 2 || all || err != nil {
		t.Errorf("%d changes, all %v, %v", len(changes), all, err)
	}
	if _, _, err := inventory.Difference(json.RawMessage(`{`), json.RawMessage(`{}`), 2); fault.Of(err) != fault.BadAnswer {
		t.Errorf("garbage gives %v", err)
	}
}

func FuzzDifference(f *testing.F) {
	f.Add([]byte(`[{"name":"a"}]`), []byte(`[{"name":1},{"name":"a","b":[1]}]`))
	f.Fuzz(func(t *testing.T, from, to []byte) {
		changes, _, err := inventory.Difference(from, to, 50)
		if err != nil {
			return
		}
		same, _, err := inventory.Difference(to, to, 50)
		if err != nil || len(same) != 0 || len(changes) > 50 {
			t.Errorf("a document differs from itself: %v, %v; %d changes", same, err, len(changes))
		}
	})
}
