package docker_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/docker"
)

func TestAStuckContainerLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web", "stuck")
		engine.stuck["/containers/"+idOf("stuck")+"/stats"] = true
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		start := time.Now()
		batch := s.collect()
		if took := time.Since(start); took > 9500*time.Millisecond {
			t.Errorf("the run took %v of the 10 s it had", took)
		}
		if got := sampleOf(batch, "container_processes", "container", "web"); got != 5 {
			t.Errorf("container_processes of web is %v, want 5", got)
		}
		if got := sampleOf(batch, "container_processes", "container", "stuck"); got != -1 {
			t.Errorf("container_processes of stuck is %v, want none", got)
		}
		wantProblem(t, batch, "measuring the container stuck")
		s.close()
	})
}

func wantProblem(t *testing.T, batch *plugin.Batch, text string) {
	t.Helper()
	for _, problem := range batch.Problems() {
		if strings.Contains(problem.Error(), text) {
			if kind := fault.Of(problem); kind != fault.Partial {
				t.Errorf("the problem %q is %s, want partial", problem, kind)
			}
			return
		}
	}
	t.Errorf("no problem says %q: %v", text, batch.Problems())
}

func TestASilentEngineIsATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t)
		engine.stuck["/_ping"] = true
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		_, err := s.try()
		if got := fault.Of(err); got != fault.Timeout {
			t.Errorf("got %s (%v), want timeout", got, err)
		}
		s.close()
	})
}

func TestSlowDiskUsageHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web")
		engine.slow["/system/df"] = 40 * time.Second
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		start := time.Now()
		batch := s.collect()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("the run took %v", took)
		}
		if got := sampleOf(batch, "docker_disk_usage_bytes", "type", "images"); got != -1 {
			t.Errorf("docker_disk_usage_bytes is %v before it is known", got)
		}
		pass(time.Minute)
		if got := sampleOf(s.collect(), "docker_disk_usage_bytes", "type", "images"); got != 1000 {
			t.Errorf("docker_disk_usage_bytes of images is %v, want 1000", got)
		}
		if got := engine.count("/system/df"); got != 1 {
			t.Errorf("disk usage was asked for %d times, want 1", got)
		}
		s.close()
	})
}

func TestClosingEndsWhatRunsInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		engine := newFakeEngine(t, "web")
		engine.stuck["/system/df"] = true
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		s.collect()
		start := time.Now()
		s.close()
		if took := time.Since(start); took != 0 {
			t.Errorf("closing took %v", took)
		}
	})
}

func TestTheSnapshotStaysTheSameWhileNothingHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newFakeEngine(t, "web", "db", "cache")
		s := opened(t, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		s.collect()
		pass(15 * time.Second)
		before := s.collect() // from here on there are rates
		pass(15 * time.Second)
		after := s.collect()
		if diff := cmp.Diff(string(before.Snapshot()), string(after.Snapshot())); diff != "" {
			t.Errorf("the snapshot changed (- before, + after):\n%s", diff)
		}
		s.close()
	})
}

// refusing is a host on which no connection comes about.
func refusing(errno syscall.Errno) plugin.Host {
	host := realHost(newMemory())
	host.Dial = func(_ context.Context, network, _ string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", errno)}
	}
	return host
}

func TestWhatIsWrongWithASocketIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		errno      syscall.Errno
		want       fault.Kind
		text, hint string
	}{
		"the socket is not there":    {syscall.ENOENT, fault.Unreachable, "no Docker socket at /run/x.sock", "is the engine running?"},
		"the socket may not be used": {syscall.EACCES, fault.Permission, "permission denied", "group docker"},
		"nobody listens":             {syscall.ECONNREFUSED, fault.Refused, "nobody listens", "systemctl start docker"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, refusing(c.errno), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
			_, err := s.try()
			if got := fault.Of(err); got != c.want || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %s: %v, want %s: …%s…", got, err, c.want, c.text)
			}
			if hint := fault.Hint(err); !strings.Contains(hint, c.hint) {
				t.Errorf("the hint is %q, want %q in it", hint, c.hint)
			}
		})
	}
}

func TestAnEngineBehindTLSIsAskedWithItsCertificateOnly(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine(t, "web")
	server := httptest.NewTLSServer(engine)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	authority := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	at := "tcp://" + server.Listener.Addr().String()
	trusting := opened(t, realHost(nil), newMemory(), map[string]any{"endpoint": "https" + strings.TrimPrefix(at, "tcp"), "tls_ca_file": authority})
	if got := sampleOf(trusting.collect(), "container_running", "container", "web"); got != 1 {
		t.Errorf("container_running of web is %v, want 1", got)
	}
	trusting.close()

	stranger := opened(t, realHost(nil), newMemory(), map[string]any{"endpoint": "https" + strings.TrimPrefix(at, "tcp")})
	if _, err := stranger.try(); fault.Of(err) != fault.TLS {
		t.Errorf("a certificate that nobody signed: got %s: %v, want tls", fault.Of(err), err)
	}
	plain := opened(t, realHost(nil), newMemory(), map[string]any{"endpoint": at})
	if _, err := plain.try(); fault.Of(err) != fault.TLS || !strings.Contains(fault.Hint(err), "https://") {
		t.Errorf("plain HTTP to a TLS port: got %s: %v, want tls", fault.Of(err), err)
	}
}

func TestASocketThatMayNotBeUsedCountsAsFound(t *testing.T) {
	t.Parallel()
	findings, err := bare().Detect(t.Context(), refusing(syscall.EACCES))
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) == 0 || findings[0].Ready || !strings.Contains(findings[0].Missing, "group docker") {
		t.Errorf("got %+v, want a finding that is not ready and says what is missing", findings)
	}
}

func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	t.Parallel()
	findings, err := bare().Detect(t.Context(), refusing(syscall.ENOENT))
	if err != nil || len(findings) != 0 {
		t.Errorf("got %+v, %v, want nothing", findings, err)
	}
}

func TestTheEnvironmentNamesTheEngine(t *testing.T) {
	t.Parallel()
	var dialled []string
	host := realHost(newMemory())
	host.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, network+" "+address)
		return nil, errors.New("stop here")
	}
	variables := map[string]string{"DOCKER_HOST": "tcp://nas:2375", "XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/home/a"}
	p := docker.PluginIn(func(name string) string { return variables[name] })
	if _, err := p.Detect(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"tcp nas:2375", "unix /var/run/docker.sock", "unix /run/user/7/docker.sock",
		"unix /home/a/.docker/run/docker.sock", "unix /run/podman/podman.sock", "unix /run/user/7/podman/podman.sock",
	}
	if diff := cmp.Diff(want, dialled[:min(len(want), len(dialled))]); diff != "" {
		t.Errorf("looked in the wrong places (- want, + got):\n%s", diff)
	}
}

func TestEndpointsAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		`"ssh://nas"`:             "ssh:// is not supported",
		`"npipe:////./pipe/x"`:    "npipe:// is not supported",
		`"nas:2375"`:              "nas:// is not supported",
		`"docker"`:                "is not an address",
		`"unix://relative"`:       "has no absolute path",
		`"tcp://"`:                "is not a host and a port",
		`"tcp://nas:2375/v1"`:     "is not a host and a port",
		`"tcp://nas:2375%zz"`:     "is not an address",
		`"x", "tls_key_file":"k"`: "given together",
	} {
		err := bare().Validate([]byte(`{"endpoint": ` + endpoint + `}`))
		if fault.Of(err) != fault.Config || !strings.Contains(err.Error(), want) {
			t.Errorf("endpoint %s: got %v, want %q", endpoint, err, want)
		}
	}
	for _, endpoint := range []string{"auto", "ENV", "unix:///run/docker.sock", "/run/docker.sock", "tcp://nas", "http://nas:2375", "https://[::1]:2376/"} {
		if err := bare().Validate([]byte(`{"endpoint": "` + endpoint + `"}`)); err != nil {
			t.Errorf("endpoint %s: %v", endpoint, err)
		}
	}
}
