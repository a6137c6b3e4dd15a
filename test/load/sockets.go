package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/test/program"
)

// deaf is how many of ten clients do not read.
const deaf = 1

// sockets measures how fast news reaches many who watch, while some of them do
// not read, and what memory that takes.
func sockets(ctx context.Context, s settings, p *program.Program) error {
	v, err := newVisitor(ctx, p)
	if err != nil {
		return err
	}
	if err := pause(ctx, 10*time.Second); err != nil {
		return err
	}
	before, err := resident(p.PID())
	if err != nil {
		return err
	}
	c := &crowd{visitor: v}
	defer c.leave()
	if err := c.join(ctx, s.clients, true); err != nil {
		return err
	}
	if err := pause(ctx, 5*time.Second); err != nil {
		return err
	}
	c.begin()
	var most int64
	for end := time.Now().Add(2 * s.length); time.Now().Before(end); {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		now, err := resident(p.PID())
		if err != nil {
			return err
		}
		most = max(most, now)
	}
	took, messages := c.end()
	if c.lost.Load() > 0 {
		return fmt.Errorf("%d clients that read were cut off", c.lost.Load())
	}
	how := fmt.Sprintf("%d clients, %d of them not reading, each subscribed to 100 sources at 1 s; %.0f messages/s arrived",
		s.clients, c.unheard, float64(messages)/(2*s.length).Seconds())
	row("from a run to whoever watches", "p99 ≤ 250 ms", "p99 "+milliseconds(took.at(99))+", p50 "+milliseconds(took.at(50)), how)
	row("memory of a client that watches", "≤ 40 KB", fmt.Sprintf("%.1f KB", float64(most-before)/1024/float64(s.clients)),
		"growth of the resident memory, at its most, for each of them")
	return nil
}

// crowd is those who watch.
type crowd struct {
	visitor visitor
	unheard int

	lost      atomic.Int64
	listening atomic.Bool
	leaving   atomic.Bool
	mu        sync.Mutex
	conns     []net.Conn
	readers   sync.WaitGroup
	ears      []*ear
}

// ear is one client that reads. Its figures are its own until it ends.
type ear struct {
	mu       sync.Mutex
	took     latencies
	messages int
}

// join connects so many clients, of which some never read if they may.
func (c *crowd) join(ctx context.Context, clients int, mayBeDeaf bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(20)
	for n := range clients {
		hears := !mayBeDeaf || n%10 >= deaf
		if !hears {
			c.unheard++
		}
		group.Go(func() error { return c.connect(ctx, hears) })
	}
	return group.Wait()
}

func (c *crowd) connect(ctx context.Context, hears bool) error {
	conn, reader, err := c.visitor.dialLive(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, 0, 100)
	for _, s := range sources(100, 0) {
		ids = append(ids, strconv.Quote(s.id))
	}
	if err := say(conn, `{"type":"subscribe","id":"1","topics":["metrics","status"],"sources":[`+strings.Join(ids, ",")+`]}`); err != nil {
		return errors.Join(err, conn.Close())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	if hears {
		e := &ear{}
		c.ears = append(c.ears, e)
		c.readers.Go(func() { c.listen(reader, e) })
	}
	return nil
}

func (c *crowd) listen(reader *bufio.Reader, e *ear) {
	var message []byte
	for {
		var err error
		if message, err = hear(reader, message[:0]); err != nil {
			if !c.leaving.Load() && !errors.Is(err, net.ErrClosed) {
				c.lost.Add(1)
			}
			return
		}
		if !c.listening.Load() {
			continue
		}
		if sent, ok := sentAt(message); ok {
			e.mu.Lock()
			e.messages++
			e.took = append(e.took, time.Since(sent))
			e.mu.Unlock()
		}
	}
}

// change lets so many go who came first, and others come.
func (c *crowd) change(ctx context.Context, clients int) error {
	c.mu.Lock()
	going := slices.Clone(c.conns[:clients])
	c.conns = slices.Delete(c.conns, 0, clients)
	c.ears = slices.Delete(c.ears, 0, clients)
	c.mu.Unlock()
	for _, conn := range going {
		_ = conn.Close()
	}
	return c.join(ctx, clients, false)
}

func (c *crowd) begin() { c.listening.Store(true) }

// end returns how long what was heard since begin took.
func (c *crowd) end() (latencies, int) {
	c.listening.Store(false)
	var all latencies
	messages := 0
	for _, e := range c.ears {
		e.mu.Lock()
		all = append(all, e.took...)
		messages += e.messages
		e.mu.Unlock()
	}
	return all, messages
}

func (c *crowd) leave() {
	c.leaving.Store(true)
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.readers.Wait()
}

// sentAt reads from a message about metrics when its run took them.
func sentAt(message []byte) (time.Time, bool) {
	_, rest, ok := bytes.Cut(message, []byte(sentMetric+`","labels":{},"value":`))
	if !ok {
		return time.Time{}, false
	}
	number, _, _ := bytes.Cut(rest, []byte("}"))
	seconds, err := strconv.ParseFloat(string(number), 64)
	return time.UnixMicro(int64(seconds * 1e6)), err == nil
}

// dialLive opens the live stream.
func (v visitor) dialLive(ctx context.Context) (net.Conn, *bufio.Reader, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", v.address)
	if err != nil {
		return nil, nil, err
	}
	reader := bufio.NewReaderSize(conn, 8<<10)
	if _, err := io.WriteString(conn, "GET /api/v1/live HTTP/1.1\r\nHost: "+v.address+"\r\n"+v.credential+
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	status, err := reader.ReadString('\n')
	if err == nil && !strings.Contains(status, " 101 ") {
		rest, _ := io.ReadAll(io.LimitReader(reader, 1000))
		err = fmt.Errorf("opening the live stream: %s%s", status, rest)
	}
	for line := status; err == nil && line != "\r\n"; {
		line, err = reader.ReadString('\n')
	}
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, reader, nil
}

// say sends a text frame, whose mask of zeros leaves the text as it is.
func say(conn net.Conn, text string) error {
	frame := []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text)), 0, 0, 0, 0}
	_, err := conn.Write(append(frame, text...))
	return err
}

// hear reads one frame and appends what it holds.
func hear(reader *bufio.Reader, to []byte) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(reader, head[:2]); err != nil {
		return to, err
	}
	opcode, length := head[0]&0x0f, uint64(head[1]&0x7f)
	switch length {
	case 126:
		if _, err := io.ReadFull(reader, head[:2]); err != nil {
			return to, err
		}
		length = uint64(binary.BigEndian.Uint16(head[:2]))
	case 127:
		if _, err := io.ReadFull(reader, head[:8]); err != nil {
			return to, err
		}
		length = binary.BigEndian.Uint64(head[:8])
	}
	begin := len(to)
	to = slices.Grow(to, int(length))[:begin+int(length)]
	if _, err := io.ReadFull(reader, to[begin:]); err != nil {
		return to, err
	}
	if opcode == 8 {
		return to, fmt.Errorf("closed: %q", to[begin:])
	}
	return to, nil
}
