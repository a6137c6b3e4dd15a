package docker_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// daemon is a real dockerd with folders, a socket, a network and mounts of its
// own, so that one that runs on the machine already is not disturbed.
type daemon struct {
	t      *testing.T
	dir    string
	socket string
	cmd    *exec.Cmd
}

// needs skips the test on a machine that lacks something; in CI it is a failure.
func needs(t *testing.T, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") != "":
		t.Fatalf("CI lacks %s", what)
	default:
		t.Skipf("needs %s", what)
	}
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// newDaemon starts dockerd, with a network when the kernel lets it.
func newDaemon(t *testing.T) *daemon {
	t.Helper()
	needs(t, os.Geteuid() == 0, "root")
	for _, program := range []string{"dockerd", "docker", "busybox"} {
		needs(t, installed(program), "the program "+program)
	}
	dir := t.TempDir()
	d := &daemon{t: t, dir: dir, socket: filepath.Join(dir, "docker.sock")}
	t.Cleanup(d.stop)
	if log, ok := d.start(); !ok {
		first := log
		log, ok = d.start("--iptables=false", "--ip6tables=false", "--bridge=none")
		needs(t, ok, fmt.Sprintf("a kernel on which dockerd starts: %s\nwithout a network: %s", first, log))
	}
	return d
}

// start starts dockerd and waits until it listens.
func (d *daemon) start(flags ...string) (log string, ok bool) {
	d.t.Helper()
	// It goes on until it is stopped, after the test's own context has ended.
	d.cmd = exec.CommandContext(context.WithoutCancel(d.t.Context()), "dockerd", append([]string{
		"--data-root", filepath.Join(d.dir, "data"), "--exec-root", filepath.Join(d.dir, "exec"),
		"--pidfile", filepath.Join(d.dir, "pid"), "-H", "unix://" + d.socket,
	}, flags...)...)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGTERM, Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
	}
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.cmd = nil
		return err.Error(), false
	}
	lines := bufio.NewScanner(stderr)
	var tail []string
	for lines.Scan() {
		tail = append(tail, lines.Text())
		if strings.Contains(lines.Text(), "API listen on") {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return "", true
		}
	}
	_ = d.cmd.Wait()
	d.cmd = nil
	return strings.Join(tail[max(0, len(tail)-3):], "\n"), false
}

// stop stops the containers and dockerd.
func (d *daemon) stop() {
	if d.cmd == nil {
		return
	}
	if ids := strings.Fields(d.docker("ps", "-aq")); len(ids) > 0 {
		d.docker(append([]string{"rm", "-f"}, ids...)...)
	}
	d.halt()
}

// halt stops dockerd only.
func (d *daemon) halt() {
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	_ = d.cmd.Wait()
	d.cmd = nil
}

func (d *daemon) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(d.t.Context()), "docker", args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST=unix://"+d.socket)
	return cmd
}

// docker runs the docker command and returns what it writes.
func (d *daemon) docker(args ...string) string {
	d.t.Helper()
	cmd := d.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		d.t.Errorf("docker %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// build makes the image probe:1 from busybox alone.
func (d *daemon) build() {
	d.t.Helper()
	cmd := d.command("import", "--change", "ENV PATH=/bin", "--change", `ENTRYPOINT ["/bin/busybox"]`, "-", "probe:1")
	cmd.Stdin = bytes.NewReader(busyboxImage(d.t))
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("docker import: %v: %s", err, out)
	}
}

// busyboxImage returns the root file system of an image as a tar.
func busyboxImage(t *testing.T) []byte {
	t.Helper()
	name, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	header := func(h tar.Header) {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	header(tar.Header{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755})
	header(tar.Header{Name: "bin/busybox", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(program))})
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"sh", "true", "false"} { // sh runs health checks
		header(tar.Header{Name: "bin/" + link, Typeflag: tar.TypeSymlink, Linkname: "busybox"})
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// await returns when the event has happened to the container.
func (d *daemon) await(container, event string) {
	d.t.Helper()
	cmd := d.command("events", "--since", "10m", "--filter", "container="+container, "--filter", "event="+event)
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		d.t.Errorf("docker events ended without %s of %s", event, container)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// inspected is the part of docker inspect that is compared.
type inspected struct {
	Name         string
	RestartCount float64
	State        struct {
		Status    string
		ExitCode  float64
		OOMKilled bool
		StartedAt string
		Health    *struct{ Status string }
	}
	HostConfig struct {
		Memory   float64
		NanoCpus float64
	}
}

// inspect returns what docker inspect says, by name.
func (d *daemon) inspect(names ...string) map[string]inspected {
	d.t.Helper()
	var list []inspected
	if err := json.Unmarshal([]byte(d.docker(append([]string{"inspect"}, names...)...)), &list); err != nil {
		d.t.Fatalf("docker inspect: %v", err)
	}
	result := make(map[string]inspected)
	for _, one := range list {
		result[strings.TrimPrefix(one.Name, "/")] = one
	}
	return result
}

// shownStats is a line of docker stats.
type shownStats struct{ Name, CPUPerc, MemUsage, NetIO, PIDs string }

// stats returns what docker stats says, by name.
func (d *daemon) stats() map[string]shownStats {
	d.t.Helper()
	result := make(map[string]shownStats)
	for line := range strings.Lines(d.docker("stats", "--no-stream", "--format", "{{json .}}")) {
		var one shownStats
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			d.t.Fatalf("docker stats: %v", err)
		}
		result[one.Name] = one
	}
	return result
}

// listen opens a socket for another program.
func listen(t *testing.T, dir string) (string, *os.File) {
	t.Helper()
	name := filepath.Join(dir, "podman.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	file, err := listener.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return name, file
}
