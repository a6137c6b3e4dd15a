package reverseproxy

import (
	"slices"
	"testing"
	"time"
)

func TestHostsAndPathsAreTakenOutOfRules(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string][2][]string{
		"Host(`a.lan`) || Host(`b.lan`, `c.lan`)": {{"a.lan", "b.lan", "c.lan"}, nil},
		"HostSNI(`*`)": {{"*"}, nil},
		"Host(`a.lan`) && !PathPrefix(`/x`) && PathPrefix(`/y`)": {{"a.lan"}, {"/y"}},
		`Host("a.lan") && Path("/")`:                             {{"a.lan"}, {"/"}},
		"Method(`GET`)":                                          {nil, nil},
		"":                                                       {nil, nil},
	} {
		if hosts, paths := wordsOf(rule, "Host"), wordsOf(rule, "Path"); !slices.Equal(hosts, want[0]) || !slices.Equal(paths, want[1]) {
			t.Errorf("%s is for %v %v, want %v", rule, hosts, paths, want)
		}
	}
}

func TestWordsOfHAProxyAreStates(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"UP": stateUp, "UP 1/3": stateUp, "DOWN": stateDown, "DOWN 1/2": stateDown, "DOWN (agent)": stateDown, "MAINT (via app/one)": stateMaint,
		"DRAIN": stateDrain, "NOLB": stateDrain, "no check": stateUnchecked, "": stateUnchecked,
	} {
		if got := haproxyState(word); got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("# pxname,svname,status,type\nweb,FRONTEND,OPEN,0\napp,one,UP 1/3,2\napp,BACKEND,UP,1\n")
	f.Add("# pxname,svname,x\n\"a,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := parseCSV(text)
		if err != nil {
			return
		}
		s := &survey{kind: haproxy, now: time.Unix(0, 0)}
		rows.survey(s)
		for _, b := range s.backends {
			if b.name == "" {
				t.Error("a backend without a name")
			}
			for _, one := range b.servers {
				if !slices.Contains(serverStates(), one.state) {
					t.Errorf("the state %q", one.state)
				}
			}
		}
		newDocument(s)
	})
}

func FuzzStub(f *testing.F) {
	f.Add("Active connections: 2 \nserver accepts handled requests\n 7 7 9 \nReading: 0 Writing: 1 Waiting: 1 \n")
	f.Fuzz(func(t *testing.T, text string) {
		s := &survey{}
		if parseStub(text, s) == nil && s.dropped != nil && *s.dropped < 0 {
			t.Errorf("%v connections were dropped", *s.dropped)
		}
	})
}

func FuzzCaddy(f *testing.F) {
	f.Add([]byte(`{"apps":{"http":{"servers":{"srv0":{"listen":[":443"],"routes":[{"match":[{"host":["a"]}],"handle":[{"handler":"subroute","routes":[{"handle":[{"handler":"reverse_proxy","upstreams":[{"dial":"b:80"}]}]}]}]}]}}}}}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &survey{kind: caddy, now: time.Unix(0, 0)}
		if _, err := parseCaddy(raw, s); err == nil && len(s.routes) > maxRoutes {
			t.Errorf("%d routes", len(s.routes))
		}
		newDocument(s)
	})
}

func FuzzInfo(f *testing.F) {
	f.Add("Name: HAProxy\nVersion: 2.6.12\nUptime_sec: 5\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, value := range parseInfo(text) {
			if n := number(value); n != nil && *n < 0 {
				t.Errorf("%s is %v", name, *n)
			}
		}
		wordsOf(text, "Host")
		versionIn(text)
	})
}
