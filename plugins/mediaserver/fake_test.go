package mediaserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mediaserver"
)

// token is what the fakes let in.
const token = "only-for-tests"

// fake serves answers by path to whom admit lets in, and refuses others as the
// vendor does.
func fake(t testing.TB, answers map[string]string, open map[string]bool, admit func(*http.Request) bool) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, known := answers[r.URL.Path]
		switch {
		case !open[r.URL.Path] && !admit(r):
			http.Error(w, "<html><body>401 Unauthorized</body></html>", http.StatusUnauthorized)
		case !known:
			http.Error(w, "<html><body>404 Not Found</body></html>", http.StatusNotFound)
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, text)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// plexFake wants its headers: without Accept it answers in XML, without the name
// of the client not at all.
func plexFake(t testing.TB, version, sessions string) *httptest.Server {
	t.Helper()
	answers := map[string]string{
		"/identity":         `{"MediaContainer": {"machineIdentifier": "7c1c9f0e3a", "version": "` + version + `"}}`,
		"/":                 `{"MediaContainer": {"friendlyName": "cellar", "version": "` + version + `", "platform": "Linux"}}`,
		"/status/sessions":  sessions,
		"/library/sections": `{"MediaContainer": {"Directory": [{"key": "1", "title": "Films", "type": "movie"}]}}`,
		// An old one takes no notice of the size that is asked for, and sends all.
		"/library/sections/1/all": manyItems(5000),
	}
	return fake(t, answers, map[string]bool{"/identity": true}, func(r *http.Request) bool {
		return r.Header.Get("X-Plex-Token") == token && r.Header.Get("Accept") == "application/json" &&
			len(r.Header.Get("X-Plex-Client-Identifier")) == 36 && r.Header.Get("Authorization") == ""
	})
}

// manyItems is a library that was asked for nothing and sends everything.
func manyItems(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"MediaContainer": {"size": %d, "Metadata": [`, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"ratingKey": "%d", "type": "movie", "title": "Film %d", "summary": %q, "Media": [{"id": %d, "Part": [{"file": "/media/%d.mkv"}]}]}`, i, i, strings.Repeat("A long story. ", 60), i, i)
	}
	b.WriteString(`]}}`)
	return b.String()
}

func jellyfinFake(t testing.TB, version string) *httptest.Server {
	t.Helper()
	about := `{"ServerName": "attic", "Version": "` + version + `", "ProductName": "Jellyfin Server", "Id": "f2", "StartupWizardCompleted": true}`
	answers := map[string]string{
		"/System/Info/Public": about, "/System/Info": about, "/Sessions": `[]`, "/ScheduledTasks": `[]`, "/Items/Counts": `{"MovieCount": 5000, "ItemCount": 5000}`,
		"/Library/VirtualFolders": `[]`, "/Users": `[{"Name": "ada"}]`, "/Plugins": `[]`, "/System/ActivityLog/Entries": `{"Items": []}`,
	}
	return fake(t, answers, map[string]bool{"/System/Info/Public": true}, func(r *http.Request) bool {
		// Version 12 takes this header and no other; a device in it would be stored.
		return r.Header.Get("Authorization") == `MediaBrowser Token="`+token+`"` && r.Header.Get("X-Emby-Token") == "" && r.URL.Query().Get("api_key") == ""
	})
}

func embyFake(t testing.TB, version string) *httptest.Server {
	t.Helper()
	about := `{"ServerName": "den", "Version": "` + version + `", "Id": "e1"}`
	answers := map[string]string{
		"/emby/System/Info/Public": about, "/emby/System/Info": about, "/emby/Sessions": `[]`, "/emby/ScheduledTasks": `[]`,
		"/emby/Items/Counts": `{"MovieCount": 5000}`, "/emby/Library/VirtualFolders/Query": `{"Items": []}`, "/emby/Users/Query": `{"TotalRecordCount": 2}`,
	}
	return fake(t, answers, map[string]bool{"/emby/System/Info/Public": true, "/System/Info/Public": true, "/identity": true}, func(r *http.Request) bool {
		return r.Header.Get("X-Emby-Token") == token && strings.HasPrefix(r.URL.Path, "/emby/")
	})
}

func collector(t testing.TB, url, secret string) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, mediaserver.Plugin(), plugintest.Settings{"url": url, "token": secret}.JSON(t))
}

// TestTokensGoWhereEachServerWantsThem asks strict fakes of two versions each,
// with the token and with a wrong one, which is sent once.
func TestTokensGoWhereEachServerWantsThem(t *testing.T) {
	t.Parallel()
	const nobody = `{"MediaContainer": {"size": 0}}`
	for name, server := range map[string]*httptest.Server{
		"Plex 1.41": plexFake(t, "1.41.3.9314", nobody), "Plex 1.18": plexFake(t, "1.18.9.2578", nobody),
		"Jellyfin 10.8": jellyfinFake(t, "10.8.13"), "Jellyfin 12": jellyfinFake(t, "12.0.0"),
		"Emby 4.7": embyFake(t, "4.7.14.0"), "Emby 4.9": embyFake(t, "4.9.0.41"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mediaserver.Plugin()
			values := plugintest.Values(plugintest.CollectAll(t, p, collector(t, server.URL, token)))
			kind, _, _ := strings.Cut(name, " ")
			found := false
			for key := range values {
				found = found || strings.HasPrefix(key, `media_server_info{kind="`+kind+`",version="`)
			}
			movies := values[`media_server_library_items{item_type="movie",library="all"}`] + values[`media_server_library_items{item_type="movie",library="Films"}`]
			if !found || movies != 5000 || values[`media_server_streams{method="transcode"}`] != 0 {
				t.Errorf("found %v, %v movies: %v", found, movies, values)
			}
			c := collector(t, server.URL, "not-this-one")
			for range 2 {
				_, err := plugintest.Attempt(t, p, c, 20*time.Second)
				plugintest.WantFault(t, err, fault.Auth, "401 Unauthorized", "it is tried again at")
			}
		})
	}
}

// TestAServerThatGoesAndComesBack closes a server between two runs.
func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	p := mediaserver.Plugin()
	var state atomic.Int32
	behind := jellyfinFake(t, "10.11.2")
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch state.Load() {
		case 1:
			w.Header().Set("Retry-After", "15")
			http.Error(w, "starting", http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler)
		default:
			behind.Config.Handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	c := collector(t, front.URL, token)
	plugintest.CollectAll(t, p, c)
	state.Store(1)
	_, err := plugintest.Attempt(t, p, c, 20*time.Second)
	plugintest.WantFault(t, err, fault.Unreachable, "503", "the server is starting; wait a moment (it says 15 seconds)")
	state.Store(2)
	_, err = plugintest.Attempt(t, p, c, 20*time.Second)
	plugintest.WantFault(t, err, fault.BadAnswer, "the connection ended", "")
	state.Store(0)
	plugintest.CollectAll(t, p, c)
}

// FuzzSessions wants whatever a server says of streams to be read or refused.
func FuzzSessions(f *testing.F) {
	f.Add(`{"MediaContainer": {"size": 1, "Metadata": [{"sessionKey": "1", "type": "movie", "duration": "x", "TranscodeSession": {"videoDecision": "transcode", "speed": -1}}]}}`)
	f.Add(`{"MediaContainer": {"Metadata": [{"Session": {"bandwidth": 1e300}, "Player": {"local": "yes"}, "live": 7}]}}`)
	f.Add(`[{"Id": "s1", "NowPlayingItem": {"RunTimeTicks": 0}, "TranscodingInfo": {"TranscodeReasons": "A, B"}}]`)
	f.Add(`{"MediaContainer": {"Metadata": [1, null, []]}}`)
	f.Fuzz(func(t *testing.T, sessions string) {
		p := mediaserver.Plugin()
		for _, server := range []*httptest.Server{
			plexFake(t, "1.41.3", sessions),
			fake(t, map[string]string{"/System/Info/Public": `{"ProductName": "Jellyfin Server"}`, "/System/Info": `{}`, "/Sessions": sessions}, nil, func(*http.Request) bool { return true }),
		} {
			batch, err := plugintest.Attempt(t, p, collector(t, server.URL, token), time.Minute)
			for _, problem := range append(batch.Problems(), err) {
				if fault.Of(problem) == fault.Internal {
					t.Errorf("%q: %v", sessions, problem)
				}
			}
		}
	})
}

// BenchmarkCollect is one run on a fake Plex with eight streams.
func BenchmarkCollect(b *testing.B) {
	one := `{"sessionKey": "%d", "ratingKey": "1", "type": "movie", "title": "Metropolis", "duration": 8880000, "viewOffset": 2220000, "User": {"title": "ada"}, "Player": {"title": "TV", "state": "playing", "local": true}, "Session": {"id": "a", "bandwidth": 9120, "location": "lan"}, "TranscodeSession": {"videoDecision": "transcode", "speed": 2.5}}`
	var all []string
	for i := range 8 {
		all = append(all, fmt.Sprintf(one, i))
	}
	server := plexFake(b, "1.41.3.9314", `{"MediaContainer": {"size": 8, "Metadata": [`+strings.Join(all, ",")+`]}}`)
	plugintest.Benchmark(b, mediaserver.Plugin(), collector(b, server.URL, token))
}

// BenchmarkWholeLibrary is the first run on an old Plex, which sends all of 5,000
// films where only their number is asked for.
func BenchmarkWholeLibrary(b *testing.B) {
	server := plexFake(b, "1.18.9.2578", `{"MediaContainer": {"size": 0}}`)
	p := mediaserver.Plugin()
	b.ReportAllocs()
	for b.Loop() {
		plugintest.CollectAll(b, p, collector(b, server.URL, token))
	}
}
