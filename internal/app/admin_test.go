package app_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/config"
)

func TestTheStateOfEverythingIsTold(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"bad","name":"Bad","config":{"fault":"refuse"},"enabled":true}`, nil)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"wall","config":{"step":2}}`, nil)
	for range 5 {
		s.must(t, http.MethodPost, "/api/v1/sources/bad/run", "", nil)
	}
	s.must(t, http.MethodPost, "/api/v1/sources/wall/run", "", nil)
	var hosts struct{ Items []api.Host }
	s.must(t, http.MethodGet, "/api/v1/hosts", "", &hosts)
	host := "/api/v1/hosts/" + hosts.Items[0].ID
	for _, test := range []scenario{
		{name: "the overview names what is wrong", method: "GET", path: "/api/v1/overview", status: 200, contains: []string{`"failing":1`, `"problems":[{"source":"bad","name":"Bad"`, `"hint":"wind it up"`, `"since":`, `"overdue":[]`}},
		{name: "categories", method: "GET", path: "/api/v1/categories", status: 200, contains: []string{`{"category":"hardware","plugins":1,"sources":{"total":3`, `{"category":"media","plugins":0`}},
		{name: "the system", method: "GET", path: "/api/v1/system", status: 200, contains: []string{`"go_version":"go`, `"lag_seconds":`, `"engine":"SQLite"`, `"redis":false`}},
		{name: "a host", method: "GET", path: host, status: 200, contains: []string{`"failing":1`}},
		{name: "no such host", method: "GET", path: "/api/v1/hosts/none", status: 404},
		{name: "this host is not forgotten", method: "DELETE", path: host, status: 409, contains: []string{"the machine that Unity runs on"}},
		{name: "a host without a name", method: "PUT", path: host, body: `{"name":" "}`, status: 422, contains: []string{`"path":"name"`}},
		{name: "times of snapshots", method: "GET", path: "/api/v1/sources/wall/snapshots", status: 200, contains: []string{`{"items":["20`}},
		{name: "a difference of snapshots", method: "GET", path: "/api/v1/sources/wall/snapshots/difference?from=2100-01-01T00:00:00Z", status: 200, contains: []string{`"changes":[]`, `"all":true`}},
		{name: "a difference from before all of them", method: "GET", path: "/api/v1/sources/wall/snapshots/difference?from=2001-01-01T00:00:00Z", status: 404, contains: []string{"no snapshot of that time"}},
		{name: "a difference from no time", method: "GET", path: "/api/v1/sources/wall/snapshots/difference", status: 422, contains: []string{`"path":"query.from"`}},
		{name: "a scrape", method: "GET", path: "/metrics", status: 200, contains: []string{
			"# TYPE clock_ticks_total counter\n", `source="wall",hand="big"} `, `source="bad"} 0`, "# HELP up Whether", "unity_schedule_runs_total ", `unity_build_info{version="test"} 1`,
		}},
		{name: "settings", method: "GET", path: "/api/v1/settings", status: 200, contains: []string{`"path":"storage.raw_retention","value":"30d","default":"30d"`, `"origin":"default","changeable":true`}},
		{name: "a setting of no kind", method: "PUT", path: "/api/v1/settings", body: `{"values":{"nonsense":"1"}}`, status: 422, contains: []string{`"path":"values.nonsense"`}},
		{name: "a setting that needs a start", method: "PUT", path: "/api/v1/settings", body: `{"values":{"listen":":1"}}`, status: 422, contains: []string{`"path":"values.listen"`, "it takes effect at the start"}},
		{name: "a value that is none", method: "PUT", path: "/api/v1/settings", body: `{"values":{"storage.raw_retention":"1 minute"}}`, status: 422, contains: []string{`"path":"values.storage.raw_retention"`}},
		{name: "a value out of bounds", method: "PUT", path: "/api/v1/settings", body: `{"values":{"storage.raw_retention":"1m"}}`, status: 422, contains: []string{"is not between 1h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, s)
		})
	}
}

func TestASettingIsChangedAndStaysSo(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, data)
	var settings struct{ Items []api.Setting }
	find := func(path string) api.Setting {
		for _, setting := range settings.Items {
			if setting.Path == path {
				return setting
			}
		}
		t.Fatalf("there is no setting %s", path)
		return api.Setting{}
	}
	s.must(t, http.MethodPut, "/api/v1/settings", `{"values":{"storage.raw_retention":"9d","storage.max_bytes":"2GB"}}`, &settings)
	if got := find("storage.raw_retention"); got.Value != "9d" || got.Origin != "interface" {
		t.Errorf("changed to %+v", got)
	}
	if _, text := s.call(t, http.MethodGet, "/api/v1/database", ""); !strings.Contains(text, `"step_seconds":0,"keep_seconds":777600`) {
		t.Errorf("the database keeps %s", text)
	}
	s.stop()
	s = start(t, data)
	s.must(t, http.MethodGet, "/api/v1/settings", "", &settings)
	if got := find("storage.max_bytes"); got.Value != "2GB" || got.Origin != "interface" {
		t.Errorf("after a restart %+v", got)
	}
	s.must(t, http.MethodPut, "/api/v1/settings", `{"values":{"storage.raw_retention":null}}`, &settings)
	if got := find("storage.raw_retention"); got.Value != "30d" || got.Origin != "default" {
		t.Errorf("taken back to %+v", got)
	}
	s.stop()
	s = start(t, data, func(c *config.Config) { c.Storage.MaxBytes = 3e9 })
	s.must(t, http.MethodGet, "/api/v1/settings", "", &settings)
	if got := find("storage.max_bytes"); got.Value != "2GB" {
		t.Errorf("a changed setting gives way to %+v", got)
	}
}

func TestAHostGetsAnotherName(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, data)
	var hosts struct{ Items []api.Host }
	s.must(t, http.MethodGet, "/api/v1/hosts", "", &hosts)
	s.must(t, http.MethodPut, "/api/v1/hosts/"+hosts.Items[0].ID, `{"name":"The <NAS>"}`, nil)
	s.stop()
	s = start(t, data)
	s.must(t, http.MethodGet, "/api/v1/hosts", "", &hosts)
	if hosts.Items[0].Name != "The <NAS>" {
		t.Errorf("after a restart it is called %s", hosts.Items[0].Name)
	}
}

func TestAnAnswerThatIsKnownIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	first, _ := s.send(t, http.MethodGet, "/api/v1/categories", "", "Cookie", s.cookie)
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("headers %v", first.Header)
	}
	for value, want := range map[string]int{tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"other", ` + tag: 304, "*": 304, `"other"`: 200} {
		again, text := s.send(t, http.MethodGet, "/api/v1/categories", "", "Cookie", s.cookie, "If-None-Match", value)
		if again.StatusCode != want || (want == 304) != (text == "") {
			t.Errorf("%s: %d %q", value, again.StatusCode, text)
		}
	}
	if refused, text := s.send(t, http.MethodGet, "/api/v1/categories", "", "If-None-Match", tag); refused.StatusCode != 401 || refused.Header.Get("ETag") != "" {
		t.Errorf("a stranger gets %d %s", refused.StatusCode, text)
	}
	zipped, _ := s.send(t, http.MethodGet, "/api/openapi.json", "", "Cookie", s.cookie, "Accept-Encoding", "gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("a long answer is not packed: %v", zipped.Header)
	}
}

func TestARequestWithAKeyIsServedOnce(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, data)
	const body = `{"plugin":"clock_monitor","name":"Again","enabled":false}`
	headers := []string{"Cookie", s.cookie, "Idempotency-Key", "one"}
	first, text := s.send(t, http.MethodPost, "/api/v1/sources", body, headers...)
	if first.StatusCode != 201 {
		t.Fatalf("%d %s", first.StatusCode, text)
	}
	again, same := s.send(t, http.MethodPost, "/api/v1/sources", body, headers...)
	if again.StatusCode != 201 || same != text || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again: %d %s", again.StatusCode, same)
	}
	if other, text := s.send(t, http.MethodPost, "/api/v1/sources", strings.Replace(body, "Again", "Other", 1), headers...); other.StatusCode != 422 || !strings.Contains(text, "Idempotency-Key was used for another request") {
		t.Errorf("another request: %d %s", other.StatusCode, text)
	}
	// What was refused may be tried again.
	headers[3] = "two"
	for _, body := range []string{`{"plugin":"nonsense"}`, body} {
		if refused, text := s.send(t, http.MethodPost, "/api/v1/sources", body, headers...); refused.Header.Get("Idempotency-Replayed") != "" {
			t.Errorf("a refusal is repeated: %d %s", refused.StatusCode, text)
		}
	}
	headers[3] = strings.Repeat("x", 201)
	if long, _ := s.send(t, http.MethodPost, "/api/v1/sources", body, headers...); long.StatusCode != 422 {
		t.Errorf("a long key: %d", long.StatusCode)
	}
	s.stop()
	s = start(t, data)
	again, same = s.send(t, http.MethodPost, "/api/v1/sources", body, "Cookie", s.cookie, "Idempotency-Key", "one")
	if again.StatusCode != 201 || same != text {
		t.Errorf("after a restart: %d %s", again.StatusCode, same)
	}
}

func dialTCP(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	to, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTCP("tcp", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestARequestWithAKeyIsServedOnceWhateverBecomesOfTheConnection drops the
// connection of a request at moments of its life, and sends it again.
func TestARequestWithAKeyIsServedOnceWhateverBecomesOfTheConnection(t *testing.T) {
	t.Parallel()
	s := setup(t)
	address := strings.TrimPrefix(s.url, "http://")
	for round := range 16 {
		body := fmt.Sprintf(`{"plugin":"clock_monitor","name":"Round %d","interval_seconds":3600}`, round)
		key := fmt.Sprint("round ", round)
		conn := dialTCP(t, address)
		fmt.Fprintf(conn, "POST /api/v1/sources HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nIdempotency-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			address, s.cookie, key, len(body), body)
		answered := round%2 == 0
		if answered { // it breaks in the middle of the answer
			if _, err := conn.Read(make([]byte, 20)); err != nil {
				t.Fatal(err)
			}
		}
		// No goodbye: what is under way is cut off.
		if err := errors.Join(conn.SetLinger(0), conn.Close()); err != nil {
			t.Fatal(err)
		}
		again, text := s.send(t, http.MethodPost, "/api/v1/sources", body, "Cookie", s.cookie, "Idempotency-Key", key)
		for again.StatusCode == http.StatusConflict && strings.Contains(text, "is being served") {
			again, text = s.send(t, http.MethodPost, "/api/v1/sources", body, "Cookie", s.cookie, "Idempotency-Key", key)
		}
		if again.StatusCode != http.StatusCreated || !strings.Contains(text, fmt.Sprintf(`"name":"Round %d"`, round)) ||
			answered && again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("round %d, again: %d %s", round, again.StatusCode, text)
		}
	}
	var sources struct{ Items []api.Source }
	s.must(t, http.MethodGet, "/api/v1/sources?q=Round", "", &sources)
	if len(sources.Items) != 16 {
		t.Errorf("16 requests made %d sources", len(sources.Items))
	}
	for _, source := range sources.Items {
		// It may be under way, which is a conflict.
		if status, text := s.call(t, http.MethodPost, "/api/v1/sources/"+source.ID+"/run", ""); status != http.StatusOK && status != http.StatusConflict {
			t.Errorf("%s is not collected: %d %s", source.ID, status, text)
		}
	}
}
