package mongodb_test

import (
	"encoding/json"
	"strings"
	"testing"

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
	if err := mongodb.Fill(t.Context(), strings.TrimPrefix(s.URL(), "mongodb://"), "home", "cups", 1); err != nil {
		t.Fatal(err)
	}
	c := collector(t, s, plugintest.Settings{"collect_top": true, "max_collections": 5}) // it has no top
	values := collect(t, c)
	for key, want := range map[string]float64{
		`mongodb_database_objects{db="home"}`: 31, `mongodb_database_collections{db="home"}`: 2,
		`mongodb_collection_documents{collection="rooms",db="home"}`: 30, `mongodb_collection_documents{collection="cups",db="home"}`: 1,
		`mongodb_database_indexes{db="home"}`: 2, "mongodb_long_operations": 0,
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
	refused := "connecting to " + strings.TrimPrefix(s.URL(), "mongodb://") + ": connection refused"
	plugintest.ComeAndGo(t, mongodb.Plugin(), s, refused, func(timeout string) plugin.Collector {
		return collector(t, s, plugintest.Settings{"timeout": timeout})
	})
}

func TestALoginThatTheServerDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := collector(t, s, plugintest.Settings{"username": "nobody", "password": "only-for-tests"})
	if err := attempt(t, c); fault.Of(err) != fault.Auth && fault.Of(err) != fault.Unsupported {
		t.Errorf("got %s: %v", fault.Of(err), err)
	}
	c = collector(t, s, plugintest.Settings{"connection_string": "mongodb://nobody:only-for-tests@" + strings.TrimPrefix(s.URL(), "mongodb://")})
	if err := attempt(t, c); fault.Of(err) != fault.Auth && fault.Of(err) != fault.Unsupported {
		t.Errorf("got %s: %v", fault.Of(err), err)
	}
}

// BenchmarkCollect is one run on a real FerretDB beside the test.
func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, mongodb.Plugin(), collector(b, start(b), nil))
}
