package record_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugin/record"
)

type config struct{ fetch.Config }

// collector touches every part of the world once.
type collector struct {
	*fetch.Client
	host plugin.Host
}

// Collect implements plugin.Collector.
func (c collector) Collect(ctx context.Context, out *plugin.Batch) error {
	var answer struct{ Version string }
	if err := c.GetJSON(ctx, "/status?full=1", &answer); err != nil {
		return err
	}
	for _, name := range []string{"/sys/class/net/eth0/address", "/etc/os-release", "/proc/gone"} {
		if _, err := c.host.Files.ReadFile(name); err != nil {
			out.Problem(err)
		}
	}
	if file, err := c.host.Files.Open("/proc/loadavg"); err == nil {
		_, err = io.ReadAll(file)
		out.Problem(err)
		out.Problem(file.Close())
	}
	if _, err := c.host.Files.ReadDir("/sys/class/net"); err != nil {
		out.Problem(err)
	}
	answered, err := c.host.Commands.Run(ctx, plugin.Command{Name: "ask", Args: []string{"--twice"}})
	out.Problem(err)
	out.Add("example_answers", float64(len(answered.Stdout)), "version", answer.Version)
	return nil
}

func example() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "example_monitor", Name: "Example", Version: "1.2.0", Rights: plugin.Rights{Commands: []string{"ask"}},
		Metrics: []metric.Definition{{Name: "example_answers", Kind: metric.Gauge, Help: "Answers.", Labels: []string{"version"}}},
	}, config{fetch.Defaults()}, func(_ context.Context, c config, host plugin.Host) (plugin.Collector, error) {
		client, err := fetch.New(c.Config, host)
		return collector{client, host}, err
	})
}

func place(t *testing.T, root, name, text string) {
	t.Helper()
	at := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if target, link := strings.CutPrefix(text, "-> "); link {
		if err := os.Symlink(target, at); err != nil {
			t.Fatal(err)
		}
		return
	}
	plugintest.Program(t, at, []byte(text)) // one of them is
}

func TestACollectionBecomesACase(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	place(t, root, "sys/devices/eth0/address", "02:00:00:00:00:01\n")
	place(t, root, "sys/class/net/eth0", "-> ../../devices/eth0")
	place(t, root, "etc/os-release", "ID=debian")
	place(t, root, "proc/loadavg", "0.1 0.2 0.3\n")
	place(t, root, "bin/ask", "#!/bin/sh\necho yes hunter2-token; echo twice >&2; exit 4\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "example/1")
		w.Header().Set("Set-Cookie", "session=secret")
		_, _ = io.WriteString(w, `{"version": "3.1", "api_token": "abcdef", "self": "http://`+r.Host+`/x", "echo": "hunter2-token"}`)
	}))
	t.Cleanup(server.Close)
	var dialer net.Dialer
	recorder := record.New(plugin.Host{
		Name: "nas", Dial: dialer.DialContext, Files: hostfs.New(hostfs.Options{Root: root}),
		Commands: command.New(command.Options{Allowed: []string{"ask"}, Path: []string{filepath.Join(root, "bin"), "/bin"}}),
		Log:      slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	p := example()
	raw := json.RawMessage(`{"url": "` + server.URL + `", "token": "hunter2-token"}`)
	opened, err := p.Open(t.Context(), raw, recorder.Host())
	if err != nil {
		t.Fatal(err)
	}
	batch := plugin.NewBatch(p)
	if err := opened.Collect(recorder.Context(t.Context()), batch); err != nil {
		t.Fatal(err)
	}
	want := `Example 1.2.0, recorded from a real collection.
-- config.json --
{"url": "{{url}}", "token": "recorded-secret-1"}
-- now --
2026-03-01T12:00:00Z
-- GET /status?full=1 +headers --
Server: example/1

{"version": "3.1", "api_token": "scrubbed", "self": "{{url}}/x", "echo": "recorded-secret-1"}
-- link /sys/class/net/eth0 --
../../devices/eth0
-- file /sys/devices/eth0/address --
02:00:00:00:00:01
-- file /etc/os-release --
ID=debian
-- file /proc/loadavg --
0.1 0.2 0.3
-- dir /sys/class/net --
-- exec ask --twice exit=4 --
yes recorded-secret-1
-- exec ask --twice stderr --
twice
-- want --
example_answers{version="3.1"} 18
-- want problems --
not_found: open /proc/gone: no such file or directory
`
	if diff := cmp.Diff(want, string(recorder.Case(p, raw, batch, nil))); diff != "" {
		t.Error(diff)
	}
	text := string(recorder.Case(p, raw, batch, fault.New(fault.Auth, "asking with hunter2-token")))
	if !strings.HasSuffix(text, "-- want error --\nauth: asking with recorded-secret-1\n") {
		t.Errorf("a collection that failed is recorded as\n%s", text)
	}
}
