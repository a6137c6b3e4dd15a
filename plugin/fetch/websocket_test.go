package fetch_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

func TestAWebSocketHasTheLogin(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/page":
			_, _ = w.Write([]byte("welcome"))
			return
		case r.Header.Get("Authorization") != "Bearer only-for-tests" || r.Header.Get("X-Proxy") != "yes":
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		_ = conn.Write(r.Context(), websocket.MessageText, []byte(strings.Repeat("x", 100_000)))
		_, _, _ = conn.Read(r.Context()) // until the other side closes it
	})
	with := func(token plugin.Secret) *fetch.Client {
		return client(t, server.URL, func(c *fetch.Config) {
			c.Token, c.Headers = token, map[string]plugin.Secret{"X-Proxy": "yes"}
		})
	}
	conn, err := with("only-for-tests").WebSocket(fetch.Observe(t.Context(), func(fetch.Exchange) {}), fetch.Request{Path: "/live"})
	if err != nil {
		t.Fatal(err)
	}
	if _, message, err := conn.Read(t.Context()); err != nil || len(message) != 100_000 {
		t.Errorf("%d bytes came: %v", len(message), err)
	}
	_ = conn.CloseNow()

	var status *fetch.StatusError
	_, err = with("not-this-one").WebSocket(t.Context(), fetch.Request{Path: "/live"})
	if fault.Of(err) != fault.Auth || !errors.As(err, &status) || !strings.Contains(string(status.Body), "who are you") {
		t.Errorf("refused: %v", err)
	}
	_, err = with("only-for-tests").WebSocket(t.Context(), fetch.Request{Path: "/page"})
	if fault.Of(err) != fault.WrongService {
		t.Errorf("a page: %s: %v", fault.Of(err), err)
	}
	server.Close()
	_, err = with("only-for-tests").WebSocket(t.Context(), fetch.Request{Path: "/live"})
	if fault.Of(err) != fault.Refused || !strings.HasSuffix(err.Error(), "/live: connection refused") {
		t.Errorf("nobody there: %s: %v", fault.Of(err), err)
	}
}
