package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

func TestAStreamTellsListsAndValuesThatAreWanted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, answer string
		items        []string
		values       map[string]any
		kind         fault.Kind
	}{
		{
			"a list inside", `{"box": {"size": 2, "items": [{"name": "a", "more": [1, {"name": "x"}]}, {"name": "b"}], "other": [{"name": "c"}]}, "ok": true}`,
			[]string{"a", "b"},
			map[string]any{"box.size": 2.0, "ok": true},
			"",
		},
		{"an object in its place", `{"box": {"items": {}}}`, nil, map[string]any{}, ""},
		{"null in its place", `{"box": {"items": null}}`, nil, map[string]any{"box.items": nil}, ""},
		{"nothing", ``, nil, map[string]any{}, fault.BadAnswer},
		{"a web page", `<html>`, nil, map[string]any{}, fault.WrongService},
		{"cut", `{"box": {"items": [{"name": "a"}`, []string{"a"}, map[string]any{}, fault.BadAnswer},
		{"other elements", `{"box": {"items": ["a"]}}`, nil, map[string]any{}, fault.BadAnswer},
		{"very deep", strings.Repeat("[", 100_000), nil, map[string]any{}, fault.BadAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.answer) })
			var items []string
			values := make(map[string]any)
			err := client(t, server.URL, nil).Stream(t.Context(), fetch.Request{Path: "/"}, fetch.Stream{
				Lists: fetch.Lists{"box.items": fetch.Each(func(one struct{ Name string }) { items = append(items, one.Name) })},
				Value: func(path string, value any) { values[path] = value },
			})
			if (err == nil) != (test.kind == "") || err != nil && fault.Of(err) != test.kind {
				t.Errorf("got %v, want %q", err, test.kind)
			}
			if diff := cmp.Diff(test.items, items); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.values, values); diff != "" {
				t.Error(diff)
			}
		})
	}
}
