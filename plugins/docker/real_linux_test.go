package docker_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func TestRealDockerAgreesWithItsOwnTools(t *testing.T) {
	t.Parallel()
	d := newDaemon(t)
	d.build()
	for _, args := range [][]string{
		{
			"--name", "web", "--memory", "64m", "--cpus", "0.5", "--restart", "unless-stopped", "--label", "com.docker.compose.project=shop",
			"--health-cmd", "/bin/busybox true", "--health-interval", "1s", "probe:1", "sleep", "100000",
		},
		{"--name", "idle", "--memory", "64m", "probe:1", "sleep", "100000"},
		{"--name", "apart", "--network", "none", "probe:1", "sleep", "100000"},
		{"--name", "busy", "--cpus", "0.2", "probe:1", "sh", "-c", "while :; do :; done"},
		{"--name", "sick", "--network", "none", "--health-cmd", "/bin/busybox false", "--health-interval", "1s", "--health-retries", "1", "probe:1", "sleep", "100000"},
		{"--name", "stopped", "probe:1", "sh", "-c", "exit 3"},
		{"--name", "oom", "--memory", "8m", "probe:1", "sh", "-c", "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done"},
		{"--name", "again", "--restart", "on-failure:2", "probe:1", "sh", "-c", "exit 1"},
	} {
		d.docker(append([]string{"run", "-d"}, args...)...)
	}
	d.docker("wait", "stopped", "oom", "again")
	// One that is started again counts as stopped for a moment each time.
	for again := d.inspect("again")["again"]; again.State.Status != "exited" || again.RestartCount != 2; again = d.inspect("again")["again"] {
		if t.Failed() || t.Context().Err() != nil {
			t.FailNow()
		}
	}
	d.await("web", "health_status: healthy")
	d.await("sick", "health_status: unhealthy")

	s := opened(t, realHost(nil), newMemory(), map[string]any{"endpoint": "unix://" + d.socket})
	s.collect()
	shown := d.stats() // takes two seconds, in which there is something to measure
	batch := s.collect()
	for _, problem := range batch.Problems() {
		t.Errorf("unexpected problem: %v", problem)
	}
	compareStats(t, batch, shown)
	compareInspect(t, batch, d.inspect("web", "idle", "apart", "busy", "sick", "stopped", "oom", "again"))
	if got := sampleOf(batch, "docker_containers", "state", "running"); got != 5 {
		t.Errorf("%v containers run, want 5", got)
	}
	if got := sampleOf(batch, "docker_images", "", ""); got != 1 {
		t.Errorf("%v images, want 1", got)
	}

	d.docker("stop", "-t", "0", "web")
	told := s.collect()
	for end := time.Now().Add(time.Minute); len(told.Events()) == 0 && time.Now().Before(end); {
		told = s.collect() // it is still on its way; the interval is not over
	}
	wantTitles(t, told, "web was stopped (exit code 137)")
	if got := sampleOf(told, "container_running", "container", "web"); got != 0 {
		t.Errorf("container_running of web is %v after it was stopped", got)
	}
	wantTitles(t, s.collect())

	d.docker("rm", "-f", "web", "idle", "apart", "busy", "sick", "stopped", "oom", "again")
	d.halt()
	if _, err := s.try(); !slices.Contains([]fault.Kind{fault.Refused, fault.Unreachable}, fault.Of(err)) {
		t.Errorf("without dockerd: got %s: %v, want refused or unreachable", fault.Of(err), err)
	}
	if log, ok := d.start(); !ok {
		t.Fatalf("dockerd does not start again: %s", log)
	}
	if got := sampleOf(s.collect(), "docker_containers", "state", "running"); got != 0 {
		t.Errorf("%v containers run after all were removed", got)
	}
}

// compareStats compares with docker stats, within the precision of what it
// shows, those containers in which no health checks come and go.
func compareStats(t *testing.T, batch *plugin.Batch, shown map[string]shownStats) {
	t.Helper()
	for _, name := range []string{"idle", "apart", "busy"} {
		line, ok := shown[name]
		if !ok {
			t.Errorf("docker stats does not show %s", name)
			continue
		}
		cpu := amount(t, strings.TrimSuffix(line.CPUPerc, "%")) / 100
		wantNear(t, batch, "container_cpu_usage_cores", name, cpu, 0.2) // busy has that at most, and less on a busy machine
		used, limit, _ := strings.Cut(line.MemUsage, " / ")
		wantNear(t, batch, "container_memory_working_set_bytes", name, amount(t, used), 64<<10)
		if name == "idle" {
			wantNear(t, batch, "container_memory_limit_bytes", name, amount(t, limit), 0)
		} else if got := sampleOf(batch, "container_memory_limit_bytes", "container", name); got != -1 {
			t.Errorf("%s has a limit of %v, and was given none", name, got)
		}
		received, sent, _ := strings.Cut(line.NetIO, " / ")
		if name == "apart" { // has no network
			if got := sampleOf(batch, "container_network_receive_bytes_total", "container", name); got != -1 {
				t.Errorf("%s received %v bytes, and has no network", name, got)
			}
		} else if amount(t, received) > 0 {
			wantNear(t, batch, "container_network_receive_bytes_total", name, amount(t, received), 500)
			wantNear(t, batch, "container_network_transmit_bytes_total", name, amount(t, sent), 500)
		}
		wantNear(t, batch, "container_processes", name, amount(t, line.PIDs), 0)
	}
}

func wantNear(t *testing.T, batch *plugin.Batch, metric, container string, want, tolerance float64) {
	t.Helper()
	got := sampleOf(batch, metric, "container", container)
	t.Logf("%s of %s: %v; docker stats: %v", metric, container, got, want)
	if got == -1 || math.Abs(got-want) > tolerance {
		t.Errorf("%s of %s is %v, docker stats says %v", metric, container, got, want)
	}
}

// amount reads "324KiB", "1.08kB", "30.28" and "1".
func amount(t *testing.T, text string) float64 {
	t.Helper()
	digits := strings.TrimRight(text, "kKMGTiB")
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		t.Fatalf("docker stats: %q is no amount", text)
	}
	switch strings.TrimPrefix(text, digits) {
	case "KiB":
		return value * (1 << 10)
	case "MiB":
		return value * (1 << 20)
	case "GiB":
		return value * (1 << 30)
	case "kB":
		return value * 1e3
	case "MB":
		return value * 1e6
	case "GB":
		return value * 1e9
	default:
		return value
	}
}

// compareInspect compares with docker inspect, exactly.
func compareInspect(t *testing.T, batch *plugin.Batch, containers map[string]inspected) {
	t.Helper()
	for name, want := range containers {
		exact := func(metric string, want float64) {
			t.Helper()
			if got := sampleOf(batch, metric, "container", name); got != want {
				t.Errorf("%s of %s is %v, docker inspect says %v", metric, name, got, want)
			}
		}
		exact("container_restarts_total", want.RestartCount)
		exact("container_oom_killed", map[bool]float64{true: 1}[want.State.OOMKilled])
		started, err := time.Parse(time.RFC3339Nano, want.State.StartedAt)
		if err != nil {
			t.Fatal(err)
		}
		exact("container_start_timestamp_seconds", float64(started.UnixMilli())/1000)
		exact("container_running", map[bool]float64{true: 1}[want.State.Status == "running"])
		if want.State.Status == "exited" {
			exact("container_exit_code", want.State.ExitCode)
		}
		if want.HostConfig.Memory > 0 && want.State.Status == "running" {
			exact("container_memory_limit_bytes", want.HostConfig.Memory)
		}
		if want.State.Health != nil {
			for _, sample := range batch.Samples() {
				if sample.Name == "container_health" && sample.Labels.Get("container") == name && sample.Value == 1 &&
					sample.Labels.Get("state") != want.State.Health.Status {
					t.Errorf("%s is %s, docker inspect says %s", name, sample.Labels.Get("state"), want.State.Health.Status)
				}
			}
		}
	}
}

func TestRealPodmanAnswers(t *testing.T) {
	t.Parallel()
	needs(t, os.Geteuid() == 0, "root")
	for _, program := range []string{"podman", "busybox"} {
		needs(t, installed(program), "the program "+program)
	}
	dir := t.TempDir()
	// The shell gives Podman the process ID that it wants to see beside a socket
	// that is open already; with that there is nothing to wait for.
	podman := func(args ...string) *exec.Cmd {
		return exec.CommandContext(context.WithoutCancel(t.Context()), "sh", append([]string{
			"-c", `LISTEN_PID=$$ exec podman "$@"`, "sh",
			"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp"),
			"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
		}, args...)...)
	}
	t.Cleanup(func() { _ = podman("rm", "-f", "idle").Run() })
	build := podman("import", "-", "probe:1")
	build.Stdin = bytes.NewReader(busyboxImage(t))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("podman import: %v: %s", err, out)
	}
	if out, err := podman("create", "--name", "idle", "--network", "none", "probe:1", "/bin/busybox", "true").CombinedOutput(); err != nil {
		t.Fatalf("podman create: %v: %s", err, out)
	}
	socket, listener := listen(t, dir)
	service := podman("system", "service", "--time", "0")
	service.ExtraFiles = append(service.ExtraFiles, listener)
	service.Env = append(os.Environ(), "LISTEN_FDS=1")
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = service.Process.Signal(syscall.SIGTERM)
		_ = service.Wait()
	})

	s := opened(t, realHost(nil), newMemory(), map[string]any{"endpoint": "unix://" + socket})
	batch := s.collect()
	for _, problem := range batch.Problems() {
		t.Errorf("unexpected problem: %v", problem)
	}
	if got := sampleOf(batch, "docker_info", "runtime", "podman"); got != 1 {
		t.Errorf("docker_info does not say that this is Podman")
	}
	if got := sampleOf(batch, "docker_containers", "state", "created"); got != 1 {
		t.Errorf("%v containers were created, want 1", got)
	}
	s.close()
}
