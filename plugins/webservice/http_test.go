package webservice_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPhasesAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	const thinks, sends = 60 * time.Millisecond, 40 * time.Millisecond
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		<-time.After(thinks)
		_, _ = io.WriteString(w, "a")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-time.After(sends)
		_, _ = io.WriteString(w, "b")
	})
	f := check(t, settings{"url": server.URL})
	f.expect(t, "up", "", "")
	phase := func(name string) float64 { return f.values[`probe_phase_duration_seconds{phase="`+name+`"}`] }
	whole := f.values[`probe_duration_seconds{type="http"}`]
	sum := phase("dns") + phase("connect") + phase("tls") + phase("processing") + phase("transfer")
	switch {
	// The first byte may be on its way for a while on a busy machine: what it loses,
	// the transfer does.
	case phase("processing") < thinks.Seconds() || phase("processing")+phase("transfer") < (thinks+sends).Seconds():
		t.Errorf("processing %v, transfer %v", phase("processing"), phase("transfer"))
	case sum > whole || whole-sum > 5:
		t.Errorf("phases sum to %v of %v", sum, whole)
	}
}

func TestPhasesOfRedirectsAreAddedUp(t *testing.T) {
	t.Parallel()
	const thinks = 30 * time.Millisecond
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-time.After(thinks)
		if n := len(r.URL.Path); n < 4 {
			http.Redirect(w, r, r.URL.Path+"x?token=hunter2", http.StatusFound)
		}
	})
	f := check(t, settings{"url": server.URL + "/"})
	f.expect(t, "up", "", "")
	if got := f.values[`probe_phase_duration_seconds{phase="processing"}`]; got < 4*thinks.Seconds() {
		t.Errorf("four answers took %v s", got)
	}
	if f.values["probe_http_redirects"] != 3 || f.FinalURL != server.URL+"/xxx" {
		t.Errorf("%v redirects to %s", f.values["probe_http_redirects"], f.FinalURL)
	}
}

func TestRedirectsThatNeverEndAreDown(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) })
	check(t, settings{"url": server.URL, "max_redirects": 3}).expect(t, "down", "redirect_error", "too many redirects")
}

func TestASessionThatNeedsACookieEndsItsRedirects(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
			http.Redirect(w, r, "/", http.StatusFound)
		}
	})
	check(t, settings{"url": server.URL}).expect(t, "up", "", "")
}

func TestTheLoginDoesNotFollowToAnotherHost(t *testing.T) {
	t.Parallel()
	var heard http.Header
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { heard = r.Header.Clone() })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != "unity" || p != "hunter2" || r.Header.Get("X-Key") != "hunter2" {
			t.Errorf("the login is missing: %v", r.Header)
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	f := check(t, settings{
		"url": server.URL, "username": "unity", "password": "hunter2", "headers": map[string]string{"X-Key": "hunter2"},
	})
	f.expect(t, "up", "", "")
	if strings.Contains(fmt.Sprint(heard), "hunter2") || heard.Get("Authorization") != "" {
		t.Errorf("the other host heard %v", heard)
	}
}

func TestOnlyTheBeginningOfALongAnswerIsJudged(t *testing.T) {
	t.Parallel()
	server := serve(t, answer(strings.Repeat("x", 5000)+"needle"))
	f := check(t, settings{"url": server.URL, "keyword": "needle", "max_body_bytes": 1000})
	f.expect(t, "down", "keyword_mismatch", "the keyword is not there in the first 1000 bytes")
	if !f.Truncated || f.values["probe_http_response_bytes"] != 1000 {
		t.Errorf("truncated %v, %v bytes", f.Truncated, f.values["probe_http_response_bytes"])
	}
	f = check(t, settings{"url": server.URL, "keyword": "needle", "max_body_bytes": 5006})
	f.expect(t, "up", "", "")
	if f.Truncated {
		t.Error("an answer of just the bound counts as longer")
	}
}

func TestWhatIsSentIsWhatTheConfigSays(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	f := check(t, settings{
		"url": server.URL + "/api?a=1", "method": "POST", "body": `{"q": 1}`, "cache_bust": true, "user_agent": "probe/2",
		"headers": map[string]string{"Host": "cloud.lan", "X-More": "yes"}, "token": "hunter2",
	})
	f.expect(t, "up", "", "")
	switch {
	case got.Method != http.MethodPost || string(body) != `{"q": 1}` || got.ContentLength != 8:
		t.Errorf("%s with %q", got.Method, body)
	case got.URL.Query().Get("a") != "1" || got.URL.Query().Get("_") == "":
		t.Errorf("query %s", got.URL.RawQuery)
	case got.Host != "cloud.lan" || got.Header.Get("X-More") != "yes" || got.UserAgent() != "probe/2":
		t.Errorf("host %s, header %v", got.Host, got.Header)
	case got.Header.Get("Authorization") != "Bearer hunter2":
		t.Errorf("authorization %s", got.Header.Get("Authorization"))
	}
}

func TestExpectationsOnJSON(t *testing.T) {
	t.Parallel()
	server := serve(t, answer(`{"status": "ok", "n": 10, "list": ["a", "b"], "deep": [{"v": 1}, {"v": 2}], "none": null, "on": true}`))
	for _, c := range []struct {
		path, operator, expected string
		ok                       bool
	}{
		{"$.status", "==", "ok", true},
		{"$.status", "!=", "ok", false},
		{"$.n", "<", "9", false}, // as numbers, not as texts
		{"$.n", ">", "9", true},
		{"$.n", ">=", "10.0", true},
		{"$.n", "<=", "9.99", false},
		{"$.list", "contains", "b", true},
		{"$.status", "contains", "k", true},
		{"$.missing", "exists", "", false},
		{"$.none", "exists", "", true},
		{"$.none", "==", "null", true},
		{"$.on", "==", "true", true},
		{"$.deep[*].v", "any", "2", true},
		{"$.deep[*].v", "any", "3", false},
		{"$.deep[?(@.v > 1)].v", "==", "2", true},
	} {
		t.Run(c.path+" "+c.operator+" "+c.expected, func(t *testing.T) {
			t.Parallel()
			f := check(t, settings{
				"url": server.URL, "json_path": c.path, "json_operator": c.operator, "json_expected": c.expected,
			})
			if detail, ok, there := f.verdict("json"); ok != c.ok || !there {
				t.Errorf("%v: %s", ok, detail)
			}
		})
	}
}

func TestHeadersMustMatchAndBeThere(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Version", "2.1") })
	for pattern, reason := range map[string]string{`^2\.`: "", `^3\.`: "header_mismatch"} {
		f := check(t, settings{"url": server.URL, "header_regex": map[string]string{"x-version": pattern}})
		if f.Reason != reason {
			t.Errorf("%s: %s %s", pattern, f.Reason, f.Message)
		}
	}
	check(t, settings{"url": server.URL, "header_regex": map[string]string{"Strict-Transport-Security": "."}}).
		expect(t, "down", "header_mismatch", "there is no header Strict-Transport-Security")
}

func TestASlowAnswerIsDegraded(t *testing.T) {
	t.Parallel()
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-time.After(30 * time.Millisecond) })
	f := check(t, settings{"url": server.URL, "max_response_time": "10ms"})
	f.expect(t, "degraded", "", "")
	if f.values[`probe_success{type="http"}`] != 1 || f.values[`probe_assertion_success{assertion="latency"}`] != 0 {
		t.Errorf("%v", f.values)
	}
}

func TestASecondAttemptCanSaveTheCheck(t *testing.T) {
	t.Parallel()
	asked := 0
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	f := check(t, settings{"url": server.URL, "retries": 2, "retry_delay": "1ms"})
	f.expect(t, "up", "", "")
	if f.Attempts != 3 || f.values["probe_attempts"] != 3 {
		t.Errorf("%d attempts", f.Attempts)
	}
}

func TestHTTPVersionsAreSpokenAsWanted(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answer("hello"))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	server.StartTLS()
	t.Cleanup(server.Close)
	for wanted, got := range map[string]float64{"auto": 2, "1.1": 1.1, "2": 2} {
		f := check(t, settings{"url": server.URL, "verify_tls": false, "http_version": wanted, "min_cert_remaining": "0s"})
		if f.values["probe_http_version"] != got || f.State != "up" {
			t.Errorf("%s speaks %v: %s", wanted, f.values["probe_http_version"], f.Message)
		}
	}
}

func TestATokenIsFetchedOnceAndUsed(t *testing.T) {
	t.Parallel()
	given := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
			id, secret, _ := r.BasicAuth()
			if err := r.ParseForm(); err != nil || id != "probe" || secret != "hunter2" || r.Form.Get("scope") != "read" {
				http.Error(w, `{"error": "invalid_client"}`, http.StatusUnauthorized)
				return
			}
			given++
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token": "short-lived", "token_type": "Bearer", "expires_in": 3600}`)
		default:
			if r.Header.Get("Authorization") != "Bearer short-lived" {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}
	})
	grant := settings{"token_url": server.URL + "/token", "client_id": "probe", "client_secret": "hunter2", "scopes": []string{"read"}}
	c := collector(t, settings{"url": server.URL, "oauth2": grant})
	for range 2 {
		f, _ := checkWith(t, c)
		f.expect(t, "up", "", "")
	}
	if given != 1 {
		t.Errorf("%d tokens were fetched", given)
	}
	grant["client_secret"] = "wrong-secret"
	f := check(t, settings{"url": server.URL, "oauth2": grant})
	f.expect(t, "down", "login_failed", "asking for a token at "+server.URL+"/token")
	if strings.Contains(f.Message, "wrong-secret") {
		t.Errorf("%s shows the secret", f.Message)
	}
}

func TestAProxyIsGoneThrough(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		_, _ = io.WriteString(w, "through the proxy")
	})
	f := check(t, settings{"url": "http://cloud.invalid/x", "proxy_url": proxy.URL, "keyword": "through"})
	f.expect(t, "up", "", "")
	if !slices.Equal(asked, []string{"http://cloud.invalid/x"}) {
		t.Errorf("the proxy was asked for %q", asked)
	}
}
