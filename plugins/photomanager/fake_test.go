package photomanager_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/photomanager"
)

// token is what the fakes let in, session what they give out.
const (
	token   = "only-for-tests"
	session = "5d41402abc4b2a76b9719d911017c592"
)

// fake serves the answers of a case to whom admit lets in; refuse says no as the
// vendor does.
func fake(t testing.TB, name string, open map[string]bool, admit func(*http.Request) bool, refuse func(http.ResponseWriter, *http.Request)) *httptest.Server {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	answers, statuses := make(map[string][]byte), make(map[string]int)
	for _, section := range archive.Files {
		words := strings.Fields(section.Name)
		if len(words) < 2 || words[0] != "GET" && words[0] != "POST" {
			continue
		}
		key := words[0] + " " + words[1]
		answers[key], statuses[key] = section.Data, http.StatusOK
		if len(words) > 2 {
			if statuses[key], err = strconv.Atoi(words[2]); err != nil {
				t.Fatalf("%s: %v", section.Name, err)
			}
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Method + " " + r.URL.RequestURI()
		text, known := answers[key]
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		switch {
		case !open[r.URL.Path] && !admit(r):
			refuse(w, r)
		case !known:
			http.Error(w, `{"message":"Cannot GET `+r.URL.Path+`","error":"Not Found","statusCode":404}`, http.StatusNotFound)
		default:
			w.WriteHeader(statuses[key])
			_, _ = w.Write(text)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// immichFake wants the key in its header and nowhere else.
func immichFake(t testing.TB, name string) *httptest.Server {
	t.Helper()
	open := map[string]bool{
		"/api/server/ping": true, "/api/server/version": true, "/api/server/config": true, "/api/server/features": true, "/api/v1/status": true,
	}
	return fake(t, name, open, func(r *http.Request) bool {
		return r.Header.Get("X-Api-Key") == token && r.Header.Get("Authorization") == "" && r.URL.RawQuery == ""
	}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"Invalid API key","error":"Unauthorized","statusCode":401}`)
	})
}

// prismFake tells whoever is not known that there is nothing, as PhotoPrism does.
func prismFake(t testing.TB, name string, everybody bool) *httptest.Server {
	t.Helper()
	open := map[string]bool{"/api/v1/status": true, "/api/v1/session": true, "/api/server/ping": true, "/api/server-info/ping": true}
	return fake(t, name, open, func(r *http.Request) bool {
		login, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		return everybody || bearer && (login == token || login == session)
	}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/config" {
			_, _ = io.WriteString(w, `{"mode":"public","version":"251130-b3068414c","public":false,"count":{"all":0,"photos":0,"videos":0}}`)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"code":401,"error":"Please log in to your account"}`)
	})
}

func collector(t testing.TB, url string, more plugintest.Settings) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, photomanager.Plugin(), plugintest.Settings{"url": url}.With(more).JSON(t))
}

// TestLoginsGoWhereEachServerWantsThem asks strict fakes of two versions each,
// with the right login and with a wrong one.
func TestLoginsGoWhereEachServerWantsThem(t *testing.T) {
	t.Parallel()
	right, wrong := plugintest.Settings{"token": token}, plugintest.Settings{"token": "another"}
	for name, test := range map[string]struct {
		server *httptest.Server
		login  plugintest.Settings
		photos float64
	}{
		"Immich 3.2.2":                  {immichFake(t, "immich-3"), right, 27038},
		"Immich 1.118":                  {immichFake(t, "immich-1.118"), right, 10},
		"PhotoPrism of 2025":            {prismFake(t, "photoprism", false), right, 3100},
		"PhotoPrism of 2025, a session": {prismFake(t, "photoprism-login", false), plugintest.Settings{"platform": "photoprism", "username": "admin", "password": token}, 3100},
		"PhotoPrism of 2025, metrics":   {prismFake(t, "photoprism-metrics", false), right, 3100},
		"PhotoPrism of 2022, public":    {prismFake(t, "photoprism-public", true), nil, 3100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := photomanager.Plugin()
			values := plugintest.Values(plugintest.CollectAll(t, p, collector(t, test.server.URL, test.login)))
			if got := values[`photo_manager_items{kind="photo"}`]; got != test.photos {
				t.Errorf("there are %v photos, want %v", got, test.photos)
			}
			if test.login == nil {
				return // nobody is refused
			}
			_, err := plugintest.Attempt(t, p, collector(t, test.server.URL, wrong), p.Manifest().Timeout)
			if fault.Of(err) != fault.Auth || !strings.Contains(fault.Hint(err), "it is tried again at") {
				t.Errorf("with a wrong login: %s: %v (%s)", fault.Of(err), err, fault.Hint(err))
			}
		})
	}
}

// TestSecretsStayWithThoseWhoMustKnowThem wants that a key reaches no place that
// everybody may ask.
func TestSecretsStayWithThoseWhoMustKnowThem(t *testing.T) {
	t.Parallel()
	inner := immichFake(t, "immich-3")
	var told atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if open := strings.HasSuffix(r.URL.Path, "/ping") || strings.HasSuffix(r.URL.Path, "/version") || strings.HasSuffix(r.URL.Path, "/config"); open && r.Header.Get("X-Api-Key") != "" {
			told.Add(1)
		}
		inner.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	plugintest.CollectAll(t, photomanager.Plugin(), collector(t, server.URL, plugintest.Settings{"token": token}))
	if n := told.Load(); n != 0 {
		t.Errorf("the key was sent %d times where nobody asked for it", n)
	}
}

// TestAServerThatGoesAndComesBack restarts a fake and withdraws its key between
// two runs of one collector.
func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	inner := immichFake(t, "immich-3")
	var state atomic.Value
	state.Store("well")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch state.Load() {
		case "starting":
			http.Error(w, "Bad Gateway", http.StatusBadGateway)
			return
		case "withdrawn":
			r.Header.Set("X-Api-Key", "withdrawn")
		}
		inner.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := photomanager.Plugin()
	c := collector(t, server.URL, plugintest.Settings{"token": token})
	plugintest.CollectAll(t, p, c)

	state.Store("starting")
	_, err := plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Unreachable, "502", "the server is starting")
	state.Store("well")
	plugintest.CollectAll(t, p, c)

	state.Store("withdrawn")
	_, err = plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Auth, "the API key is not taken", "make a new one")
	state.Store("well")
	_, err = plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Auth, "the API key is not taken", "or at once with other settings")
	plugintest.CollectAll(t, p, collector(t, server.URL, plugintest.Settings{"token": token}))
}

// BenchmarkCollect is one run on a fake.
func BenchmarkCollect(b *testing.B) {
	server := immichFake(b, "immich-3")
	plugintest.Benchmark(b, photomanager.Plugin(), collector(b, server.URL, plugintest.Settings{"token": token}))
}
