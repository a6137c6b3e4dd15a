package api

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// writeTimeout is how long a client that does not read is waited for.
	writeTimeout = 20 * time.Second
	// heldBytes is how much is sent in one go.
	heldBytes = 64 << 10
	// bufferBytes are the buffers of a connection that mostly is quiet, and whose
	// requests are short. What is sent is gathered by the wire.
	bufferBytes = 512
)

// upgrade is a response that becomes a wire, or keeps what is refused for a
// problem that says it better.
type upgrade struct {
	http.ResponseWriter

	refused int
	said    strings.Builder
	wire    *wire
}

// WriteHeader implements http.ResponseWriter.
func (u *upgrade) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		u.refused = status
		return
	}
	u.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (u *upgrade) Write(text []byte) (int, error) {
	if u.refused != 0 {
		return u.said.Write(text)
	}
	return u.ResponseWriter.Write(text)
}

// Hijack implements http.Hijacker.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.wire = &wire{Conn: conn}
	reader := buffers.Reader
	if early := reader.Buffered(); early < bufferBytes {
		text, err := reader.Peek(early)
		if err != nil {
			return nil, nil, err
		}
		reader = bufio.NewReaderSize(bytes.NewReader(bytes.Clone(text)), bufferBytes)
		if _, err := reader.Peek(early); err != nil {
			return nil, nil, err
		}
	}
	return u.wire, bufio.NewReadWriter(reader, bufio.NewWriterSize(u.wire, bufferBytes)), nil
}

// wire is a connection that can hold back what is written, to send it in one go.
type wire struct {
	net.Conn

	mu      sync.Mutex
	holding bool
	held    []byte
}

// hold holds back what is written from now on, in a buffer.
func (w *wire) hold(buffer []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holding, w.held = true, buffer
}

// release sends what was held back and returns the buffer.
func (w *wire) release() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.flush()
	buffer := w.held
	w.holding, w.held = false, nil
	return buffer, err
}

func (w *wire) flush() error {
	if len(w.held) == 0 {
		return nil
	}
	err := w.send(w.held)
	w.held = w.held[:0]
	return err
}

func (w *wire) send(text []byte) error {
	if err := w.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := w.Conn.Write(text)
	return err
}

// Write implements net.Conn.
func (w *wire) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.holding {
		if err := w.send(text); err != nil {
			return 0, err
		}
		return len(text), nil
	}
	if w.held = append(w.held, text...); len(w.held) >= heldBytes {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}
