package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/api"
)

// several makes sources for the tests of lists.
func several(t *testing.T, s *server) {
	t.Helper()
	var made []string
	for n, name := range []string{"Zebra", "apple", "Mango", "mango"} {
		made = append(made, fmt.Sprintf(`{"plugin":"clock_monitor","id":"s%d","name":%q,"tags":["fruit","n%d"],"enabled":false}`, n, name, n))
	}
	var result api.BulkResult
	s.must(t, http.MethodPost, "/api/v1/sources/bulk", `{"action":"create","create":[`+strings.Join(made, ",")+`]}`, &result)
	if result.Succeeded != 4 || result.Failed != 0 {
		t.Fatalf("made %+v", result)
	}
}

func TestSourcesAreSortedFilteredAndPaged(t *testing.T) {
	t.Parallel()
	s := setup(t)
	several(t, s)
	for query, want := range map[string]string{
		"tag=fruit":                           "s0 s1 s2 s3",
		"tag=fruit&sort=-id":                  "s3 s2 s1 s0",
		"tag=fruit&sort=name":                 "s1 s2 s3 s0",
		"tag=fruit&sort=-name":                "s0 s3 s2 s1",
		"tag=fruit&tag=n2":                    "s2",
		"tag=fruit&tag=none":                  "",
		"plugin=clock_monitor&q=mango":        "s2 s3",
		"host=elsewhere":                      "",
		"category=hardware&q=apple":           "s1",
		"status=paused&sort=updated&q=s0":     "s0",
		"tag=fruit&sort=status":               "s0 s1 s2 s3",
		"tag=fruit&sort=plugin&status=paused": "s0 s1 s2 s3",
	} {
		for _, limit := range []int{0, 1, 3, 4} {
			var got []string
			cursor := ""
			for range 6 {
				var answer struct {
					Items      []api.Source
					NextCursor string `json:"next_cursor"`
				}
				s.must(t, http.MethodGet, fmt.Sprintf("/api/v1/sources?%s&limit=%d&cursor=%s", query, limit, url.QueryEscape(cursor)), "", &answer)
				for _, source := range answer.Items {
					got = append(got, source.ID)
				}
				if cursor = answer.NextCursor; cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s in pages of %d (-want +got):\n%s", query, limit, diff)
			}
		}
	}
}

func TestSeveralSourcesAreChangedAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	several(t, s)
	bulk := func(body string) api.BulkResult {
		t.Helper()
		var result api.BulkResult
		s.must(t, http.MethodPost, "/api/v1/sources/bulk", body, &result)
		return result
	}
	got := bulk(`{"action":"enable","ids":["s0","none","s1"]}`)
	want := api.BulkResult{Succeeded: 2, Failed: 1, Items: []api.BulkItem{
		{ID: "s0", OK: true}, {ID: "none", Problem: &api.ProblemNote{Kind: "not_found", Message: `there is no source "none"`}}, {ID: "s1", OK: true},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("enabled (-want +got):\n%s", diff)
	}
	if got = bulk(`{"action":"pause","ids":["s0"],"seconds":3600}`); got.Succeeded != 1 {
		t.Errorf("paused %+v", got)
	}
	var source api.SourceDetail
	s.must(t, http.MethodGet, "/api/v1/sources/s0", "", &source)
	if source.Enabled || source.Status.PausedUntil == nil || time.Until(*source.Status.PausedUntil) < 59*time.Minute {
		t.Errorf("a paused source is %+v", source)
	}
	source = api.SourceDetail{}
	s.must(t, http.MethodPost, "/api/v1/sources/s0/enable", "", &source)
	if !source.Enabled || source.Status.PausedUntil != nil {
		t.Errorf("an enabled source is %+v", source.Source)
	}
	got = bulk(`{"action":"create","create":[{"plugin":"clock_monitor","id":"s0"},{"plugin":"clock_monitor","config":{"step":0}}]}`)
	if got.Failed != 2 || got.Items[0].Problem.Kind != "conflict" || got.Items[1].Errors[0].Path != "config.step" {
		t.Errorf("made what cannot be made: %+v", got)
	}
	if got = bulk(`{"action":"delete","ids":["s0","s1","s2","s3"]}`); got.Succeeded != 4 {
		t.Errorf("deleted %+v", got)
	}
	for _, test := range []scenario{
		{name: "no source", method: "POST", path: "/api/v1/sources/bulk", body: `{"action":"enable"}`, status: 422, contains: []string{`"path":"ids"`}},
		{name: "what is made is named", method: "POST", path: "/api/v1/sources/bulk", body: `{"action":"create","ids":["a"]}`, status: 422, contains: []string{`"path":"ids"`}},
		{name: "a pause without an end", method: "POST", path: "/api/v1/sources/bulk", body: `{"action":"pause","ids":["a"]}`, status: 422, contains: []string{`"path":"until"`}},
		{name: "an action of no kind", method: "POST", path: "/api/v1/sources/bulk", body: `{"action":"melt","ids":["a"]}`, status: 422, contains: []string{`"path":"action"`}},
		{name: "a foreign cursor", method: "GET", path: "/api/v1/sources?cursor=%21", status: 422, contains: []string{"is none of ours"}},
		{name: "a pause in the past", method: "POST", path: "/api/v1/sources/clock_monitor/pause", body: `{"until":"2001-01-01T00:00:00Z"}`, status: 422, contains: []string{`"path":"until"`}},
		{name: "a copy of nothing", method: "POST", path: "/api/v1/sources/nonsense/duplicate", body: `{}`, status: 404},
		{name: "a copy", method: "POST", path: "/api/v1/sources/clock_monitor/duplicate", body: `{"id":"second"}`, status: 201, contains: []string{`"name":"Copy of Clock"`, `"enabled":false`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, s)
		})
	}
}
