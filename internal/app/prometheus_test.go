package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/test/servers"
)

// needs skips the test on a machine that lacks something; in CI it does not pass.
func needs(t *testing.T, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") != "":
		t.Fatalf("CI lacks %s", what)
	default:
		t.Skipf("needs %s", what)
	}
}

// recording is measurements of six hours, every minute, that Unity and
// Prometheus both get to hold.
type recording struct {
	begin time.Time // a whole hour
	of    []recorded
}

type recorded struct {
	labels labels.Labels
	value  func(minute int) float64
}

const recordedMinutes = 6 * 60

func newRecording() recording {
	of := func(name string, more ...string) labels.Labels {
		return labels.FromStrings(append([]string{series.NameLabel, name, "source", "recorded", "host", "vm"}, more...)...)
	}
	r := recording{begin: time.Now().Add(-8 * time.Hour).Truncate(time.Hour)}
	for i, code := range []string{"200", "404", "500"} {
		r.of = append(r.of, recorded{of("requests_total", "code", code), func(minute int) float64 {
			return float64((minute * (i + 2) * 7) % 4001) // begins again from 0 now and then
		}})
	}
	for i, room := range []string{"attic", "cellar"} {
		r.of = append(r.of, recorded{of("temperature_celsius", "room", room), func(minute int) float64 {
			return math.Round(100*(20+float64(i)+5*math.Sin(float64(minute)/50))) / 100
		}})
	}
	return r
}

// at returns the time of a sample. None is at a whole second: to a window that
// begins right there it belongs for older versions of Prometheus, and not for
// newer ones.
func (r recording) at(minute int) time.Time {
	return r.begin.Add(time.Duration(minute)*time.Minute + 7500*time.Millisecond)
}

// store puts the measurements into the database of a data folder.
func (r recording) store(t *testing.T, data string) {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(data, "unity.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for minute := range recordedMinutes {
		at := r.at(minute)
		record := &journal.Record{
			Run:   inventory.Run{Source: "recorded", Start: at, Attempts: 1, Outcome: inventory.Success, Samples: len(r.of)},
			State: inventory.State{Source: "recorded", Status: inventory.Healthy, Since: at, LastRun: at, LastSuccess: at},
			Time:  at.UnixMilli(),
		}
		for _, each := range r.of {
			record.Samples = append(record.Samples, series.Sample{Series: db.ID(each.labels), Value: each.value(minute)})
		}
		if err := db.Commit(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// prometheus starts a Prometheus that holds the measurements, and returns its
// address.
func (r recording) prometheus(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	var text strings.Builder
	for _, each := range r.of {
		for minute := range recordedMinutes {
			at := float64(r.at(minute).UnixMilli()) / 1000
			own := each.labels.DropReserved(func(name string) bool { return name == series.NameLabel }).String()
			fmt.Fprintf(&text, "%s%s %v %.3f\n", each.labels.Get(series.NameLabel), strings.ReplaceAll(own, ", ", ","), each.value(minute), at)
		}
	}
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		write(t, path, text)
		return path
	}
	input := file("recording", text.String()+"# EOF\n")
	convert := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", input, filepath.Join(folder, "data"))
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	address := "127.0.0.1:" + strconv.Itoa(servers.Port(t))
	server := exec.CommandContext(t.Context(), "prometheus", "--config.file", file("prometheus.yml", "{}\n"), "--storage.tsdb.path", filepath.Join(folder, "data"),
		"--storage.tsdb.retention.time", "10y", "--web.listen-address", address)
	said, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // the end of the context has killed it
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Server is ready") {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return "http://" + address
		}
	}
	t.Fatal("prometheus ended before it was ready")
	return ""
}

// request is one of the Prometheus API.
type request struct {
	method, path string
	form         url.Values
}

func (r request) String() string { return r.method + " " + r.path + " " + r.form.Encode() }

// answerOf asks Prometheus.
func answerOf(t *testing.T, address string, r request) (int, string) {
	t.Helper()
	s := &server{url: address}
	return s.prom(t, "", r)
}

// prom sends a request of the Prometheus API.
func (s *server) prom(t *testing.T, prefix string, r request) (int, string) {
	t.Helper()
	if r.method == http.MethodGet {
		return s.call(t, r.method, prefix+r.path+"?"+r.form.Encode(), "")
	}
	return s.call(t, r.method, prefix+r.path, r.form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func TestUnityAnswersAsPrometheusDoes(t *testing.T) {
	t.Parallel()
	_, missing := exec.LookPath("prometheus")
	needs(t, missing == nil, "prometheus")
	r := newRecording()
	data := filepath.Join(t.TempDir(), "data")
	r.store(t, data)
	unity, peer := start(t, data), r.prometheus(t)

	seconds := func(minute int) string {
		return strconv.FormatInt(r.begin.Add(time.Duration(minute)*time.Minute).Unix(), 10)
	}
	rfc := func(minute int) string {
		return r.begin.Add(time.Duration(minute) * time.Minute).UTC().Format(time.RFC3339)
	}
	all := []request{
		{http.MethodGet, "/api/v1/query", url.Values{"query": {"1+1"}, "time": {seconds(10)}}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {`"text"`}, "time": {seconds(10)}}},
		{http.MethodPost, "/api/v1/query", url.Values{"query": {"requests_total"}, "time": {rfc(200)}}},
		{http.MethodPost, "/api/v1/query", url.Values{"query": {"requests_total[3m]"}, "time": {seconds(200)}}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {"nothing"}, "time": {seconds(200)}}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {"temperature_celsius"}, "time": {seconds(200)}, "limit": {"0"}}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {"requests_total{"}}},
		{http.MethodGet, "/api/v1/query", url.Values{}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {"up"}, "time": {"yesterday"}}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {"up"}, "timeout": {"soon"}}},
		{http.MethodGet, "/api/v1/query", url.Values{"query": {`temperature_celsius + on(host) requests_total`}, "time": {seconds(200)}}},
		{http.MethodGet, "/api/v1/series", url.Values{"match[]": {`{host="vm",source="recorded"}`}, "start": {seconds(0)}, "end": {seconds(360)}}},
		{http.MethodPost, "/api/v1/series", url.Values{"match[]": {"requests_total", `temperature_celsius{room="attic"}`}}},
		{http.MethodGet, "/api/v1/series", url.Values{"match[]": {`{host=~".*"}`}}},
		{http.MethodGet, "/api/v1/series", url.Values{}},
		{http.MethodGet, "/api/v1/labels", url.Values{"match[]": {`requests_total`}}},
		{http.MethodPost, "/api/v1/labels", url.Values{"match[]": {`{source="recorded"}`}, "start": {seconds(0)}, "end": {seconds(360)}}},
		{http.MethodGet, "/api/v1/label/code/values", url.Values{}},
		{http.MethodGet, "/api/v1/label/__name__/values", url.Values{"match[]": {`{source="recorded"}`}}},
		{http.MethodGet, "/api/v1/label/room/values", url.Values{"match[]": {`temperature_celsius`}, "start": {rfc(0)}, "end": {rfc(360)}}},
		{http.MethodGet, "/api/v1/label/nothing/values", url.Values{}},
		{http.MethodGet, "/api/v1/query_exemplars", url.Values{"query": {"requests_total"}, "start": {seconds(0)}, "end": {seconds(60)}}},
		{http.MethodGet, "/api/v1/rules", url.Values{}},
		{http.MethodGet, "/api/v1/alerts", url.Values{}},
		{http.MethodGet, "/api/v1/format_query", url.Values{"query": {"sum by(code)(rate(requests_total[5m]))"}}},
		{http.MethodGet, "/api/v1/metadata", url.Values{"metric": {"nothing"}}},
		{http.MethodGet, "/api/v1/query_range", url.Values{"query": {"up"}, "start": {seconds(0)}, "end": {seconds(60)}}},
		{http.MethodGet, "/api/v1/query_range", url.Values{"query": {"up"}, "start": {seconds(0)}, "end": {seconds(60)}, "step": {"0"}}},
		{http.MethodGet, "/api/v1/query_range", url.Values{"query": {"up"}, "start": {seconds(60)}, "end": {seconds(0)}, "step": {"15"}}},
		{http.MethodGet, "/api/v1/query_range", url.Values{"query": {"up"}, "start": {"0"}, "end": {seconds(0)}, "step": {"15"}}},
		{http.MethodGet, "/api/v1/query_range", url.Values{"query": {"up[5m]"}, "start": {seconds(0)}, "end": {seconds(60)}, "step": {"15"}}},
	}
	for _, query := range []string{
		`requests_total`, `rate(requests_total[5m])`, `sum by (code) (increase(requests_total[10m]))`, `sum(rate(requests_total[5m])) without (code)`,
		`avg_over_time(temperature_celsius[30m])`, `max_over_time(temperature_celsius[1h]) - min_over_time(temperature_celsius[1h])`,
		`quantile_over_time(0.9, temperature_celsius[1h])`, `topk(1, temperature_celsius)`, `stddev_over_time(temperature_celsius[20m])`,
		`temperature_celsius offset 30m`, `delta(temperature_celsius[15m])`, `deriv(temperature_celsius[15m])`, `irate(requests_total[3m])`,
		`max_over_time(rate(requests_total[5m])[30m:1m])`, `count_values("v", requests_total > bool 1000)`, `absent(nothing{a="b"})`,
		`temperature_celsius{room="attic"} > on(host) group_left temperature_celsius{room="cellar"} - 1`, `time()`, `vector(1) / 0`,
		`label_replace(temperature_celsius, "floor", "$1", "room", "(.).*")`, `histogram_quantile(0.9, requests_total)`, `resets(requests_total[2h])`,
		`predict_linear(temperature_celsius[30m], 3600)`, `timestamp(temperature_celsius)`, `temperature_celsius @ ` + seconds(100),
	} {
		all = append(all, request{http.MethodPost, "/api/v1/query_range", url.Values{
			"query": {query}, "start": {seconds(65)}, "end": {seconds(355)}, "step": {"137"},
		}})
	}
	for _, r := range all {
		wantStatus, want := answerOf(t, peer, r)
		status, got := unity.prom(t, "/prometheus", r)
		if status != wantStatus {
			t.Errorf("%v: status %d, Prometheus' is %d: %s\n%s", r, status, wantStatus, got, want)
		}
		if diff := cmp.Diff(essence(t, want), essence(t, got), cmpopts.EquateApprox(1e-9, 1e-9), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%v differs (-Prometheus +Unity):\n%s", r, diff)
		}
	}
}

// essence returns an answer without what may differ: the order of series,
// the wording of what is wrong, and what only newer versions say.
func essence(t *testing.T, text string) map[string]any {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, field := range []string{"error", "infos", "warnings", "unity"} {
		delete(answer, field)
	}
	if data, ok := answer["data"].([]any); ok {
		answer["data"] = ordered(data)
	}
	if data, ok := answer["data"].(map[string]any); ok {
		if result, ok := data["result"].([]any); ok && (data["resultType"] == "vector" || data["resultType"] == "matrix") {
			data["result"] = ordered(result)
		}
	}
	numbers(answer)
	return answer
}

// ordered sorts a list by the text of its items.
func ordered(list []any) []any {
	text := func(v any) string {
		if each, ok := v.(map[string]any); ok && each["metric"] != nil {
			v = each["metric"]
		}
		b, _ := json.Marshal(v)
		return string(b)
	}
	sort.Slice(list, func(i, j int) bool { return text(list[i]) < text(list[j]) })
	return list
}

// numbers turns values, which are texts, into numbers, so that the last digit
// may differ.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if key != "metric" {
				v[key] = numbers(value)
			}
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n
		}
	}
	return v
}

func TestPromtoolAsksUnity(t *testing.T) {
	t.Parallel()
	_, missing := exec.LookPath("promtool")
	needs(t, missing == nil, "promtool")
	r := newRecording()
	data := filepath.Join(t.TempDir(), "data")
	r.store(t, data)
	unity := start(t, data)
	// What the tool asks is passed on as a person's request would be.
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		status, text := unity.call(t, request.Method, request.URL.RequestURI(), string(body), "Content-Type", request.Header.Get("Content-Type"))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(door.Close)
	at := strconv.FormatInt(r.begin.Add(2*time.Hour).Unix(), 10)
	later := strconv.FormatInt(r.begin.Add(3*time.Hour).Unix(), 10)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"instant", "--time", at, door.URL + "/prometheus", "sum(requests_total)"}, "{} => "},
		{[]string{"instant", door.URL + "/prometheus", "1 + 1"}, "scalar: 2"},
		{[]string{"range", "--start", at, "--end", later, "--step", "1m", door.URL + "/prometheus", "temperature_celsius"}, `room="cellar"`},
		{[]string{"series", "--match", "requests_total", "--start", at, door.URL + "/prometheus"}, `code="404"`},
		{[]string{"labels", door.URL + "/prometheus", "room"}, "attic\ncellar"},
		{[]string{"instant", door.URL + "/prometheus", "up{"}, "bad_data"},
	} {
		out, _ := exec.CommandContext(t.Context(), "promtool", append([]string{"query"}, test.args...)...).CombinedOutput()
		if !strings.Contains(string(out), test.want) {
			t.Errorf("promtool query %s says %q, want %q", strings.Join(test.args, " "), out, test.want)
		}
	}
}
