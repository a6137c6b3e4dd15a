package gitserver_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/gitserver"
)

// standIn behaves as Gitea does: it wants its own form of the token, cuts pages at
// 50, and tells the length of lists in a header.
type standIn struct {
	*httptest.Server
	plugintest.Guard

	token        string
	repositories int
	scope        string        // what the token lacks
	away         bool          // nobody listens
	silent       chan struct{} // until when nothing is answered
}

func newStandIn(tb testing.TB, repositories int) *standIn {
	tb.Helper()
	s := &standIn{token: "0123456789abcdef", repositories: repositories}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	tb.Cleanup(s.Close)
	return s
}

// set changes the one token that is taken.
func (s *standIn) set(token string) { s.Change(func() { s.token = token }) }

// dial connects to the server, unless it is away.
func (s *standIn) dial(ctx context.Context, network, address string) (net.Conn, error) {
	away := false
	s.Change(func() { away = s.away })
	if away {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (s *standIn) answer(w http.ResponseWriter, r *http.Request) {
	var token, lacks string
	var silent chan struct{}
	s.Change(func() { token, lacks, silent = s.token, s.scope, s.silent })
	if silent != nil {
		select {
		case <-silent:
		case <-r.Context().Done():
			return
		}
	}
	open := map[string]string{
		"/api/v1/version": `{"version": "1.24.2"}`,
		"/api/healthz":    `{"status": "pass", "description": "Gitea: Git with a cup of tea", "checks": {}}`,
	}
	switch text, known := open[r.URL.Path]; {
	case known:
		_, _ = fmt.Fprint(w, text)
	case r.Header.Get("Authorization") != "token "+token || r.URL.Query().Has("access_token"):
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"message": "invalid username, password or token"}`)
	case lacks != "" && strings.HasPrefix(r.URL.Path, "/api/v1/repos/"):
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"message": "token does not have at least one of required scope(s), required=[%s], token scope=read:user"}`, lacks)
	case r.URL.Path == "/api/v1/repos/search":
		s.search(w, r)
	case r.URL.Path == "/api/v1/repos/issues/search":
		w.Header().Set("X-Total-Count", "3")
		_, _ = fmt.Fprint(w, "[]")
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *standIn) search(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	limit = min(limit, 50)
	var rows []string
	for i := (page - 1) * limit; i < min(page*limit, s.repositories); i++ {
		rows = append(rows, fmt.Sprintf(`{"id": %d, "full_name": "me/r%d", "size": 1, "open_issues_count": 1, "has_actions": false, "updated_at": "2026-03-01T11:00:00Z"}`, i, i))
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(s.repositories))
	_, _ = fmt.Fprintf(w, `{"ok": true, "data": [%s]}`, strings.Join(rows, ","))
}

func (s *standIn) settings() plugintest.Settings {
	return plugintest.Settings{"url": s.URL, "token": "0123456789abcdef"}
}

func TestEveryPageIsReadUpToTheLimit(t *testing.T) {
	t.Parallel()
	p := gitserver.Plugin()
	for _, at := range []struct {
		there, limit  int
		seen, leftOut float64
	}{{0, 500, 0, 0}, {50, 500, 50, 0}, {120, 500, 120, 0}, {120, 70, 70, 50}} {
		s := newStandIn(t, at.there)
		c := plugintest.Live(t, p, s.settings().With(plugintest.Settings{"repo_limit": at.limit}).JSON(t))
		values := plugintest.Values(plugintest.CollectAll(t, p, c))
		if got := values[`git_server_repositories{visibility="public"}`]; got != at.seen || values["git_server_repositories_left_out"] != at.leftOut {
			t.Errorf("of %d repositories %v are seen and %v left out", at.there, got, values["git_server_repositories_left_out"])
		}
		if got := values[`git_server_storage_bytes{part="repository"}`]; got != at.seen*1024 {
			t.Errorf("%v repositories of 1 KiB have %v bytes", at.seen, got)
		}
	}
}

func TestATokenThatIsWithdrawnIsToldAndANewOneMendsIt(t *testing.T) {
	t.Parallel()
	p, s := gitserver.Plugin(), newStandIn(t, 1)
	c := plugintest.Live(t, p, s.settings().JSON(t))
	plugintest.CollectAll(t, p, c)
	s.set("another")
	_, err := plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Auth, "the token is not taken", "make a new one")
	if strings.Contains(err.Error(), "0123456789abcdef") {
		t.Errorf("the token is in %v", err)
	}
	s.set("0123456789abcdef")
	plugintest.CollectAll(t, p, c)
}

func TestAServerThatIsAwayFallsSilentOrTakesARightAwayIsToldAndRecovers(t *testing.T) {
	t.Parallel()
	p, s := gitserver.Plugin(), newStandIn(t, 1)
	host := plugintest.LiveHost(t, p)
	host.Dial = s.dial
	c := plugintest.Open(t, p, s.settings().JSON(t), host)
	recovered := func() {
		t.Helper()
		if n := plugintest.Values(plugintest.CollectAll(t, p, c))[`git_server_repositories{visibility="public"}`]; n != 1 {
			t.Errorf("it tells %v repositories", n)
		}
	}
	recovered()

	s.Change(func() { s.away = true })
	s.CloseClientConnections() // as when it is killed
	_, err := plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Refused, "GET "+s.URL+"/api/v1/version: connection refused", "see whether the service runs")
	s.Change(func() { s.away = false })
	recovered()

	silent := make(chan struct{})
	s.Change(func() { s.silent = silent })
	impatient := plugintest.Open(t, p, s.settings().With(plugintest.Settings{"timeout": "200ms"}).JSON(t), host)
	_, err = plugintest.Attempt(t, p, impatient, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Timeout, "no answer within 200ms", "see whether the ")
	s.Change(func() { s.silent = nil })
	close(silent)
	recovered()

	s.Change(func() { s.scope = "read:repository" })
	_, err = plugintest.Attempt(t, p, c, p.Manifest().Timeout)
	plugintest.WantFault(t, err, fault.Permission, "the token lacks a scope", "make a token with the scope read:repository")
	s.Change(func() { s.scope = "" })
	recovered()
}

// BenchmarkCollect is one run on a stand-in with 500 repositories.
func BenchmarkCollect(b *testing.B) {
	p, s := gitserver.Plugin(), newStandIn(b, 500)
	plugintest.Benchmark(b, p, plugintest.Live(b, p, s.settings().JSON(b)))
}
