package homeassistant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// token is what the stand-in lets in.
const token = "only-for-tests-0123456789abcdef"

// asking says what is answered to a question: "GET /api/config", or "ws
// repairs/list_issues" over the WebSocket. An answer that begins with "status 404"
// or "error unauthorized" is a refusal.
type asking func(question string) ([]byte, error)

// api behaves as Home Assistant documents it: everything under /api needs the
// token, and a WebSocket begins with a login of its own, after which each command
// has a higher number than the one before.
func api(ask asking) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/websocket":
			talk(w, r, ask)
			return
		case strings.HasPrefix(r.URL.Path, "/api/") && r.Header.Get("Authorization") != "Bearer "+token:
			http.Error(w, "401: Unauthorized", http.StatusUnauthorized)
			return
		}
		text, err := ask(r.Method + " " + r.URL.RequestURI())
		switch {
		case errors.Is(err, plugintest.ErrHangUp):
			panic(http.ErrAbortHandler)
		case err != nil:
			http.Error(w, "404: Not Found", http.StatusNotFound)
			return
		}
		if said, found := strings.CutPrefix(string(text), "status "); found {
			number, body, _ := strings.Cut(said, "\n")
			status, _ := strconv.Atoi(number)
			http.Error(w, body, status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	})
}

// talk is one WebSocket.
func talk(w http.ResponseWriter, r *http.Request, ask asking) {
	if text, err := ask("ws"); err != nil || strings.HasPrefix(string(text), "status ") {
		http.Error(w, "400: Bad Request", http.StatusBadRequest)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	tell := func(format string, args ...any) bool {
		return conn.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)) == nil
	}
	var said struct {
		ID       int    `json:"id"`
		Type     string `json:"type"`
		Token    string `json:"access_token"`
		Endpoint string `json:"endpoint"`
		Method   string `json:"method"`
	}
	hear := func() bool {
		said.Endpoint, said.Method = "", ""
		_, raw, err := conn.Read(r.Context())
		return err == nil && json.Unmarshal(raw, &said) == nil
	}
	if !tell(`{"type": "auth_required", "ha_version": "2026.2.1"}`) || !hear() {
		return
	}
	if said.Type != "auth" || said.Token != token {
		tell(`{"type": "auth_invalid", "message": "Invalid access token or password"}`)
		return
	}
	tell(`{"type": "auth_ok", "ha_version": "2026.2.1"}`)
	for last := 0; hear() && said.ID > last; last = said.ID {
		question := "ws " + said.Type
		if said.Type == "supervisor/api" {
			question += " " + said.Endpoint
			if said.Endpoint == "" || said.Method != "get" {
				tell(`{"id": %d, "type": "result", "success": false, "error": {"code": "invalid_format", "message": "required key not provided"}}`, said.ID)
				continue
			}
		}
		text, err := ask(question)
		switch code, refused := strings.CutPrefix(strings.TrimSpace(string(text)), "error "); {
		case errors.Is(err, plugintest.ErrHangUp):
			return
		case err != nil:
			tell(`{"id": %d, "type": "result", "success": false, "error": {"code": "unknown_command", "message": "Unknown command."}}`, said.ID)
		case refused:
			tell(`{"id": %d, "type": "result", "success": false, "error": {"code": %q, "message": "Unauthorized"}}`, said.ID, code)
		default:
			tell(`{"id": %d, "type": "result", "success": true, "result": %s}`, said.ID, text)
		}
	}
}

// serve speaks that on one connection of a case.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	watched := &watchedConn{Conn: conn, closed: make(chan struct{})}
	server := &http.Server{Handler: api(ask), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(&single{conn: watched}) }()
	<-watched.closed
	_ = server.Close()
}

// watchedConn says when it is closed.
type watchedConn struct {
	net.Conn

	once   sync.Once
	closed chan struct{}
}

// Close implements io.Closer.
func (c *watchedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// single is a listener to which one connection comes.
type single struct {
	once sync.Once
	conn *watchedConn
}

// Accept implements net.Listener.
func (l *single) Accept() (net.Conn, error) {
	var first net.Conn
	l.once.Do(func() { first = l.conn })
	if first != nil {
		return first, nil
	}
	<-l.conn.closed
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (l *single) Close() error { return l.conn.Close() }

// Addr implements net.Listener.
func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }
