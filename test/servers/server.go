package servers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is a database server that can be ended and started again. Its methods
// are called by one goroutine at a time.
type Server struct {
	engine  Engine
	home    string
	port    int
	leave   func() // gives the port to others
	command *exec.Cmd
	ended   chan struct{} // closed when the running program has ended
	said    *tail
}

// start makes a server in a temporary folder and starts it.
func start(ctx context.Context, engine Engine, settings ...string) (*Server, error) {
	home, err := os.MkdirTemp("", "unity-test-")
	if err != nil {
		return nil, err
	}
	s := &Server{engine: engine, home: home}
	prepared, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := engine.prepare(prepared, home, settings); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing %s: %w", engine.title(), err), os.RemoveAll(home))
	}
	if s.port, s.leave, err = takePort(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	if err := s.Start(); err != nil {
		s.leave()
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return s, nil
}

// URL is where the server answers, for one who may do anything there.
func (s *Server) URL() string { return s.engine.address(s.port) }

// Address is the host and the port at which the server answers.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the port of this machine at which the server answers.
func (s *Server) Port() int { return s.port }

// Folder is where the server keeps its files.
func (s *Server) Folder() string { return s.home }

// CreateDatabase makes an empty database on the server and returns its address.
func (s *Server) CreateDatabase(ctx context.Context, name string) (url string, err error) {
	url, _, err = s.engine.create(ctx, s.URL(), name)
	return url, err
}

// Start starts the server after Stop or Kill and returns when it answers.
func (s *Server) Start() error {
	output, input, err := os.Pipe()
	if err != nil {
		return err
	}
	s.command = s.engine.command(s.home, s.port)
	s.command.Stdout, s.command.Stderr = input, input
	s.said, s.ended = new(tail), make(chan struct{})
	started := make(chan error)
	go live(s.command, started, s.ended)
	err = <-started
	input.Close()
	if err != nil {
		output.Close()
		return fmt.Errorf("starting %s: %w", s.engine.title(), err)
	}
	answers := make(chan struct{})
	go s.listen(output, answers)
	select {
	case <-answers:
		return nil
	case <-s.ended:
	case <-time.After(patience):
		s.Kill()
	}
	return fmt.Errorf("%s did not start:\n%s", s.engine.title(), s.said)
}

// live starts a program, says how that went, and stays until it has ended. The
// kernel ends a program with the thread that started it, which some tests make
// end with them: this one does nothing else.
func live(command *exec.Cmd, started chan<- error, ended chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(ended)
	err := command.Start()
	started <- err
	if err == nil {
		_ = command.Wait() // how it ended is what it said
	}
}

// listen keeps what the server says and notices when it answers.
func (s *Server) listen(output io.ReadCloser, answers chan<- struct{}) {
	defer output.Close()
	said, announcement := s.said, s.engine.announcement()
	lines := bufio.NewScanner(output)
	for announced := false; lines.Scan(); {
		said.add(lines.Text())
		if !announced && strings.Contains(lines.Text(), announcement) {
			announced = true
			close(answers)
		}
	}
	_, _ = io.Copy(io.Discard, output) // a line too long must not hold the server up
}

// Stop asks the server to end and waits until it has. One that does not is
// killed, and an error says so.
func (s *Server) Stop() error {
	if err := s.command.Process.Signal(s.engine.farewell()); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", s.engine.title(), err)
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(patience):
		s.Kill()
		return fmt.Errorf("%s did not stop:\n%s", s.engine.title(), s.said)
	}
}

// Kill ends the server at once, with all its processes, as a power cut would,
// except that what it wrote to files stays there.
func (s *Server) Kill() {
	_ = pause([]*os.Process{s.command.Process}) // so that it starts no more of them
	all := family(s.command.Process)
	for _, process := range all {
		_ = process.Kill()
	}
	<-s.ended
	for _, child := range all[1:] { // what they hold, such as memory, is free only then
		await(child)
	}
}

// Pause stops all processes of the server where they are: connections stay, and
// nothing answers.
func (s *Server) Pause() error { return pause(family(s.command.Process)) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return resume(family(s.command.Process)) }

// remove ends the server for good.
func (s *Server) remove() error {
	var err error
	select {
	case <-s.ended:
	default:
		err = errors.Join(s.Resume(), s.Stop())
	}
	s.leave()
	return errors.Join(err, os.RemoveAll(s.home))
}

// tailSize is how many lines of what a server said are kept.
const tailSize = 30

// tail is the end of what a server said.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > tailSize {
		t.lines = t.lines[1:]
	}
}

// String returns the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

// run runs a program to its end; what it said is in the error.
func run(command *exec.Cmd) error {
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	runtime.LockOSThread() // for the reason that live has
	defer runtime.UnlockOSThread()
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command.Path, err, said.String())
	}
	return nil
}
