package fetch_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/plugintest"
)

func host() plugin.Host {
	var dialer net.Dialer
	return plugin.Host{Dial: dialer.DialContext, Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

// client returns a client for the address; change may set more.
func client(t *testing.T, address string, change func(*fetch.Config), options ...fetch.Option) *fetch.Client {
	t.Helper()
	config := fetch.Defaults()
	config.URL = address
	if change != nil {
		change(&config)
	}
	c, err := fetch.New(config, host(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestJSONIsReadFromThePathBelowTheAddress(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/base/api/status" || r.URL.RawQuery != "full=1&x=a+b" {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = io.WriteString(w, `{"version": "1.2.3", "unknown": true}`+"\n")
	})
	var got struct{ Version string }
	err := client(t, server.URL+"/base/", nil).JSON(t.Context(),
		fetch.Request{Path: "/api/status?full=1", Query: url.Values{"x": {"a b"}}}, &got)
	if err != nil || got.Version != "1.2.3" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestQuestionsArePostedAsJSON(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || string(body) != `{"a":1}` {
			t.Errorf("%s %s %s", r.Method, r.Header, body)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(body)
	})
	var got map[string]int
	if err := client(t, server.URL, nil).PostJSON(t.Context(), "/", map[string]int{"a": 1}, &got); err != nil || got["a"] != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTheLoginIsSent(t *testing.T) {
	t.Setenv("UNITY_TEST_TOKEN", "from-the-environment")
	for _, c := range []struct {
		name    string
		change  func(*fetch.Config)
		options []fetch.Option
		header  string
		want    string
	}{
		{"user and password", func(c *fetch.Config) { c.Username, c.Password = "u", "p" }, nil, "Authorization", "Basic dTpw"},
		{"bearer token", func(c *fetch.Config) { c.Token = "t" }, nil, "Authorization", "Bearer t"},
		{"token of the environment", func(c *fetch.Config) { c.Token = "env:UNITY_TEST_TOKEN" }, nil, "Authorization", "Bearer from-the-environment"},
		{"token in a header", func(c *fetch.Config) { c.Token = "t" }, []fetch.Option{fetch.WithTokenHeader("X-Api-Key")}, "X-Api-Key", "t"},
		{"headers", func(c *fetch.Config) { c.Headers = map[string]plugin.Secret{"x-more": "m"} }, nil, "X-More", "m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got http.Header
			server := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
			if _, err := client(t, server.URL, c.change, c.options...).Get(t.Context(), "/"); err != nil {
				t.Fatal(err)
			}
			if got.Get(c.header) != c.want {
				t.Errorf("%s is %q, want %q", c.header, got.Get(c.header), c.want)
			}
		})
	}
}

func TestRedirectsNeverCarryCredentialsElsewhere(t *testing.T) {
	t.Parallel()
	var got []http.Header
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Clone()) })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/there":
			if r.Header.Get("X-Api-Key") != "hunter2" || r.Header.Get("Authorization") == "" {
				t.Errorf("the login is lost within the host: %v", r.Header)
			}
		default:
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}
	})
	c := client(t, server.URL, func(c *fetch.Config) {
		c.Username, c.Password = "hunter2", "hunter2"
		c.Headers = map[string]plugin.Secret{"X-Api-Key": "hunter2", "Cookie": "hunter2"}
	})
	for _, path := range []string{"/here", "/away"} {
		if _, err := c.Get(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 1 || strings.Contains(fmt.Sprint(got), "hunter2") || got[0].Get("Authorization") != "" {
		t.Errorf("the other host was told %v", got)
	}
	err := c.PostJSON(t.Context(), "/away", map[string]string{"password": "hunter2"}, nil)
	if fault.Of(err) != fault.WrongService || len(got) != 1 {
		t.Errorf("a login was redirected: %v", err)
	}
}

func TestWhoIsSentBackByAnotherHostComesWithoutCredentials(t *testing.T) {
	t.Parallel()
	var got http.Header
	var home string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, home+"/admin", http.StatusFound) })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/admin" {
			got = r.Header.Clone()
			return
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	home = server.URL
	c := client(t, server.URL, func(c *fetch.Config) { c.Username, c.Password, c.Token = "ann", "hunter2", "hunter3" })
	if _, err := c.Get(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	if got == nil || got.Get("Authorization") != "" {
		t.Errorf("another host sent us back with %v", got)
	}
}

// distant is a connection to another machine, as far as its address says.
type distant struct{ net.Conn }

func (distant) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func TestAServiceElsewhereDoesNotLeadToThisMachine(t *testing.T) {
	t.Parallel()
	asked := 0
	inside := serve(t, func(http.ResponseWriter, *http.Request) { asked++ })
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	outside := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/name":
			http.Redirect(w, r, "http://other.lan:"+port+"/", http.StatusFound)
		case "/address":
			http.Redirect(w, r, inside.URL, http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, "http://printer.lan/", http.StatusFound)
		}
	})
	world := host()
	dial := world.Dial
	world.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "nas.lan:") || strings.HasPrefix(address, "printer.lan:") {
			conn, err := dial(ctx, network, outside.Listener.Addr().String())
			return distant{conn}, err
		}
		return dial(ctx, network, strings.Replace(address, "other.lan", "127.0.0.1", 1)) // as its DNS may say
	}
	config := fetch.Defaults()
	config.URL = "http://nas.lan"
	c, err := fetch.New(config, world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, path := range []string{"/name", "/address"} {
		if _, err := c.Get(t.Context(), path); fault.Of(err) != fault.WrongService || !strings.Contains(err.Error(), "this machine itself") || fault.Hint(err) == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.Get(t.Context(), "/elsewhere"); err != nil {
		t.Error(err)
	}
	if asked > 0 {
		t.Errorf("this machine was asked %d times", asked)
	}
}

func TestFaultsSayWhatHappened(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/slow":
			<-r.Context().Done()
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"a":`)
		case "/large":
			_, _ = io.WriteString(w, `"`+strings.Repeat("x", 2000)+`"`)
		case "/page":
			_, _ = io.WriteString(w, "<!doctype html><title>Login</title>")
		case "/text":
			_, _ = io.WriteString(w, "hello")
		case "/list":
			_, _ = io.WriteString(w, "[1]")
		case "/short":
			_, _ = io.WriteString(w, `{"a": [1,`)
		case "/empty":
		case "/later":
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			status := 0
			if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
				t.Error(err)
			}
			w.WriteHeader(status)
		}
	})
	closed := serve(t, nil)
	closed.Close()
	raw := plugintest.Listen(t, func(conn net.Conn) {
		// Not before the question has come: net/http writes to the log of the
		// program when a server speaks first.
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n")
	})
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	t.Cleanup(secure.Close)

	for _, c := range []struct {
		address, path string
		kind          fault.Kind
		text          string
	}{
		{closed.URL, "/api", fault.Refused, "GET URL/api: connection refused"},
		{"http://nas.invalid", "/api", fault.DNS, "GET URL/api: no such host nas.invalid"},
		{"unix:///no/such.sock", "/api", fault.Unreachable, "GET URL/api: no such socket"},
		{"http://" + raw, "/", fault.WrongService, "GET URL/: it does not speak HTTP"},
		{strings.Replace(server.URL, "http", "https", 1), "/", fault.WrongService, "GET URL/: it speaks HTTP, not HTTPS"},
		{secure.URL, "/", fault.TLS, "GET URL/: TLS: the certificate is signed by nobody we trust"},
		{server.URL, "/slow?token=hunter2", fault.Timeout, "GET URL/slow: no answer within 200ms"},
		{server.URL, "/round", fault.WrongService, "GET URL/round: too many redirects"},
		{server.URL, "/cut", fault.BadAnswer, "GET URL/cut: the connection ended in the middle of the answer"},
		{server.URL, "/large", fault.BadAnswer, "GET URL/large: the answer is larger than 1000 bytes"},
		{server.URL, "/page", fault.WrongService, "GET URL/page: the answer is a web page, not JSON"},
		{server.URL, "/text", fault.BadAnswer, "GET URL/text: the answer is not what was expected: invalid character 'h' looking for beginning of value"},
		{server.URL, "/short", fault.BadAnswer, "GET URL/short: the answer ends too early"},
		{server.URL, "/empty", fault.BadAnswer, "GET URL/empty: the answer is empty"},
		{server.URL, "/401", fault.Auth, "GET URL/401: status 401 Unauthorized"},
		{server.URL, "/403", fault.Permission, "GET URL/403: status 403 Forbidden"},
		{server.URL, "/404", fault.NotFound, "GET URL/404: status 404 Not Found"},
		{server.URL, "/405", fault.Unsupported, "GET URL/405: status 405 Method Not Allowed"},
		{server.URL, "/later", fault.RateLimited, "GET URL/later: status 429 Too Many Requests"},
		{server.URL, "/500", fault.BadAnswer, "GET URL/500: status 500 Internal Server Error"},
		{server.URL, "/502", fault.Unreachable, "GET URL/502: status 502 Bad Gateway"},
	} {
		t.Run(c.path+" "+string(c.kind), func(t *testing.T) {
			t.Parallel()
			asked := client(t, c.address, func(f *fetch.Config) {
				f.Token = "hunter2"
				f.Timeout = plugin.Duration(time.Minute)
				if c.kind == fault.Timeout {
					f.Timeout = plugin.Duration(200 * time.Millisecond)
				}
			}, fetch.WithMaxBody(1000))
			var into map[string]any
			err := asked.GetJSON(t.Context(), c.path, &into)
			if fault.Of(err) != c.kind {
				t.Errorf("kind %q, want %q", fault.Of(err), c.kind)
			}
			if got := strings.Replace(fmt.Sprint(err), c.address, "URL", 1); got != c.text {
				t.Errorf("got  %q\nwant %q", got, c.text)
			}
			if strings.Contains(fmt.Sprint(err, fault.Hint(err)), "hunter2") {
				t.Errorf("%v shows a secret", err)
			}
		})
	}
}

func TestAStatusIsInTheChainWithTheBeginningOfTheAnswer(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": "token expired"}`, http.StatusUnauthorized)
	})
	_, err := client(t, server.URL, nil).Get(t.Context(), "/")
	var status *fetch.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusUnauthorized || status.Reason != "Unauthorized" || !strings.Contains(string(status.Body), "expired") {
		t.Errorf("got %v", err)
	}
}

func TestTheCollectionsEndEndsARequest(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client(t, server.URL, nil).Get(ctx, "/"); fault.Of(err) != fault.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client(t, server.URL, nil).Get(ctx, "/"); fault.Of(err) != fault.Timeout {
		t.Errorf("out of time: %v", err)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen[r.RemoteAddr] = true
		_, _ = io.WriteString(w, "{}\n\n")
	})
	c := client(t, server.URL, nil)
	for range 5 {
		var into struct{}
		if err := c.GetJSON(t.Context(), "/", &into); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 1 {
		t.Errorf("%d connections for five requests", len(seen))
	}
}

func TestAUnixSocketIsAnAddress(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "unity") //nolint:usetesting // the path of a socket has at most 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	c := client(t, "unix://"+socket, nil)
	if got, err := c.Get(t.Context(), "/info"); err != nil || string(got) != "/info" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, want := c.URL("/info?token=x"), "unix://"+socket+"/info"; got != want {
		t.Errorf("URL is %q, want %q", got, want)
	}
}

func TestCertificatesAreTrustedAsTheConfigSays(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	t.Cleanup(server.Close)
	certificate := server.Certificate()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(certificate.Raw)
	fingerprint := hex.EncodeToString(digest[:])
	for _, c := range []struct {
		name   string
		change func(*fetch.Config)
		want   string
	}{
		{"not at all", nil, "signed by nobody we trust"},
		{"unverified", func(c *fetch.Config) { c.Verify = false }, ""},
		{"by its CA", func(c *fetch.Config) { c.CAFile = file }, ""},
		{"by its CA, with another name", func(c *fetch.Config) { c.CAFile, c.ServerName = file, "nas.lan" }, "the certificate is for example.com, *.example.com, 127.0.0.1, ::1, not nas.lan"},
		{"by its fingerprint", func(c *fetch.Config) { c.Fingerprint = strings.ToUpper(fingerprint[:2]) + ":" + fingerprint[2:] }, ""},
		{"by another fingerprint", func(c *fetch.Config) { c.Fingerprint = strings.Repeat("00", 32) }, "the certificate's fingerprint is " + fingerprint},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, server.URL, c.change).Get(t.Context(), "/")
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (fault.Of(err) != fault.TLS || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestFilesThatAreNoCertificatesAreConfigFaults(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, group := range []fetch.TLS{{CAFile: file}, {CAFile: file + ".not"}, {CertFile: file, KeyFile: file}} {
		if _, err := group.Config(); fault.Of(err) != fault.Config {
			t.Errorf("%+v gives %v", group, err)
		}
	}
}

func TestAProxyIsUsedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	proxied := ""
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		proxied = r.URL.String()
		_, _ = io.WriteString(w, "by the proxy")
	})
	got, err := client(t, "http://nas.invalid", func(c *fetch.Config) { c.ProxyURL = proxy.URL }).Get(t.Context(), "/x")
	if err != nil || string(got) != "by the proxy" || proxied != "http://nas.invalid/x" {
		t.Errorf("got %q, %v; the proxy saw %q", got, err, proxied)
	}
}

func TestTheSettingsStandBesideThePluginsOwn(t *testing.T) {
	t.Parallel()
	type config struct {
		fetch.Config
		Depth int `json:"depth" title:"Depth" help:"How deep."`
	}
	p := plugin.Define(plugin.Manifest{ID: "web_monitor"}, config{Config: fetch.Defaults()},
		func(context.Context, config, plugin.Host) (plugin.Collector, error) { return nil, nil })
	var names []string
	for _, setting := range p.Settings() {
		names = append(names, setting.Path)
	}
	want := []string{
		"url", "timeout", "username", "password", "token", "headers", "proxy_url", "verify_tls", "tls_ca_file",
		"tls_cert_file", "tls_key_file", "tls_server_name", "tls_fingerprint", "depth",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for raw, problem := range map[string]string{
		`{"url": "http://nas"}`:                                   "",
		`{"url": "unix:///run/x.sock", "depth": 3}`:               "",
		`{"url": "nas"}`:                                          "url must begin with http://, https:// or unix://",
		`{"url": "http://u:p@nas"}`:                               "url must not hold a user or password; there are settings for them",
		`{"url": "http://nas?x=1"}`:                               "url must not have a query or a fragment",
		`{"url": "http://"}`:                                      "url names no host",
		`{"url": "unix://run/x.sock"}`:                            "url must be the absolute path of a socket: unix:///run/service.sock",
		`{"url": "http://nas", "tls_cert_file": "a"}`:             "tls_cert_file and tls_key_file are given together or not at all",
		`{"url": "http://nas", "tls_fingerprint": "abc"}`:         "tls_fingerprint must be 64 hexadecimal digits, with or without colons",
		`{"url": "http://nas", "proxy_url": "nas"}`:               "proxy_url is not an address such as http://proxy.lan:3128",
		`{"url": "http://nas", "headers": {"a b": "c"}}`:          "headers.a b is not the name of a header",
		`{"url": "http://nas", "timeout": "1ms"}`:                 "timeout must be at least 100ms",
		`{"url": "http://nas", "proxy_url": "http://u:p@x:3128"}`: "proxy_url must not hold a password; a proxy with a login is set in the environment, and this to env",
	} {
		err := p.Validate(json.RawMessage(raw))
		got := ""
		if e := (*plugin.ConfigError)(nil); errors.As(err, &e) {
			got = e.Problems[0].String()
		}
		if got != problem {
			t.Errorf("%s gives %q, want %q", raw, got, problem)
		}
	}
}

func TestExchangesCanBeObserved(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a": 1}`) })
	var seen []string
	ctx := fetch.Observe(t.Context(), func(e fetch.Exchange) {
		seen = append(seen, fmt.Sprintf("%s %s %d %s", e.Request.Method, e.Request.URL.RequestURI(), e.Status, e.Body))
	})
	var into map[string]int
	if err := client(t, server.URL, nil).GetJSON(ctx, "/x?y=1", &into); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`GET /x?y=1 200 {"a": 1}`}, seen); diff != "" {
		t.Error(diff)
	}
}
