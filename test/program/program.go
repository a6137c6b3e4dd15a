// Package program runs the built unity from outside, as a person or a service
// manager would, for the tests and measurements of the whole program.
package program

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// announcement is what the program prints once it answers.
const announcement = "Unity is at "

// Program is a running unity.
type Program struct {
	// URL is where it answers, without a slash at the end.
	URL string
	// Data is its data folder.
	Data string
	// Started is how long it took from being started to being ready.
	Started time.Duration

	command *exec.Cmd
	output  *output
	ended   chan struct{}
	client  http.Client
}

// Options say how to start the program.
type Options struct {
	// Binary is the program; see [Build].
	Binary string
	// Data is the folder to keep everything in.
	Data string
	// Environ is added to the environment.
	Environ []string
}

// Build returns the program named by the variable UNITY, or builds one into the
// folder.
func Build(ctx context.Context, folder string) (string, error) {
	if binary := os.Getenv("UNITY"); binary != "" {
		return binary, nil
	}
	binary := filepath.Join(folder, "unity")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary,
		"github.com/unity-homelab/unity/cmd/unity")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building unity: %w\n%s", err, said)
	}
	return binary, nil
}

// Start starts the program on a free port of this machine and returns when it
// is ready. It runs until Kill or Stop, whatever becomes of ctx.
func Start(ctx context.Context, options Options) (*Program, error) {
	p := &Program{Data: options.Data, output: &output{}, ended: make(chan struct{})}
	p.client.Transport = &http.Transport{DialContext: p.dial}
	p.command = exec.CommandContext(context.WithoutCancel(ctx), options.Binary,
		"serve", "--data", options.Data, "--listen", "127.0.0.1:0")
	p.command.Env = append(os.Environ(), options.Environ...)
	p.command.Stderr = p.output
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	announced := make(chan string, 1)
	go p.follow(stdout, announced)

	select {
	case p.URL = <-announced:
	case <-p.ended:
		return nil, fmt.Errorf("unity ended at start:\n%s", p.Output())
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("unity did not answer: %w\n%s", ctx.Err(), p.Output()), p.Kill())
	}
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	p.Started = time.Since(begin)
	return p, nil
}

// follow reads what the program prints and waits for its end.
func (p *Program) follow(stdout io.Reader, announced chan<- string) {
	scanner := bufio.NewScanner(stdout)
	for scanner.Scan() {
		p.output.line(scanner.Text())
		if url, ok := strings.CutPrefix(scanner.Text(), announcement); ok {
			announced <- url
		}
	}
	_ = p.command.Wait() // how it ended is read from the process state
	close(p.ended)
}

// ready waits until the program says that it is. The program holds the answer
// back no longer than it takes, so asking again at once is no busy loop.
func (p *Program) ready(ctx context.Context) error {
	for {
		err := p.Get(ctx, "/ready", nil)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("unity is not ready: %w\n%s", err, p.Output())
		case <-p.ended:
			return fmt.Errorf("unity ended before it was ready:\n%s", p.Output())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// dial connects to the socket in the data folder, where who may open it is
// administrator.
func (p *Program) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(p.Data, "unity.sock"))
}

// Client returns a client that reaches the program as its administrator.
func (p *Program) Client() *http.Client { return &p.client }

// Visitor returns a client like Client that keeps no connection.
func (p *Program) Visitor() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: p.dial, DisableKeepAlives: true}}
}

// PID returns the process's number.
func (p *Program) PID() int { return p.command.Process.Pid }

// Kill ends the program as kill -9 does, and waits until it is gone.
func (p *Program) Kill() error {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}

// Crash ends the program as a fatal mistake in it does: it writes what each of
// its goroutines is doing. It returns when the program is gone.
func (p *Program) Crash(ctx context.Context) error {
	if err := p.command.Process.Signal(syscall.SIGQUIT); err != nil {
		return fmt.Errorf("letting unity crash: %w\n%s", err, p.Output())
	}
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("unity does not crash: %w", ctx.Err()), p.Kill())
	}
}

// Stop asks the program to end and waits until it did. That it ended with
// another code than 0 is an error.
func (p *Program) Stop(ctx context.Context) error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("asking unity to stop: %w\n%s", err, p.Output())
	}
	select {
	case <-p.ended:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("unity does not stop: %w\n%s", ctx.Err(), p.Output()), p.Kill())
	}
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("unity ended with code %d:\n%s", code, p.Output())
	}
	return nil
}

// Output returns what the program printed and logged so far.
func (p *Program) Output() string { return p.output.String() }

// Get asks for a path and decodes the JSON answer into out, unless that is nil.
func (p *Program) Get(ctx context.Context, path string, out any) error {
	return p.Call(ctx, http.MethodGet, path, nil, out)
}

// Call sends in as JSON, unless that is nil, and decodes the answer into out,
// unless that is nil. A status of 400 and more is an error.
func (p *Program) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, p.URL+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// output keeps what the program says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the output.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) line(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.WriteString(text + "\n")
}

// String returns all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
