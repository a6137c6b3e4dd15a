package mongodb_test

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mongodb"
)

func TestFerretDBTellsWhatItKnows(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := mongodb.Fill(t.Context(), strings.TrimPrefix(s.URL(), "mongodb://"), "home", "rooms", 30); err != nil {
		t.Fatal(err)
	}
	c := collector(t, s, settings{"collect_top": true}) // it has no top
	values := collect(t, c)
	for key, want := range map[string]float64{
		`mongodb_database_objects{db="home"}`: 30, `mongodb_database_collections{db="home"}`: 1,
		`mongodb_database_indexes{db="home"}`: 1, "mongodb_long_operations": 0,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	if up, there := values["mongodb_uptime_seconds"]; !there || up <= 0 || up > 600 {
		t.Errorf("it is up for %v s (%v)", up, there)
	}
	if _, there := values["mongodb_replset_has_primary"]; there {
		t.Error("a server alone has a replica set")
	}
	var shown struct {
		Server struct{ Engine, Version string }
	}
	if err := json.Unmarshal(plugintest.Collect(t, mongodb.Plugin(), c).Snapshot(), &shown); err != nil {
		t.Fatal(err)
	}
	if shown.Server.Engine != "ferretdb" || !strings.HasPrefix(shown.Server.Version, "7.") {
		t.Errorf("the server is %+v", shown.Server)
	}
}

func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := collector(t, s, nil)
	collect(t, c)
	address := strings.TrimPrefix(s.URL(), "mongodb://")

	s.Kill()
	wantFault(t, attempt(t, c), fault.Refused, "connecting to "+address+": connection refused", "see whether the service runs")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)
	// Restarted between two runs: the next one notices nothing but a young server.
	s.Kill()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	quick := collector(t, s, settings{"timeout": "200ms"})
	wantFault(t, attempt(t, quick), fault.Timeout, "no answer within 200ms", "stopped")
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)
}

func TestALoginThatTheServerDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := collector(t, s, settings{"username": "nobody", "password": "only-for-tests"})
	if err := attempt(t, c); fault.Of(err) != fault.Auth && fault.Of(err) != fault.Unsupported {
		t.Errorf("got %s: %v", fault.Of(err), err)
	}
	c = collector(t, s, settings{"connection_string": "mongodb://nobody:only-for-tests@" + strings.TrimPrefix(s.URL(), "mongodb://")})
	if err := attempt(t, c); fault.Of(err) != fault.Auth && fault.Of(err) != fault.Unsupported {
		t.Errorf("got %s: %v", fault.Of(err), err)
	}
}

// BenchmarkCollect is one run on a real FerretDB beside the test.
func BenchmarkCollect(b *testing.B) {
	s := start(b)
	var dialer net.Dialer
	p := mongodb.Plugin()
	c, err := p.Open(b.Context(), settings{"url": s.URL()}.json(b), plugin.Host{Dial: dialer.DialContext, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Collect(b.Context(), plugin.NewBatch(p)); err != nil {
			b.Fatal(err)
		}
	}
}
