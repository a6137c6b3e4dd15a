package fault_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/program"
)

// TestACrashTellsNoSecret ends the program with what a fatal mistake ends it
// with, at the moment in which it uses a secret, and looks at what it leaves
// behind. Before that it looks at what other users of the machine see of it: the
// arguments of its processes.
func TestACrashTellsNoSecret(t *testing.T) {
	t.Parallel()
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const inSource, inEnvironment, ofAccount = "planted-source-93c1", "planted-cache-77ee", "planted account 51ab"
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	unity := start(t, program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"), Environ: []string{
			"UNITY_SCHEDULE_DETECT=false", "UNITY_LOG_LEVEL=debug", "REDIS_URL=redis://:" + inEnvironment + "@127.0.0.1:1/0",
		},
	})
	key, err := os.ReadFile(filepath.Join(unity.Data, "unity.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{
		"the password of a source": inSource, "a password in the environment": inEnvironment, "the password of an account": ofAccount,
		"the key of secrets": strings.TrimSpace(string(key)),
	}
	if err := unity.Call(t.Context(), http.MethodPost, "/api/v1/users", map[string]any{"name": "ann", "role": "viewer", "password": ofAccount}, nil); err != nil {
		t.Fatal(err)
	}
	var made struct{ Secret string }
	if err := unity.Call(t.Context(), http.MethodPost, "/api/v1/tokens", map[string]any{"name": "x", "scope": "read", "user": "ann"}, &made); err != nil {
		t.Fatal(err)
	}
	secrets["a token"] = made.Secret

	// The server takes the password and says nothing to it.
	told := make(chan error, 1)
	go hear(t.Context(), listener, inSource, told)
	if err := unity.Call(t.Context(), http.MethodPost, "/api/v1/sources", map[string]any{
		"plugin": "redis_monitor", "id": "wall", "interval_seconds": 3600,
		"config": map[string]any{"url": "redis://" + listener.Addr().String(), "password": inSource, "timeout": "30s"},
	}, nil); err != nil {
		t.Fatal(err)
	}
	go func() { // it is cut off by the crash
		_ = unity.Call(context.WithoutCancel(t.Context()), http.MethodPost, "/api/v1/sources/wall/run", nil, nil)
	}()
	select {
	case err := <-told:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("the server was not asked:\n%s", unity.Output())
	}

	for _, pid := range family(t, unity.PID()) {
		arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if pid == unity.PID() && !bytes.Contains(arguments, []byte("serve")) {
			t.Errorf("the arguments of the program are %q", arguments)
		}
		lookFor(t, secrets, "the arguments of a process", string(arguments))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := unity.Crash(ctx); err != nil {
		t.Fatal(err)
	}
	said := unity.Output()
	if !strings.Contains(said, "SIGQUIT: quit") || !strings.Contains(said, "plugins/redis.") {
		t.Errorf("it did not crash while it asked the server:\n%s", said)
	}
	lookFor(t, secrets, "what is left by a crash", said)
}

// hear accepts connections until something is said over one, and says nothing to
// it. One that ends before is of a run that was cut short.
func hear(ctx context.Context, listener net.Listener, something string, told chan<- error) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			told <- err
			return
		}
		defer conn.Close()
		reader := bufio.NewReader(conn)
		line := ""
		for err == nil && !strings.Contains(line, something) {
			line, err = reader.ReadString('\n')
		}
		if err == nil {
			told <- nil
			<-ctx.Done()
			return
		}
	}
}

// family returns a process and all that it started.
func family(t *testing.T, pid int) []int {
	t.Helper()
	all := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for each := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(each)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, family(t, child)...)
		}
	}
	return all
}

// lookFor finds secrets in any of the forms in which they may be written.
func lookFor(t *testing.T, secrets map[string]string, where, text string) {
	t.Helper()
	for name, secret := range secrets {
		if len(secret) < 6 {
			t.Fatalf("%s is %q", name, secret)
		}
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				t.Errorf("%s tells %s", where, name)
				break
			}
		}
	}
}
