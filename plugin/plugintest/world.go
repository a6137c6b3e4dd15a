package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// world is everything that a collector sees in one case.
type world struct {
	t      testing.TB
	c      *testCase
	rights plugin.Rights
	// protocol is spoken in place of HTTP, if there is one; socketProtocol by
	// Unix sockets only, datagrams by what is dialled over UDP.
	protocol, socketProtocol, datagrams Protocol
	// strict worlds fail the test when something is asked for that the case
	// does not show.
	strict bool

	root, socket, address string
	packetAddress         string // where datagrams are answered
	files                 *files
	ended                 chan struct{} // closed when the test is over; ends what hangs

	mu       sync.Mutex
	now      time.Time
	round    int
	answers  map[string][]*section
	programs map[string][]*section
	listens  map[string]bool
	sockets  map[string]bool
	requests []string
	log      bytes.Buffer
	state    map[string]json.RawMessage
}

func newWorld(t testing.TB, s *suite, c *testCase, strict bool) *world {
	t.Helper()
	w := &world{
		t: t, c: c, rights: s.manifest.Rights, protocol: s.protocol, socketProtocol: s.socketProtocol, datagrams: s.datagrams, strict: strict, root: t.TempDir(), ended: make(chan struct{}), now: c.now,
		listens: make(map[string]bool), sockets: make(map[string]bool), state: make(map[string]json.RawMessage),
	}
	w.files = newFiles(w)
	t.Cleanup(func() { close(w.ended) })
	w.serve()
	w.enter(1)
	return w
}

// enter makes the world as it is in the round.
func (w *world) enter(round int) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if round > 1 {
		after, err := w.c.after(round)
		if err != nil {
			w.t.Fatalf("section after: %v", err)
		}
		w.now = w.now.Add(after)
	}
	w.round, w.requests = round, nil
	w.answers, w.programs = make(map[string][]*section), make(map[string][]*section)
	from := make(map[string]int) // the round that an answer is of
	for _, s := range w.c.sections {
		if s.round > round {
			continue
		}
		key, into := s.rest, w.programs
		switch {
		case isAnswer(s.verb):
			key, into = s.verb+" "+s.rest, w.answers
		case s.verb != "exec":
			if s.round == round {
				w.place(s)
			}
			continue
		}
		if from[key] < s.round {
			into[key], from[key] = nil, s.round
		}
		into[key] = append(into[key], s)
	}
}

func isAnswer(verb string) bool { return verb == "answer" || verb == strings.ToUpper(verb) }

// place puts a section that is no answer where it belongs.
func (w *world) place(s *section) {
	w.t.Helper()
	var err error
	at := filepath.Join(w.root, filepath.FromSlash(s.rest))
	switch s.verb {
	case "file":
		err = writeFile(at, w.fill(s.data))
	case "dir":
		err = os.MkdirAll(at, 0o755)
	case "link":
		if err = os.MkdirAll(filepath.Dir(at), 0o755); err == nil {
			_ = os.Remove(at)
			err = os.Symlink(strings.TrimSpace(string(s.data)), at)
		}
	case "gone":
		err = os.RemoveAll(at)
	case "denied":
		w.files.denied[s.rest] = true
		if _, missing := os.Lstat(at); missing != nil {
			err = writeFile(at, nil)
		}
	case "statfs":
		err = w.files.setUsage(s.rest, bytes.TrimSpace(s.data))
	case "listen":
		w.listens[s.rest] = true
	case "socket":
		w.sockets[s.rest] = true
		if err = os.MkdirAll(filepath.Dir(at), 0o755); err == nil {
			err = makeSocket(at)
		}
	}
	if err != nil {
		w.t.Fatalf("section %q: %v", s.full, err)
	}
}

func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

// fill puts the real addresses in place of their names.
func (w *world) fill(text []byte) []byte {
	name, port, _ := net.SplitHostPort(w.address) // the world's own
	return []byte(strings.NewReplacer(
		"{{name}}", name, "{{port}}", port, "{{url}}", "http://"+w.address, "{{host}}", w.address, "{{socket}}", w.socket, "{{root}}", w.root,
		"{{nul}}", "\x00",
	).Replace(string(text)))
}

// unfill puts names in place of the real addresses.
func (w *world) unfill(text string) string {
	return strings.NewReplacer(
		"http://"+w.address, "{{url}}", w.address, "{{host}}", w.socket, "{{socket}}", w.root, "{{root}}",
	).Replace(text)
}

// complain reports what the case should have shown, or the plugin declared.
func (w *world) complain(format string, args ...any) {
	if w.strict {
		w.t.Errorf(format, args...)
	}
}

// host returns the world as a collector touches it.
func (w *world) host() plugin.Host {
	return plugin.Host{
		Name:     "testhost",
		Dial:     w.dial,
		Files:    w.files,
		Commands: commands{w},
		Log:      slog.New(slog.NewTextHandler(lockedWriter{w}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.now
		},
		State: stateOf{w},
	}
}

// lockedWriter keeps what is logged.
type lockedWriter struct{ w *world }

// Write implements io.Writer.
func (l lockedWriter) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(p)
}

// stateOf is the state of the one source in the world.
type stateOf struct{ w *world }

// Get implements plugin.State.
func (s stateOf) Get(key string) json.RawMessage {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return bytes.Clone(s.w.state[key])
}

// Set implements plugin.State.
func (s stateOf) Set(key string, value json.RawMessage) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	switch {
	case value == nil:
		delete(s.w.state, key)
	case len(value) > 64<<10:
		return fault.New(fault.Internal, "keeping %s: larger than 64 KiB", key)
	case !json.Valid(value):
		return fault.New(fault.Internal, "keeping %s: it is not JSON", key)
	default:
		s.w.state[key] = bytes.Clone(value)
	}
	return nil
}

// dial connects to what the case serves, and to nothing else.
func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !w.rights.Network && len(w.rights.Sockets) == 0 {
		w.complain("connects to %s, and the manifest declares neither network nor sockets", address)
	}
	refuse := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	w.mu.Lock()
	listens, sockets := w.listens[address], w.sockets[address]
	w.mu.Unlock()
	name, _, err := net.SplitHostPort(address)
	if network != "unix" && err != nil {
		return refuse(err)
	}
	unknown := net.ParseIP(name) == nil && name != "localhost" && !listens
	var dialer net.Dialer
	if network == "unix" {
		if address == w.socket || sockets {
			return dialer.DialContext(ctx, network, w.socket)
		}
		return refuse(os.NewSyscallError("connect", syscall.ENOENT))
	}
	if unknown {
		return refuse(&net.DNSError{Err: "no such host", Name: name, IsNotFound: true})
	}
	if w.datagrams != nil && strings.HasPrefix(network, "udp") && (address == w.packetAddress || listens) {
		return w.packets(), nil
	}
	if address == w.address || listens {
		return dialer.DialContext(ctx, "tcp", w.address)
	}
	return refuse(os.NewSyscallError("connect", syscall.ECONNREFUSED))
}

// outcome is what one collection gave.
type outcome struct {
	batch *plugin.Batch
	err   error
	// panicked is what a panic said, with its stack.
	panicked string
}

// run calls f and catches its panic.
func run(p plugin.Plugin, f func(*plugin.Batch) error) (o outcome) {
	o.batch = plugin.NewBatch(p)
	defer func() {
		if r := recover(); r != nil {
			o.panicked = fmt.Sprintf("%v\n%s", r, debug.Stack())
		}
	}()
	o.err = f(o.batch)
	return o
}
