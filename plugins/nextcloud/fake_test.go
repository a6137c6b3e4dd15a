package nextcloud_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/nextcloud"
)

const token = "only-for-tests"

// cloud refuses as Nextcloud does: nothing is told without the header of the API
// and a login, every refusal counts, after some of them it lets wait, and at last
// it shuts out whoever asks.
type cloud struct {
	plugintest.Guard

	clock    *plugintest.Clock
	token    string
	refused  int
	stuck    bool // lets wait without an end
	hangsUp  bool
	infos    int
	updates  int
	strange  []string // what a client of Nextcloud does not do
	released chan struct{}
}

// shutOutAfter is after how many refusals nobody is let in.
const shutOutAfter = 10

func newCloud(tb testing.TB) (*cloud, string) {
	tb.Helper()
	c := &cloud{clock: plugintest.NewClock(), token: token, released: make(chan struct{})}
	server := httptest.NewServer(c)
	tb.Cleanup(server.Close)
	tb.Cleanup(func() { close(c.released) })
	return c, server.URL
}

// watched opens a collector whose clock is that of the cloud.
func (c *cloud) watched(t *testing.T, settings plugintest.Settings) plugin.Collector {
	t.Helper()
	return c.clock.Open(t, nextcloud.Plugin(), settings.JSON(t))
}

// ServeHTTP implements http.Handler.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Lock()
	defer c.Unlock()
	if c.hangsUp {
		panic(http.ErrAbortHandler)
	}
	say := func(status int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, text)
	}
	if r.Method != http.MethodGet {
		c.strange = append(c.strange, r.Method)
	}
	switch r.URL.Path {
	case "/status.php":
		if r.Header.Get("Nc-Token") != "" || r.Header.Get("Authorization") != "" {
			c.strange = append(c.strange, "a login for the status")
		}
		say(http.StatusOK, `{"installed":true,"maintenance":false,"needsDbUpgrade":false,"version":"31.0.4.1","versionstring":"31.0.4","edition":"","productname":"Nextcloud","extendedSupport":false}`)
	case "/ocs/v2.php/apps/serverinfo/api/v1/info":
		user, password, basic := r.BasicAuth()
		switch {
		case r.Header.Get("Ocs-Apirequest") != "true" || r.URL.Query().Get("format") != "json":
			c.strange = append(c.strange, "not a question of the API")
			w.Header().Set("Content-Type", "text/xml")
			_, _ = fmt.Fprint(w, `<?xml version="1.0"?><ocs><meta><status>failure</status><statuscode>997</statuscode></meta></ocs>`)
		case c.refused >= shutOutAfter:
			say(http.StatusTooManyRequests, `{"ocs":{"meta":{"status":"failure","statuscode":429,"message":"Reached maximum delay"},"data":[]}}`)
		case r.Header.Get("Nc-Token") == c.token || basic && user == "watcher" && password == c.token:
			c.refused = 0
			c.tell(r, say)
		default:
			c.refused++
			if c.stuck {
				c.Unlock()
				select {
				case <-r.Context().Done():
				case <-c.released:
				}
				c.Lock()
				return
			}
			say(http.StatusUnauthorized, `{"ocs":{"meta":{"status":"failure","statuscode":401,"message":""},"data":{"message":"Unauthorized"}}}`)
		}
	default:
		say(http.StatusNotFound, `{"ocs":{"meta":{"status":"failure","statuscode":998,"message":"Invalid query"},"data":[]}}`)
	}
}

func (c *cloud) tell(r *http.Request, say func(int, string)) {
	c.infos++
	more := ""
	if r.URL.Query().Get("skipApps") == "false" {
		c.updates++
		more = `,"apps":{"num_installed":53,"num_updates_available":1,"app_updates":{"notes":"4.9.0"}},"update":{"lastupdatedat":1772360000,"available":false}`
	}
	say(http.StatusOK, `{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"nextcloud":{"system":{"version":"31.0.4.1","freespace":214748364800,"debug":"no"`+more+
		`},"storage":{"num_users":12,"num_files":345678},"shares":{"num_shares":3}},"server":{"php":{"version":"8.3.16","opcache":[],"apcu":[]},"fpm":false,"database":{"type":"pgsql","version":"16.4","size":"331382784"}},"activeUsers":{"last5minutes":2}}}}`)
}

// wants compares what the cloud saw.
func (c *cloud) wants(t *testing.T, what string, infos, updates, refused int) {
	t.Helper()
	c.Lock()
	defer c.Unlock()
	if c.infos != infos || c.updates != updates || c.refused != refused {
		t.Errorf("%s: %d answers, %d with updates, %d refused; want %d, %d, %d", what, c.infos, c.updates, c.refused, infos, updates, refused)
	}
	if len(c.strange) > 0 {
		t.Errorf("%s: the server saw %s", what, strings.Join(c.strange, ", "))
	}
}

func TestBothLoginsAreTaken(t *testing.T) {
	t.Parallel()
	for _, login := range []plugintest.Settings{{"token": token}, {"username": "watcher", "password": token}, {"token": token, "username": "watcher", "password": "wrong"}} {
		server, url := newCloud(t)
		c := server.watched(t, plugintest.Settings{"url": url}.With(login))
		values := plugintest.Values(plugintest.CollectAll(t, nextcloud.Plugin(), c))
		if values["nextcloud_users"] != 12 || values["nextcloud_app_updates_available"] != 1 {
			t.Errorf("with %v it tells %v", login, values)
		}
		server.wants(t, "one run", 2, 1, 0)
	}
}

func TestUpdatesAreAskedForOnceADay(t *testing.T) {
	t.Parallel()
	server, url := newCloud(t)
	c := server.watched(t, plugintest.Settings{"url": url, "token": token})
	for range 3 {
		values := plugintest.Values(plugintest.CollectAll(t, nextcloud.Plugin(), c))
		if values["nextcloud_app_updates_available"] != 1 {
			t.Errorf("updates are not told in between: %v", values)
		}
		server.clock.Move(11 * time.Hour)
	}
	server.wants(t, "22 hours", 4, 1, 0)
	plugintest.CollectAll(t, nextcloud.Plugin(), c)
	server.wants(t, "33 hours", 6, 2, 0)
}

func TestARefusedLoginNeverEndsInBeingShutOut(t *testing.T) {
	t.Parallel()
	server, url := newCloud(t)
	c := server.watched(t, plugintest.Settings{"url": url, "token": token})
	plugintest.CollectAll(t, nextcloud.Plugin(), c)
	// The token is changed while it is watched for half a day.
	server.Change(func() { server.token = "another" })
	for range 12 * 12 {
		_, err := plugintest.Attempt(t, nextcloud.Plugin(), c, time.Minute)
		plugintest.WantFault(t, err, fault.Auth, "the token is refused", "occ config:app:get serverinfo token; it is tried again at")
		if strings.Contains(err.Error()+fault.Hint(err), token) {
			t.Fatalf("the token is in %v (%s)", err, fault.Hint(err))
		}
		server.clock.Move(5 * time.Minute)
	}
	server.wants(t, "half a day with a wrong token", 2, 1, 6)
	server.Change(func() { server.token = token; server.clock.Move(6 * time.Hour) })
	plugintest.CollectAll(t, nextcloud.Plugin(), c)
	server.wants(t, "with the right one again", 3, 1, 0)
}

func TestALoginThatIsLetWaitAfterARefusalCountsAsRefused(t *testing.T) {
	t.Parallel()
	server, url := newCloud(t)
	server.Change(func() { server.token = "another" })
	c := server.watched(t, plugintest.Settings{"url": url, "token": token, "timeout": "2s"})
	_, err := plugintest.Attempt(t, nextcloud.Plugin(), c, time.Minute)
	plugintest.WantFault(t, err, fault.Auth, "the token is refused", "it is tried again at 12:15 UTC")
	server.Change(func() { server.stuck = true; server.clock.Move(15 * time.Minute) })
	for range 3 {
		_, err = plugintest.Attempt(t, nextcloud.Plugin(), c, time.Minute)
		plugintest.WantFault(t, err, fault.Auth, "after a refused login: GET "+url, "lets those wait whose login it refused")
	}
	server.wants(t, "two logins", 0, 0, 2)
}

func TestACloudThatGoesAndComesBackIsFollowed(t *testing.T) {
	t.Parallel()
	server, url := newCloud(t)
	c := server.watched(t, plugintest.Settings{"url": url, "token": token})
	plugintest.CollectAll(t, nextcloud.Plugin(), c)
	server.Change(func() { server.hangsUp = true })
	_, err := plugintest.Attempt(t, nextcloud.Plugin(), c, time.Minute)
	plugintest.WantFault(t, err, fault.BadAnswer, "the connection ended in the middle of the answer", "")
	server.Change(func() { server.hangsUp = false })
	plugintest.CollectAll(t, nextcloud.Plugin(), c)
	server.wants(t, "two lives", 3, 1, 0)
}

// BenchmarkCollect is one run on the cloud of the tests.
func BenchmarkCollect(b *testing.B) {
	_, url := newCloud(b)
	settings := plugintest.Settings{"url": url, "token": token}
	plugintest.Benchmark(b, nextcloud.Plugin(), plugintest.Live(b, nextcloud.Plugin(), settings.JSON(b)))
}
