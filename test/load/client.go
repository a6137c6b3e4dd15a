package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/test/program"
)

// login and password are those of the account that asks.
const login, password = "load", "measures the program 1"

// visitor is whoever asks: where, and with which header.
type visitor struct {
	address    string // host and port
	credential string
}

// newVisitor makes an account for reading and a token of it.
func newVisitor(ctx context.Context, p *program.Program) (visitor, error) {
	if err := p.Call(ctx, http.MethodPost, "/api/v1/users", map[string]any{
		"name": login, "password": password, "role": "viewer",
	}, nil); err != nil {
		return visitor{}, err
	}
	var made struct{ Secret string }
	if err := p.Call(ctx, http.MethodPost, "/api/v1/tokens", map[string]any{"name": "load", "scope": "read", "user": login}, &made); err != nil {
		return visitor{}, err
	}
	return visitor{address: strings.TrimPrefix(p.URL, "http://"), credential: "Authorization: Bearer " + made.Secret}, nil
}

// signedIn returns a visitor who has signed in as browsers do.
func (v visitor) signedIn(ctx context.Context) (visitor, error) {
	body := fmt.Sprintf(`{"name":%q,"password":%q}`, login, password)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+v.address+"/api/v1/auth/login", strings.NewReader(body))
	if err != nil {
		return visitor{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return visitor{}, err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest || len(response.Cookies()) == 0 {
		text, err := io.ReadAll(response.Body)
		return visitor{}, errors.Join(fmt.Errorf("signing in: %s: %s", response.Status, text), err)
	}
	cookie := response.Cookies()[0]
	return visitor{address: v.address, credential: "Cookie: " + cookie.Name + "=" + cookie.Value}, nil
}

// connection asks over one connection, with little work of its own: the
// processors are shared with what is measured.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
	header string
	sent   []byte
}

func (v visitor) connect(ctx context.Context) (*connection, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", v.address)
	if err != nil {
		return nil, err
	}
	return &connection{
		conn: conn, reader: bufio.NewReaderSize(conn, 64<<10),
		header: " HTTP/1.1\r\nHost: " + v.address + "\r\n" + v.credential + "\r\nAccept-Encoding: identity\r\n\r\n",
	}, nil
}

func (c *connection) close() { _ = c.conn.Close() }

// get asks for a path and returns the status and the length of the answer.
func (c *connection) get(path string) (status, length int, err error) {
	c.sent = append(append(append(c.sent[:0], "GET "...), path...), c.header...)
	if err := c.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, 0, err
	}
	if _, err := c.conn.Write(c.sent); err != nil {
		return 0, 0, err
	}
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, 0, fmt.Errorf("GET %s: answered with %q", path, line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, err
	}
	length, chunked := 0, false
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		length, err = c.skipChunks()
		return status, length, err
	}
	_, err = c.reader.Discard(length)
	return status, length, err
}

func (c *connection) skipChunks() (int, error) {
	total := 0
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return 0, err
		}
		if _, err := c.reader.Discard(int(size) + 2); err != nil {
			return 0, err
		}
		if total += int(size); size == 0 {
			return total, nil
		}
	}
}

// latencies are how long answers took.
type latencies []time.Duration

// at returns the time within which so many of a hundred came.
func (l latencies) at(percent float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return l[min(len(l)-1, int(percent/100*float64(len(l))))]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
