package app_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/app"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/test/leaks"
)

func TestMain(m *testing.M) { leaks.Check(m) }

// clockConfig is the config of a plugin that counts its own collections.
type clockConfig struct {
	Step  int           `json:"step" help:"how far it counts each time" min:"1" max:"100"`
	Token plugin.Secret `json:"token" help:"nothing is done with it"`
	Fault string        `json:"fault" help:"what goes wrong" enum:",refuse,panic,partial,leak"`
}

type clock struct {
	config clockConfig
	count  int
}

func (c *clock) Collect(_ context.Context, out *plugin.Batch) error {
	switch c.config.Fault {
	case "refuse":
		return fault.New(fault.Refused, "dialing the clock: connection refused").WithHint("wind it up")
	case "panic":
		panic("oops")
	case "leak":
		return c.leak(out)
	case "partial":
		out.Problem(fault.New(fault.Permission, "the little hand may not be read"))
	}
	c.count += c.config.Step
	out.Add("clock_ticks_total", float64(c.count), "hand", "big")
	out.SetSnapshot(map[string]any{"hands": []string{"big"}})
	return nil
}

func clockPlugin() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "clock_monitor", Name: "Clock", Category: plugin.Hardware, Summary: "Counts.", Description: "It counts.", Icon: "clock",
		Interval: time.Second, Timeout: 500 * time.Millisecond,
		Metrics: []metric.Definition{{Name: "clock_ticks_total", Kind: metric.Counter, Help: "Ticks.", Labels: []string{"hand"}}},
		Panels:  []plugin.Panel{{Title: "Ticks", Kind: plugin.Line, Queries: []plugin.Query{{Metric: "clock_ticks_total", Rate: true}}}},
	}, clockConfig{Step: 1},
		func(_ context.Context, config clockConfig, _ plugin.Host) (plugin.Collector, error) {
			return &clock{config: config}, nil
		},
		plugin.WithDetect(func(context.Context, plugin.Host) ([]plugin.Finding, error) {
			return []plugin.Finding{{Evidence: "it ticks", Ready: true}}, nil
		}))
}

// server is a running Unity, and who is signed in there.
type server struct {
	url  string
	data string
	stop func()
	// cookie is of the administrator's session.
	cookie string
	level  *slog.LevelVar
}

// admin is the first account of every server.
const adminLogin = `{"name":"admin","password":"correct horse battery"}`

// start runs Unity with the clock plugin on a data folder and waits until it
// answers.
func start(t *testing.T, data string, change ...func(*config.Config)) *server {
	t.Helper()
	return startWith(t, data, "", change...)
}

// startWith is start with a settings file.
func startWith(t *testing.T, data, file string, change ...func(*config.Config)) *server {
	t.Helper()
	return startWhole(t, data, file, slog.New(slog.DiscardHandler), change...)
}

// startWithLog is start with a log that somebody reads.
func startWithLog(t *testing.T, data string, log *slog.Logger, change ...func(*config.Config)) *server {
	t.Helper()
	return startWhole(t, data, "", log, change...)
}

func startWhole(t *testing.T, data, file string, log *slog.Logger, change ...func(*config.Config)) *server {
	t.Helper()
	settings := config.Default()
	settings.Data, settings.Listen = data, "127.0.0.1:0"
	for _, each := range change {
		each(&settings)
	}
	level := new(slog.LevelVar)
	ctx, cancel := context.WithCancel(t.Context())
	announced, ended := make(chan app.Announcement, 1), make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, app.Settings{
			Config: settings, Plugins: []plugin.Plugin{clockPlugin()}, Version: "test", File: file, Log: log, Level: level,
			Announce: func(told app.Announcement) { announced <- told },
		})
	}()
	s := &server{data: data, level: level}
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
		ended <- nil
	}
	var told app.Announcement
	select {
	case told = <-announced:
	case err := <-ended:
		t.Fatalf("starting: %v", err)
	}
	t.Cleanup(s.stop)
	s.url = told.Address
	s.enter(t, told.SetupCode)
	return s
}

// enter makes the first account, or signs in when there is one.
func (s *server) enter(t *testing.T, code string) {
	t.Helper()
	path, body := "/api/v1/auth/login", adminLogin
	if code != "" {
		path, body = "/api/v1/auth/setup", strings.Replace(adminLogin, "{", `{"code":"`+code+`",`, 1)
	}
	response, text := s.send(t, http.MethodPost, path, body)
	if response.StatusCode != http.StatusOK || len(response.Cookies) != 1 {
		t.Fatalf("signing in: %s %s", response.Status, text)
	}
	s.cookie = response.Cookies[0].Name + "=" + response.Cookies[0].Value
}

func setup(t *testing.T) *server {
	t.Helper()
	return start(t, filepath.Join(t.TempDir(), "data"))
}

// call sends a request as the administrator and returns the status and the body.
func (s *server) call(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	response, text := s.send(t, method, path, body, append([]string{"Cookie", s.cookie}, header...)...)
	return response.StatusCode, text
}

// reply is an answer whose body was read.
type reply struct {
	StatusCode int
	Status     string
	Header     http.Header
	Cookies    []*http.Cookie
}

// send sends a request as nobody, unless a header says otherwise.
func (s *server) send(t *testing.T, method, path, body string, header ...string) (reply, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // self-made
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request) // which follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Status, response.Header, response.Cookies()}, string(text)
}

// must is call for what has to succeed; it decodes the answer into out.
func (s *server) must(t *testing.T, method, path, body string, out any) {
	t.Helper()
	status, text := s.call(t, method, path, body)
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

// live opens the live stream and sends a request.
func (s *server) live(t *testing.T, request string) *websocket.Conn {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	connection, response, err := websocket.Dial(t.Context(), s.url+"/api/v1/live", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Cookie": {s.cookie}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		defer response.Body.Close()
	}
	t.Cleanup(func() { _ = connection.CloseNow() })
	if err := connection.Write(t.Context(), websocket.MessageText, []byte(request)); err != nil {
		t.Fatal(err)
	}
	return connection
}

// next reads messages until one contains the text.
func next(t *testing.T, connection *websocket.Conn, text string) string {
	t.Helper()
	for {
		_, message, err := connection.Read(t.Context())
		if err != nil {
			t.Fatalf("waiting for %q on the live stream: %v", text, err)
		}
		if strings.Contains(string(message), text) {
			return string(message)
		}
	}
}
