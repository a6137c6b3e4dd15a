package log_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/log"
	"github.com/unity-homelab/unity/test/servers"
)

// needs finds a program, or skips the test on a machine without it.
func needs(t *testing.T, program string) string {
	t.Helper()
	for _, folder := range []string{"/usr/sbin/", "/usr/bin/", "/lib/systemd/"} {
		if _, err := os.Stat(folder + program); err == nil {
			return folder + program
		}
	}
	plugintest.Skip(t, "needs %s", program)
	return ""
}

// run runs a program to its end.
func run(t *testing.T, stdin, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Stdin = strings.NewReader(stdin)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// write writes a file of the test.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, config map[string]any) plugin.Collector {
	t.Helper()
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return plugintest.Live(t, log.Plugin(), string(raw))
}

func values(t *testing.T, c plugin.Collector) map[string]float64 {
	t.Helper()
	batch := plugintest.Collect(t, log.Plugin(), c)
	for _, problem := range batch.Problems() {
		t.Errorf("problem: %v", problem)
	}
	return plugintest.Values(batch)
}

// of returns the one value of a metric of files.
func of(values map[string]float64, name string) float64 {
	for id, value := range values {
		if strings.HasPrefix(id, name+"{") {
			return value
		}
	}
	return -1
}

func TestLogrotateLosesNothing(t *testing.T) {
	t.Parallel()
	rotate := needs(t, "logrotate")
	for name, how := range map[string]string{
		"renamed":             "nocompress\ncreate 0600",
		"copied and emptied":  "nocompress\ncopytruncate",
		"compressed":          "compress\ncreate 0600",
		"copied, compressed":  "compress\ncopytruncate",
		"compressed later":    "compress\ndelaycompress\ncreate 0600",
		"with dates":          "nocompress\ncreate 0600\ndateext\ndateformat -%Y%m%d",
		"with its extension":  "nocompress\ncreate 0600\nextension .log",
		"not created by it":   "nocompress\nnocreate",
		"in its own terms, 2": "compress\ncopytruncate\nstart 5",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file, settings, state := filepath.Join(folder, "app.log"), filepath.Join(folder, "conf"), filepath.Join(folder, "state")
			write(t, settings, fmt.Sprintf("%s {\nsu root root\nrotate 9\nmissingok\n%s\n}\n", file, how))
			lines := 0
			more := func(n int) {
				t.Helper()
				var text strings.Builder
				for range n {
					lines++
					fmt.Fprintf(&text, "%s line %d\n", time.Now().Format(time.RFC3339Nano), lines)
				}
				if err := add(file, []byte(text.String())); err != nil {
					t.Fatal(err)
				}
			}
			more(3)
			c := open(t, map[string]any{"paths": []string{file}, "start_at": "beginning"})
			values(t, c)
			rounds := 3
			if strings.Contains(how, "dateext") {
				rounds = 1 // two within a second would have the same name
			}
			for range rounds {
				more(5)
				run(t, "", rotate, "--force", "--state", state, settings)
				more(2)
				values(t, c)
				more(1)
			}
			got := values(t, c)
			if n := of(got, "log_lines_total"); n != float64(lines) {
				t.Errorf("%v lines are counted, %d were written", n, lines)
			}
			if n := of(got, "log_rotations_total"); n != float64(rounds) {
				t.Errorf("%v rotations are counted", n)
			}
			if n := of(got, "log_rotations_lost_total"); n != 0 {
				t.Errorf("%v rotations are said to have lost something", n)
			}
		})
	}
}

func TestWhatRsyslogWritesIsRead(t *testing.T) {
	t.Parallel()
	daemon, logger := needs(t, "rsyslogd"), needs(t, "logger")
	folder := plugintest.Folder(t)
	file, socket, settings := filepath.Join(folder, "out"), filepath.Join(folder, "s"), filepath.Join(folder, "conf")
	write(t, settings, fmt.Sprintf(`module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket=%q)
*.* action(type="omfile" file=%q template="RSYSLOG_FileFormat" sync="on" flushOnTXEnd="on")
`, socket, file))
	write(t, file, "")
	c := open(t, map[string]any{"paths": []string{file}})
	values(t, c)
	start(t, daemon, "-n", "-i", filepath.Join(folder, "pid"), "-f", settings)
	plugintest.Await(t, "rsyslogd listens", func() bool { _, err := os.Stat(socket); return err == nil })
	run(t, "", logger, "-u", socket, "-t", "backup", "disk full: no space left on device")
	run(t, "", logger, "-u", socket, "-t", "app", "ERROR: it broke")
	plugintest.Await(t, "it is written", func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "it broke\n")
	})
	got := values(t, c)
	for id, want := range map[string]float64{
		`log_matches_total{pattern="disk",severity="critical"}`: 1,
		`log_matches_total{pattern="error",severity="error"}`:   1,
		`log_severity_total{severity="critical"}`:               1,
		`log_severity_total{severity="error"}`:                  1,
	} {
		if got[id] != want {
			t.Errorf("%s is %v, not %v", id, got[id], want)
		}
	}
}

// start starts a daemon that ends with the test.
func start(t *testing.T, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
}

func TestTheJournalIsRead(t *testing.T) {
	t.Parallel()
	remote := needs(t, "systemd-journal-remote")
	needs(t, "journalctl")
	folder := t.TempDir()
	put := func(name string, entries ...string) {
		t.Helper()
		var text strings.Builder
		for i, entry := range entries {
			at := time.Now().UnixMicro() + int64(i)
			fmt.Fprintf(&text, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n%s\n\n", at, at%1e9, entry)
		}
		run(t, text.String(), remote, "-o", filepath.Join(folder, name), "-")
	}
	put("a.journal", "MESSAGE=before anybody looked\nPRIORITY=3\nSYSLOG_IDENTIFIER=app\n_SYSTEMD_UNIT=app.service")
	c := open(t, map[string]any{"source": "journald", "journal_directory": folder, "identifiers": []string{"app"}})
	values(t, c)
	put("b.journal",
		"MESSAGE=it failed\nPRIORITY=3\nSYSLOG_IDENTIFIER=app\n_SYSTEMD_UNIT=app.service",
		"MESSAGE=of another program\nPRIORITY=2\nSYSLOG_IDENTIFIER=other",
		"MESSAGE=it is fine again\nPRIORITY=6\nSYSLOG_IDENTIFIER=app")
	want := map[string]float64{
		`log_lines_total{file="journal"}`:                     2,
		`log_severity_total{severity="error"}`:                1,
		`log_severity_total{severity="info"}`:                 1,
		`log_severity_total{severity="critical"}`:             0,
		`log_matches_total{pattern="error",severity="error"}`: 1,
	}
	for range 2 { // the second run reads nothing again
		got := values(t, c)
		for id, value := range want {
			if got[id] != value {
				t.Errorf("%s is %v, not %v", id, got[id], value)
			}
		}
	}
}

func TestTheAccessLogOfNginx(t *testing.T) {
	t.Parallel()
	server := needs(t, "nginx")
	folder := t.TempDir()
	file, settings := filepath.Join(folder, "access.log"), filepath.Join(folder, "conf")
	address := "127.0.0.1:" + strconv.Itoa(servers.Port(t))
	write(t, settings, fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http { access_log %[1]s/access.log combined; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
server { listen %[2]s; location = /ok { return 200 "fine"; } location = /bad { return 503; } location / { return 404; } } }
`, folder, address))
	write(t, file, "")
	c := open(t, map[string]any{"paths": []string{file}, "access_log": "combined", "default_patterns": false})
	values(t, c)
	start(t, server, "-c", settings)
	var sent float64
	ask := func(path string, times int) {
		t.Helper()
		for range times {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			sent += float64(n)
			_ = answer.Body.Close()
		}
	}
	plugintest.Await(t, "the server listens", func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	ask("/ok", 12)
	ask("/bad?token=geheim", 3)
	ask("/none", 5)
	plugintest.Await(t, "all is written", func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Count(string(text), "\n") == 20
	})
	batch := plugintest.Collect(t, log.Plugin(), c)
	got := plugintest.Values(batch)
	for id, want := range map[string]float64{
		`weblog_requests_total{code_class="2xx",method="GET"}`: 12,
		`weblog_responses_total{code="503"}`:                   3,
		`weblog_responses_total{code="404"}`:                   5,
		`weblog_server_errors_ratio`:                           0.15,
		`weblog_transmit_bytes_total`:                          sent,
		`weblog_unique_clients`:                                1,
		`log_unparsed_lines_total`:                             0,
	} {
		if got[id] != want {
			t.Errorf("%s is %v, not %v", id, got[id], want)
		}
	}
	if strings.Contains(string(batch.Snapshot()), "geheim") {
		t.Error("the snapshot shows what follows the question mark")
	}
}

// The place and the counters are one value of the state, which is recorded with
// the run or not at all. A kill before that loses both, one after it neither;
// so in each of 50 rounds a run is recorded or lost, by chance, and whatever the
// collector knew besides is gone.
func TestNothingIsCountedTwiceOrMissedWhenKilled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "app.log")
	state, written := newKept(), 0
	config := json.RawMessage(fmt.Sprintf(`{"paths": [%q], "start_at": "beginning", "patterns": [{"name": "third", "regex": "line \\d*3 ", "alert": true}]}`, file))
	more := func(n int) {
		t.Helper()
		var text strings.Builder
		for range n {
			written++
			fmt.Fprintf(&text, "%s line %d of the test\n", time.Now().Format(time.RFC3339Nano), written)
		}
		if err := add(file, []byte(text.String())); err != nil {
			t.Fatal(err)
		}
	}
	p := log.Plugin()
	events := 0
	var last map[string]float64
	collect := func(record bool) {
		t.Helper()
		h := host(state)
		c, err := p.Open(t.Context(), config, h)
		if err != nil {
			t.Fatal(err)
		}
		if closer, ok := c.(io.Closer); ok {
			defer func() { _ = closer.Close() }()
		}
		batch := plugin.NewBatch(p)
		if err := c.Collect(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if !record {
			state.lose()
			return
		}
		state.record()
		events += len(batch.Events())
		last = plugintest.Values(batch)
	}
	more(1)
	collect(true)
	for round := range 50 {
		more(rand.IntN(20))
		if round%10 == 9 {
			if err := os.Rename(file, fmt.Sprintf("%s.%d", file, round)); err != nil {
				t.Fatal(err)
			}
			more(1)
		}
		collect(rand.IntN(2) == 0)
	}
	collect(true)
	thirds := (written + 7) / 10
	if n := of(last, "log_lines_total"); n != float64(written) {
		t.Errorf("%v lines are counted, %d were written", n, written)
	}
	if n := last[`log_alerts_total{pattern="third"}`]; n != float64(thirds) || events != thirds {
		t.Errorf("%v lines with an alert are counted and %d told, %d were written", n, events, thirds)
	}
}
