package redis_test

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/redis"
)

func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := start(t, "appendonly yes")
	fill(s)
	recovered := plugintest.ComeAndGo(t, redis.Plugin(), s, "connecting to "+s.URL()+": connection refused", func(timeout string) plugin.Collector {
		return s.collector(plugintest.Settings{"timeout": timeout})
	})
	if keys := plugintest.Values(recovered)[`redis_keys{db="0"}`]; keys != 22 {
		t.Errorf("after the start it holds %v keys", keys)
	}
}

func TestALoginThatIsTakenAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	fill(s)
	plugintest.WantFault(t, attempt(t, s.collector(plugintest.Settings{"password": password})), fault.Auth, "the server has no password", "leave the password empty")
	s.must("ACL SETUSER unity on >" + password + " -@all +ping +info +slowlog|get +slowlog|len +latency|latest")
	c := s.collector(plugintest.Settings{"username": "unity", "password": password})
	collect(t, c)

	// Another password ends no connection; what ends connections makes it known.
	s.must("ACL SETUSER unity resetpass >another")
	collect(t, c)
	s.must("CLIENT KILL USER unity")
	const wrong = "logging in to "
	plugintest.WantFault(t, attempt(t, c), fault.Auth, wrong, "ACL GETUSER unity")
	s.must("ACL SETUSER unity resetpass >" + password)
	collect(t, c)

	s.must("ACL DELUSER unity")
	plugintest.WantFault(t, attempt(t, c), fault.Auth, wrong, "ACL GETUSER unity")
	s.must("ACL SETUSER unity on >" + password + " +@all")
	collect(t, c)
	s.must("ACL SETUSER unity off")
	s.must("CLIENT KILL USER unity")
	plugintest.WantFault(t, attempt(t, c), fault.Auth, "or the user is off", "")
	s.must("ACL SETUSER unity on")
	collect(t, c)

	// Rights are gone at once, on connections that are open, too.
	s.must("ACL SETUSER unity -info")
	plugintest.WantFault(t, attempt(t, c), fault.Permission, "INFO at "+s.URL()+": the user unity lacks the right", "ACL SETUSER unity +info")
	s.must("ACL SETUSER unity +info -slowlog")
	batch := plugintest.Collect(t, redis.Plugin(), c)
	if problems := batch.Problems(); len(problems) != 1 {
		t.Errorf("problems: %v", problems)
	} else {
		plugintest.WantFault(t, problems[0], fault.Permission, "SLOWLOG LEN", "ACL SETUSER unity +slowlog|len")
	}
	if len(batch.Samples()) < 50 {
		t.Errorf("without one right only %d samples are left", len(batch.Samples()))
	}
	s.must("ACL SETUSER unity +slowlog")
	collect(t, c)

	s.must("CONFIG SET requirepass " + password)
	s.args = append(s.args, "-a", password)
	plugintest.WantFault(t, attempt(t, s.collector(nil)), fault.Auth, "PING at "+s.URL()+": the server wants a login", "set the password")
	collect(t, s.collector(plugintest.Settings{"password": password}))
	plugintest.WantFault(t, attempt(t, s.collector(plugintest.Settings{"password": "wrong"})), fault.Auth, "as default: user or password are wrong", "")
}

func TestAServerThatTakesNoMoreClients(t *testing.T) {
	t.Parallel()
	s := start(t, "maxclients 2")
	first, second := s.collector(nil), s.collector(nil)
	collect(t, first)
	if values := collect(t, second); values["redis_clients_usage_ratio"] != 1 {
		t.Errorf("the usage ratio is %v with 2 of 2 clients", values["redis_clients_usage_ratio"])
	}
	third := s.collector(nil)
	plugintest.WantFault(t, attempt(t, third), fault.RateLimited, "it has as many clients as it takes", "maxclients")
	if values := collect(t, first); values["redis_connections_rejected_total"] != 1 {
		t.Errorf("rejected connections: %v", values["redis_connections_rejected_total"])
	}
	closeIt(t, second)
	until(t, func() (map[string]float64, bool) { // the server has noticed
		values := collect(t, first)
		return values, values["redis_clients_usage_ratio"] < 1
	})
	collect(t, third)
}

func closeIt(t *testing.T, c any) {
	t.Helper()
	closer, ok := c.(io.Closer)
	if !ok {
		t.Fatal("the collector cannot be closed")
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
}

func TestOneConnectionIsKeptAndClosed(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.collector(nil)
	began := collect(t, c)["redis_connections_received_total"]
	for range 5 {
		if now := collect(t, c)["redis_connections_received_total"]; now != began {
			t.Fatalf("%v connections were made, %v by the first run", now, began)
		}
	}
	// The server ends connections that say nothing for a while.
	s.must("CLIENT KILL TYPE normal SKIPME yes")
	if now := collect(t, c)["redis_connections_received_total"]; now != began+2 { // redis-cli, and ours
		t.Errorf("after it was cut off, %v connections were made, before %v", now, began)
	}
	closeIt(t, c)
	until(t, func() (map[string]float64, bool) {
		clients, err := strconv.ParseFloat(s.info()["connected_clients"], 64)
		return nil, err == nil && clients == 1 // redis-cli itself
	})
}

func TestASocketIsAsGoodAsAPort(t *testing.T) {
	t.Parallel()
	folder := plugintest.Folder(t)
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "s")
	s := start(t, "unixsocket "+socket, "unixsocketperm 777")
	fill(s)
	for _, address := range []string{"unix://" + socket, socket} {
		if values := collect(t, s.collector(plugintest.Settings{"url": address})); values[`redis_keys{db="0"}`] != 22 {
			t.Errorf("at %s there are %v keys", address, values[`redis_keys{db="0"}`])
		}
	}
	plugintest.WantFault(t, attempt(t, s.collector(plugintest.Settings{"url": "unix://" + socket + "-none"})), fault.Unreachable, "no such socket", "")
}
