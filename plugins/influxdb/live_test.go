package influxdb_test

import (
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/influxdb"
)

func TestFiguresAreThoseOfTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, "INFLUXDB_MONITOR_STORE_ENABLED=false")
	s.fill()
	s.query(`CREATE DATABASE "an odd \"name"`)
	s.query(`CREATE RETENTION POLICY "two days" ON "home" DURATION 2d REPLICATION 1 DEFAULT`)
	s.call(http.MethodGet, "/query", url.Values{"db": {"home"}, "q": {"SELECT count(value) FROM autogen.temperature"}}, "")
	c := s.collector(plugintest.Settings{"probe_query": "SELECT last(value) FROM autogen.temperature", "probe_database": "home"})
	values := collect(t, c)
	vars := s.vars()
	for key, want := range map[string]float64{
		`influxdb_info{major="1",version="` + strings.TrimPrefix(version(t, c), "v") + `"}`: 1,
		`influxdb_write_points_total{result="ok"}`:                                          40,
		`influxdb_write_points_total{result="error"}`:                                       0,
		`influxdb_http_requests_total{kind="write"}`:                                        1,
		`influxdb_series{database="home"}`:                                                  8,
		`influxdb_measurements{database="home"}`:                                            1,
		`influxdb_shards{database="home"}`:                                                  1,
		`influxdb_retention_seconds{database="home"}`:                                       2 * 24 * 3600,
		`influxdb_databases`:                                                                2,
		`influxdb_http_errors_total{class="client"}`:                                        0,
		`influxdb_compactions_queued{level="full"}`:                                         0,
		`influxdb_wal_errors_total`:                                                         0,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	for key, at := range map[string]struct {
		group, figure string
		divisor       float64
		slack         float64 // what the questions themselves move
	}{
		`influxdb_http_requests_total{kind="query"}`:         {"httpd:", "queryReq", 1, 2},
		`influxdb_http_request_seconds_total{kind="write"}`:  {"httpd:", "writeReqDurationNs", 1e9, 0},
		`influxdb_write_bytes_total`:                         {"httpd:", "writeReqBytes", 1, 0},
		`influxdb_query_response_bytes_total`:                {"httpd:", "queryRespBytes", 1, 2000},
		`influxdb_queries_total`:                             {"queryExecutor", "queriesFinished", 1, 4},
		`influxdb_memory_bytes`:                              {"runtime", "Sys", 1, 32 << 20},
		`influxdb_goroutines`:                                {"runtime", "NumGoroutine", 1, 20},
		`influxdb_disk_bytes{database="home"}`:               {"shard:", "diskBytes", 1, 0},
		`influxdb_cache_bytes{database="home"}`:              {"tsm1_cache:", "memBytes", 1, 0},
		`influxdb_wal_bytes{database="home"}`:                {"tsm1_wal:", "currentSegmentDiskBytes", 1, 0},
		`influxdb_continuous_queries_total{result="ok"}`:     {"cq", "queryOk", 1, 0},
		`influxdb_http_errors_total{class="server"}`:         {"httpd:", "serverError", 1, 0},
		`influxdb_write_timeouts_total`:                      {"write", "writeTimeout", 1, 0},
		`influxdb_queries_active{state="executing"}`:         {"queryExecutor", "queriesActive", 1, 0},
		`influxdb_auth_failures_total`:                       {"httpd:", "authFail", 1, 0},
		`influxdb_panics_total`:                              {"httpd:", "recoveredPanics", 1, 0},
		`influxdb_continuous_queries_total{result="error"}`:  {"cq", "queryFail", 1, 0},
		`influxdb_write_points_total{result="dropped"}`:      {"httpd:", "pointsWrittenDropped", 1, 0},
		`influxdb_compactions_active{level="full"}`:          {"tsm1_engine:", "tsmFullCompactionsActive", 1, 0},
		`influxdb_compaction_errors_total{level="optimize"}`: {"tsm1_engine:", "tsmOptimizeCompactionErr", 1, 0},
	} {
		want, known := vars[at.group].Values[at.figure].(float64)
		got, there := values[key]
		if !known || !there || math.Abs(got-want/at.divisor) > at.slack {
			t.Errorf("%s is %v (%v), the server says %v (%v)", key, got, there, want/at.divisor, known)
		}
	}
	if took, there := values["influxdb_probe_query_seconds"]; !there || took <= 0 {
		t.Errorf("the query of choice took %v (%v)", took, there)
	}
}

// version is what a collection says of the server's version.
func version(t *testing.T, c plugin.Collector) string {
	t.Helper()
	for _, sample := range plugintest.Collect(t, influxdb.Plugin(), c).Samples() {
		if sample.Name == "influxdb_info" {
			return sample.Labels.Get("version")
		}
	}
	return ""
}

func TestTheLeastRightsAreEnough(t *testing.T) {
	t.Parallel()
	s := startWithLogins(t)
	s.fill()
	s.query(`CREATE DATABASE "hidden"`)
	const makeUser, grant = `CREATE USER "unity" WITH PASSWORD 'PASSWORD'`, `GRANT READ ON "home" TO "unity"`
	plugintest.InReadme(t, makeUser)
	plugintest.InReadme(t, grant)
	s.query(strings.ReplaceAll(makeUser, "'PASSWORD'", "'"+password+"'"))
	s.query(grant)
	values := collect(t, s.collector(plugintest.Settings{"username": "unity", "password": password}))
	if values["influxdb_databases"] != 1 || values[`influxdb_series{database="home"}`] != 8 {
		t.Errorf("databases %v, series %v", values["influxdb_databases"], values[`influxdb_series{database="home"}`])
	}
}

func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fill()
	recovered := plugintest.ComeAndGo(t, influxdb.Plugin(), s, "GET "+s.URL()+"/ping: connection refused", func(timeout string) plugin.Collector {
		return s.collector(plugintest.Settings{"timeout": timeout})
	})
	if series := plugintest.Values(recovered)[`influxdb_series{database="home"}`]; series != 8 {
		t.Errorf("after the start there are %v series", series)
	}
}

func TestALoginThatIsTakenAway(t *testing.T) {
	t.Parallel()
	s := startWithLogins(t)
	s.fill()
	s.query(`CREATE USER "unity" WITH PASSWORD '` + password + `'`)
	s.query(`GRANT READ ON "home" TO "unity"`)
	plugintest.WantFault(t, attempt(t, s.collector(nil)), fault.Auth, "unable to parse authentication credentials", "set user and password")
	c := s.collector(plugintest.Settings{"username": "unity", "password": password})
	collect(t, c)

	s.query(`SET PASSWORD FOR "unity" = 'another one'`)
	plugintest.WantFault(t, attempt(t, c), fault.Auth, "authorization failed", "SHOW USERS")
	s.query(`SET PASSWORD FOR "unity" = '` + password + `'`)
	collect(t, c)

	// Who may only write may see that the database is there, and no more.
	s.query(`REVOKE READ ON "home" FROM "unity"`)
	if values := collect(t, c); values["influxdb_databases"] != 0 {
		t.Errorf("without a right %v databases are seen", values["influxdb_databases"])
	}
	s.query(`GRANT WRITE ON "home" TO "unity"`)
	batch := plugintest.Collect(t, influxdb.Plugin(), c)
	if problems := batch.Problems(); len(problems) != 1 {
		t.Errorf("problems: %v", problems)
	} else {
		plugintest.WantFault(t, problems[0], fault.Permission, "requires READ on home", "GRANT READ")
	}
	if len(batch.Samples()) < 30 {
		t.Errorf("without one right only %d samples are left", len(batch.Samples()))
	}
	s.query(`GRANT READ ON "home" TO "unity"`)
	collect(t, c)
	s.query(`DROP USER "unity"`)
	plugintest.WantFault(t, attempt(t, c), fault.Auth, "authorization failed", "")
}

func TestFiguresMayBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := start(t, "INFLUXDB_HTTP_PPROF_ENABLED=false")
	s.fill()
	batch := plugintest.Collect(t, influxdb.Plugin(), s.collector(nil))
	values := plugintest.Values(batch)
	if _, there := values["influxdb_uptime_seconds"]; !there && !strings.Contains(string(batch.Snapshot()), "pprof-enabled is false") {
		t.Errorf("it does not say why there are no figures: %s", batch.Snapshot())
	}
	if values["influxdb_databases"] < 1 {
		t.Errorf("databases: %v", values["influxdb_databases"])
	}
}

func TestAQueryOfChoiceThatIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fill()
	for query, want := range map[string]string{
		"SELECT": "error parsing query", "SELECT value FROM nowhere.temperature": "retention policy not found: nowhere",
	} {
		c := s.collector(plugintest.Settings{"probe_query": query, "probe_database": "home"})
		batch := plugintest.Collect(t, influxdb.Plugin(), c)
		if problems := batch.Problems(); len(problems) != 1 {
			t.Errorf("%s: problems %v", query, problems)
		} else {
			plugintest.WantFault(t, problems[0], fault.Config, want, "")
		}
	}
	for _, query := range []string{
		`DROP DATABASE "home"`, `SELECT value FROM temperature; DROP DATABASE "home"`, `SELECT value INTO other FROM temperature`,
	} {
		c := s.collector(plugintest.Settings{"probe_query": query, "probe_database": "home"})
		batch := plugintest.Collect(t, influxdb.Plugin(), c)
		if problems := batch.Problems(); len(problems) != 1 {
			t.Errorf("%s: problems %v", query, problems)
		} else {
			plugintest.WantFault(t, problems[0], fault.Config, "it would change something", "only reads")
		}
	}
	if !strings.Contains(s.query("SHOW DATABASES"), `"home"`) {
		t.Error("the query of choice dropped a database")
	}
}
