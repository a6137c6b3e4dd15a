package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/internal/config"
)

// listen opens the live stream with some headers and sends requests.
func (s *server) listen(t *testing.T, header []string, requests ...string) *websocket.Conn {
	t.Helper()
	connection, response := s.dial(t, header)
	if connection == nil {
		t.Fatalf("opening the live stream: %s", response)
	}
	for _, request := range requests {
		if err := connection.Write(t.Context(), websocket.MessageText, []byte(request)); err != nil {
			t.Fatal(err)
		}
	}
	return connection
}

// dial opens the live stream, or returns why it was refused.
func (s *server) dial(t *testing.T, header []string) (*websocket.Conn, string) {
	t.Helper()
	options := &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, HTTPHeader: http.Header{}}
	for i := 0; i+1 < len(header); i += 2 {
		options.HTTPHeader.Set(header[i], header[i+1])
	}
	connection, response, err := websocket.Dial(t.Context(), s.url+"/api/v1/live", options)
	if err != nil {
		if response == nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return nil, response.Status + " " + response.Header.Get("Content-Type") + " " + string(text)
	}
	t.Cleanup(func() { _ = connection.CloseNow() })
	return connection, ""
}

func TestAClientThatComesBackGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"mine","interval_seconds":3600}`, nil)
	s.must(t, http.MethodPost, "/api/v1/sources/mine/run", "", nil)
	position := func(message string) string {
		var m struct{ Position string }
		if err := json.Unmarshal([]byte(message), &m); err != nil || m.Position == "" {
			t.Fatalf("no position in %s: %v", message, err)
		}
		return m.Position
	}
	metrics := `"sources":["mine"],"topics":["metrics"]`
	first := s.listen(t, []string{"Cookie", s.cookie}, `{"type":"subscribe","id":"a",`+metrics+`}`)
	answer := next(t, first, `"type":"subscribed"`)
	if strings.Contains(answer, "resumed") {
		t.Errorf("nothing was to be resumed: %s", answer)
	}
	at := position(answer)
	if err := first.CloseNow(); err != nil {
		t.Fatal(err)
	}
	s.must(t, http.MethodPost, "/api/v1/sources/mine/run", "", nil)
	s.must(t, http.MethodPost, "/api/v1/sources/mine/run", "", nil)

	second := s.listen(t, []string{"Cookie", s.cookie}, `{"type":"subscribe","id":"b","after":"`+at+`",`+metrics+`}`)
	if answer := next(t, second, `"type":"subscribed"`); !strings.Contains(answer, `"id":"b","resumed":true`) {
		t.Errorf("the answer is %s", answer)
	}
	for range 2 {
		next(t, second, `"clock_ticks_total"`)
	}
	third := s.listen(t, []string{"Cookie", s.cookie}, `{"type":"subscribe","id":"c","after":"long ago"}`)
	if answer := next(t, third, `"type":"subscribed"`); !strings.Contains(answer, `"resumed":false`) {
		t.Errorf("the answer is %s", answer)
	}
}

func TestATokenForSomeSourcesHearsOfThoseOnly(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, id := range []string{"mine", "other"} {
		s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"`+id+`","interval_seconds":3600}`, nil)
	}
	var made struct{ Secret string }
	s.must(t, http.MethodPost, "/api/v1/tokens", `{"name":"display","scope":"read","sources":["mine"]}`, &made)
	connection := s.listen(t, []string{"Authorization", "Bearer " + made.Secret}, `{"type":"subscribe","id":"1"}`)
	next(t, connection, `"subscribed"`)
	s.must(t, http.MethodPost, "/api/v1/sources/other/run", "", nil)
	s.must(t, http.MethodPost, "/api/v1/sources/mine/run", "", nil)
	for {
		_, message, err := connection.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(message), `"other"`) {
			t.Errorf("it hears %s", message)
		}
		if strings.Contains(string(message), `"source":"mine","run":`) {
			return
		}
	}
}

func TestTooManyWhoListenAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "data"), func(c *config.Config) { c.Live.PerUser, c.Live.Connections = 2, 3 })
	viewer := s.account(t, "viewer", "viewer")
	admin := []string{"Cookie", s.cookie}
	first := s.listen(t, admin, `{"type":"subscribe","id":"1"}`)
	next(t, first, `"subscribed"`)
	s.listen(t, admin)
	if _, refused := s.dial(t, admin); !strings.Contains(refused, "429") || !strings.Contains(refused, "application/problem+json") ||
		!strings.Contains(refused, "live.per_user") {
		t.Errorf("a third one of an account: %s", refused)
	}
	s.listen(t, viewer.header)
	if _, refused := s.dial(t, viewer.header); !strings.Contains(refused, "429") || !strings.Contains(refused, "live.connections") {
		t.Errorf("a fourth one in all: %s", refused)
	}
	if err := first.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	for { // the place is free when the server has noticed
		if connection, _ := s.dial(t, admin); connection != nil {
			return
		}
	}
}

func TestTheLiveStreamRefusesInTheWayOfTheAPI(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for name, header := range map[string][]string{
		"no WebSocket":              nil,
		"a page of another site":    {"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Origin", "http://evil.example"},
		"a version there is not":    {"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "7", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
		"a key that is none":        {"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "key"},
		"half of what it has to be": {"Upgrade", "websocket"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, text := s.send(t, http.MethodGet, "/api/v1/live", "", append([]string{"Cookie", s.cookie}, header...)...)
			var problem struct{ Detail, Hint string }
			if err := json.Unmarshal([]byte(text), &problem); err != nil || answer.StatusCode < 400 || answer.StatusCode >= 500 ||
				answer.Header.Get("Content-Type") != "application/problem+json" || problem.Detail == "" || problem.Hint == "" {
				t.Errorf("%s %s", answer.Status, text)
			}
		})
	}
}
