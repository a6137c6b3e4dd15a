package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/dashboard"
)

const basement = `{"name":"Basement <b>","tags":["home"],"variables":[{"name":"host","kind":"host"}],"panels":[
	{"id":"a","title":"Ticks","kind":"line","grid":{"x":0,"y":0,"w":6,"h":4},"queries":[{"expr":"rate(clock_ticks_total{host=\"$host\"}[$__rate_interval])"}]},
	{"id":"b","kind":"text","grid":{"x":6,"y":0,"w":6,"h":4},"text":"# Hello"}]}`

func TestDashboardsThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var made dashboard.Dashboard
	s.must(t, http.MethodPost, "/api/v1/dashboards", basement, &made)
	if made.ID != "basement-b" || made.Owner != "admin" || made.Revision != 1 || made.Name != "Basement <b>" || len(made.Panels) != 2 {
		t.Errorf("made %+v", made)
	}
	// What was read can be sent back.
	_, text := s.call(t, http.MethodGet, "/api/v1/dashboards/basement-b", "")
	var changed dashboard.Dashboard
	s.must(t, http.MethodPut, "/api/v1/dashboards/basement-b", text, &changed)
	if changed.Revision != 2 {
		t.Errorf("changed to revision %d", changed.Revision)
	}
	// So can a generated one, as a copy.
	_, text = s.call(t, http.MethodGet, "/api/v1/dashboards/plugin.clock_monitor", "")
	s.must(t, http.MethodPost, "/api/v1/dashboards", text, &made)
	if made.ID != "clock" || made.Origin != dashboard.User {
		t.Errorf("the copy is %+v", made)
	}
	for _, test := range []scenario{
		{name: "all are listed", method: "GET", path: "/api/v1/dashboards", status: 200, contains: []string{`"id":"basement-b","origin":"user","owner":"admin"`, `"id":"plugin.clock_monitor","origin":"generated"`, `"id":"host.`, `"panels":2`, `"preview":[{"kind":"line","grid":{"x":0,"y":0,"w":6,"h":4}},{"kind":"text",`}},
		{name: "none of that name", method: "GET", path: "/api/v1/dashboards/nonsense", status: 404, contains: []string{`there is no dashboard \"nonsense\"`}},
		{name: "a path in a name", method: "GET", path: "/api/v1/dashboards/..%2f..%2fetc%2fpasswd", status: 404},
		{name: "an old revision", method: "PUT", path: "/api/v1/dashboards/basement-b", body: strings.Replace(basement, "{", `{"revision":1,`, 1), status: 409, contains: []string{"it has revision 2, the change is based on 1", `"hint":"read it again`}},
		{name: "a generated one is changed", method: "PUT", path: "/api/v1/dashboards/plugin.clock_monitor", body: basement, status: 409, contains: []string{`"hint":"make a copy of it`}},
		{name: "a generated one is deleted", method: "DELETE", path: "/api/v1/dashboards/plugin.clock_monitor", status: 409},
		{name: "a wrong expression", method: "POST", path: "/api/v1/dashboards", body: strings.Replace(basement, "rate(", "rate((", 1), status: 422, contains: []string{`"path":"panels[0].queries[0].expr"`, `unclosed left parenthesis`}},
		{name: "an unknown key", method: "POST", path: "/api/v1/dashboards", body: strings.Replace(basement, `"title"`, `"titel"`, 1), status: 422, contains: []string{`"path":"panels[0].titel"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, s)
		})
	}
}
