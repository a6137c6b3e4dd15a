package plugintest

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serve answers the case's requests on a loopback port and on a Unix socket.
func (w *world) serve() {
	w.t.Helper()
	tcp, err := new(net.ListenConfig).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	// The path of a socket has at most 108 bytes; the test's own folder may
	// have more.
	dir, err := os.MkdirTemp("", "unity")
	if err != nil {
		w.t.Fatal(err)
	}
	w.address, w.socket = tcp.Addr().String(), filepath.Join(dir, "s")
	w.packetAddress = w.address
	w.listen(tcp, w.protocol)
	if unix, err := new(net.ListenConfig).Listen(w.t.Context(), "unix", w.socket); err == nil {
		protocol := w.socketProtocol
		if protocol == nil {
			protocol = w.protocol
		}
		w.listen(unix, protocol)
	}
	w.t.Cleanup(func() { _ = os.RemoveAll(dir) })
}

// listen answers what comes in, in the protocol or over HTTP.
func (w *world) listen(listener net.Listener, protocol Protocol) {
	if protocol != nil {
		go w.speak(listener, protocol)
		w.t.Cleanup(func() { _ = listener.Close() })
		return
	}
	server := &http.Server{Handler: w, ReadHeaderTimeout: time.Minute}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			w.t.Errorf("serving: %v", err)
		}
	}()
	w.t.Cleanup(func() { _ = server.Close() })
}

// ServeHTTP answers as the case says.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	s := w.answer(r)
	if s == nil {
		w.complain("unexpected request: %s %s", r.Method, r.URL.RequestURI())
		http.Error(rw, "not in this case", http.StatusNotFound)
		return
	}
	if _, hang := s.flags["hang"]; hang {
		select {
		case <-r.Context().Done():
		case <-w.ended:
		}
		return
	}
	status := http.StatusOK
	if code, err := strconv.Atoi(s.flags["status"]); err == nil {
		status = code
	}
	body := w.fill(s.data)
	if _, headers := s.flags["+headers"]; headers {
		body = setHeaders(rw.Header(), body)
	}
	if rw.Header().Get("Content-Type") == "" {
		rw.Header().Set("Content-Type", contentType(body))
	}
	if _, cut := s.flags["close"]; cut {
		rw.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		rw.WriteHeader(status)
		_, _ = rw.Write(body)
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	}
	rw.WriteHeader(status)
	_, _ = rw.Write(body)
}

// answer picks the section for a request: for its whole address, or else for
// its path. A [Protocol] that is more than HTTP has them as questions.
func (w *world) answer(r *http.Request) *section {
	whole, path := r.Method+" "+r.URL.RequestURI(), r.Method+" "+r.URL.EscapedPath()
	return w.next(whole, path, "answer "+whole, "answer "+path)
}

// next notes a request and picks its section by the first of the names that there
// is. Of several it takes the next, and stays with the last.
func (w *world) next(names ...string) *section {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, names[0])
	for _, key := range names {
		list := w.answers[key]
		if len(list) == 0 {
			continue
		}
		if len(list) > 1 {
			w.answers[key] = list[1:]
		}
		return list[0]
	}
	return nil
}

// setHeaders takes the header lines off the text and returns the rest.
func setHeaders(header http.Header, text []byte) []byte {
	head, body, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		head, body = text, nil
	}
	head = append(slices.Clip(bytes.TrimRight(head, "\n")), "\r\n\r\n"...)
	lines, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader()
	if err != nil {
		return body
	}
	for name, values := range lines {
		header[name] = values
	}
	return body
}

func contentType(body []byte) string {
	trimmed := strings.TrimSpace(string(body))
	if strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		return "application/json"
	}
	return http.DetectContentType(body)
}
