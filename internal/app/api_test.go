package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// scenario is a request and what its answer must and must not contain.
type scenario struct {
	name         string
	method, path string
	body         string
	header       []string
	status       int
	contains     []string
	lacks        []string
}

func TestRequestsAndAnswers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.must(t, http.MethodPost, "/api/v1/sources",
		`{"plugin":"clock-monitor","id":"wall","name":"Wall clock","config":{"step":2,"token":"geheim"}}`, nil)
	s.must(t, http.MethodPost, "/api/v1/sources/wall/run", "", nil)

	for _, test := range []scenario{
		{name: "it is alive", method: "GET", path: "/health", status: 200, contains: []string{"alive"}},
		{name: "it is ready", method: "GET", path: "/ready", status: 200, contains: []string{"ready"}},
		{name: "the document describes itself", method: "GET", path: "/api/openapi.json", status: 200, contains: []string{`"openapi":"3.1`}},
		{name: "the description has a page", method: "GET", path: "/api/docs", status: 200, contains: []string{"Unity API"}, lacks: []string{"https://"}},

		{name: "plugins are listed", method: "GET", path: "/api/v1/plugins", status: 200, contains: []string{`"id":"clock_monitor"`, `"can_detect":true`}},
		{name: "a plugin tells its schema", method: "GET", path: "/api/v1/plugins/clock-monitor", status: 200, contains: []string{`"step"`, `"clock_ticks_total"`, `"interval_seconds":1`}},
		{name: "no such plugin", method: "GET", path: "/api/v1/plugins/nonsense", status: 404, contains: []string{`"kind":"not_found"`, `"hint":`}},

		{name: "a secret is never shown", method: "GET", path: "/api/v1/sources/wall", status: 200, contains: []string{`"token":"********"`, `"step":2`}, lacks: []string{"geheim"}},
		{name: "sources are filtered by text", method: "GET", path: "/api/v1/sources?q=WALL", status: 200, contains: []string{`"id":"wall"`}, lacks: []string{`"id":"clock_monitor"`}},
		{name: "sources are filtered by status", method: "GET", path: "/api/v1/sources?status=paused", status: 200, contains: []string{`"items":[]`}},
		{name: "no such source", method: "GET", path: "/api/v1/sources/nonsense", status: 404, contains: []string{`there is no source \"nonsense\"`}},
		{name: "the latest values", method: "GET", path: "/api/v1/sources/wall/latest", status: 200, contains: []string{`"name":"clock_ticks_total"`, `"hand":"big"`}},
		{name: "the snapshot", method: "GET", path: "/api/v1/sources/wall/snapshot", status: 200, contains: []string{`"hands":["big"]`}},
		{name: "the runs", method: "GET", path: "/api/v1/sources/wall/runs?limit=1", status: 200, contains: []string{`"outcome":"success"`}},
		{name: "runs of no source", method: "GET", path: "/api/v1/sources/nonsense/runs", status: 404},
		{name: "too many runs", method: "GET", path: "/api/v1/sources/wall/runs?limit=100000", status: 422, contains: []string{`"kind":"config"`, `"path":"query.limit"`}},
		{name: "history", method: "GET", path: "/api/v1/sources/wall/history?metric=clock_ticks_total&func=last", status: 200, contains: []string{`"hand":"big"`, `"points":[[`}},
		{name: "history of no metric", method: "GET", path: "/api/v1/sources/wall/history?metric=nonsense", status: 404, contains: []string{`Clock has no metric`}},
		{name: "history too fine", method: "GET", path: "/api/v1/sources/wall/history?metric=up&step=1&from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z", status: 422, contains: []string{"is more than 11000 points", `"hint":"ask for a longer step`}},
		{name: "history backwards", method: "GET", path: "/api/v1/sources/wall/history?metric=up&from=2021-01-01T00:00:00Z&to=2020-01-01T00:00:00Z", status: 422, contains: []string{"is empty"}},
		{name: "events", method: "GET", path: "/api/v1/events?source=wall", status: 200, contains: []string{`"kind":"source_created"`, `Wall clock is watched`}},
		{name: "a foreign cursor", method: "GET", path: "/api/v1/events?cursor=x", status: 422, contains: []string{"is none of ours"}},
		{name: "hosts", method: "GET", path: "/api/v1/hosts", status: 200, contains: []string{`"platform":"`}},
		{name: "the summary", method: "GET", path: "/api/v1/summary", status: 200, contains: []string{`"version":"test"`, `"total":`}},
		{name: "the database", method: "GET", path: "/api/v1/database", status: 200, contains: []string{`"engine":"SQLite"`}},
		{name: "what was detected", method: "GET", path: "/api/v1/detections", status: 200, contains: []string{`"evidence":"it ticks"`, `"ready":true`}},

		{name: "a trial shows what it would give", method: "POST", path: "/api/v1/sources/test", body: `{"plugin":"clock_monitor","config":{"step":5}}`, status: 200, contains: []string{`"ok":true`, `"value":5`}},
		{name: "a trial of what refuses", method: "POST", path: "/api/v1/sources/test", body: `{"plugin":"clock_monitor","config":{"fault":"refuse"}}`, status: 200, contains: []string{`"ok":false`, `"kind":"refused"`, `"hint":"wind it up"`}},
		{name: "a trial that panics", method: "POST", path: "/api/v1/sources/test", body: `{"plugin":"clock_monitor","config":{"fault":"panic"}}`, status: 200, contains: []string{`"ok":false`, `"kind":"internal"`}},
		{name: "a trial of a wrong config", method: "POST", path: "/api/v1/sources/test", body: `{"plugin":"clock_monitor","config":{"step":0,"stepp":1}}`, status: 422, contains: []string{`"path":"config.step"`, `"path":"config.stepp"`}},

		{name: "a source that is there already", method: "POST", path: "/api/v1/sources", body: `{"plugin":"clock_monitor","id":"wall"}`, status: 409, contains: []string{`"kind":"conflict"`}},
		{name: "a source of no plugin", method: "POST", path: "/api/v1/sources", body: `{"plugin":"nonsense"}`, status: 422, contains: []string{`"path":"plugin"`}},
		{name: "a source with an unknown field", method: "POST", path: "/api/v1/sources", body: `{"plugin":"clock_monitor","confg":{}}`, status: 422, contains: []string{`"path":"confg"`}},
		{name: "a body that is no JSON", method: "POST", path: "/api/v1/sources", body: `{"plugin":`, status: 400, contains: []string{`"kind":"config"`}},
		{name: "a body that is too large", method: "POST", path: "/api/v1/sources", body: `{"plugin":"` + strings.Repeat("x", 1<<20) + `"}`, status: 413},
		{name: "an old revision", method: "PUT", path: "/api/v1/sources/wall", body: `{"revision":99,"name":"x"}`, status: 409},
		{name: "deleting nothing", method: "DELETE", path: "/api/v1/sources/nonsense", status: 404},
		{name: "no such route", method: "GET", path: "/api/v1/nonsense", status: 404, contains: []string{`"title":"Not Found"`}},

		{name: "another name in the Host header", method: "GET", path: "/api/v1/summary", header: []string{"Host", "evil.example"}, status: 421, contains: []string{"Unity is not called evil.example"}},
		{name: "localhost is a name of ours", method: "GET", path: "/health", header: []string{"Host", "localhost:8080"}, status: 200},
		{name: "a form of another site", method: "POST", path: "/api/v1/sources/wall/run", header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, contains: []string{"page of another site"}},
		{name: "the socket for a page of another site", method: "GET", path: "/api/v1/live", header: []string{"Origin", "https://evil.example", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, status: 403},
		{name: "the interface", method: "GET", path: "/", status: 200, contains: []string{"<!doctype html>"}},
		{name: "a page of the interface", method: "GET", path: "/sources/wall", status: 200, contains: []string{"<!doctype html>"}},
		{name: "a page with a dot in its address", method: "GET", path: "/dashboards/host.nas", header: []string{"Accept", "text/html,*/*"}, status: 200, contains: []string{"<!doctype html>"}},
		{name: "a file that is not there", method: "GET", path: "/nonsense.js", status: 404},
		{name: "a path out of the interface", method: "GET", path: "/..%2f..%2fetc/passwd", status: 200, contains: []string{"<!doctype html>"}, lacks: []string{"root:"}},
		{name: "writing to the interface", method: "POST", path: "/", status: 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, s)
		})
	}
}

// run sends the request and looks at the answer.
func (test scenario) run(t *testing.T, s *server) {
	t.Helper()
	status, text := s.call(t, test.method, test.path, test.body, test.header...)
	if status != test.status {
		t.Errorf("status %d, want %d: %s", status, test.status, text)
	}
	for _, want := range test.contains {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("the answer lacks %q: %s", want, text)
		}
	}
	for _, lack := range test.lacks {
		if strings.Contains(text, lack) {
			t.Errorf("the answer contains %q: %s", lack, text)
		}
	}
}
