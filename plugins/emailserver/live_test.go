package emailserver_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/emailserver"
	"github.com/unity-homelab/unity/test/servers"
)

// postfix is a Postfix of the test's own.
type postfix struct {
	*servers.Server
	t testing.TB
}

func startPostfix(t testing.TB, settings ...string) *postfix {
	t.Helper()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root: Postfix gives up rights")
	}
	s := servers.Start(t, servers.Postfix(), append([]string{"relayhost = [127.0.0.1]:9", "local_recipient_maps ="}, settings...)...)
	return &postfix{s, t}
}

// config is a source that looks at this Postfix.
func (s *postfix) config(more plugintest.Settings) string {
	return plugintest.Settings{
		"endpoints": []any{plugintest.Settings{"protocol": "smtp", "host": "127.0.0.1", "port": s.Port()}}, "mta": "postfix",
		"postfix_config_dir": s.etc(), "log_source": "file", "log_files": []string{filepath.Join(s.Folder(), "log")}, "dovecot": "none",
	}.With(more).JSON(s.t)
}

func (s *postfix) etc() string { return filepath.Join(s.Folder(), "etc") }

// tool runs a program and returns what it says.
func tool(t testing.TB, stdin, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	asked := exec.CommandContext(ctx, name, args...)
	asked.Stdin = strings.NewReader(stdin)
	out, err := asked.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// send hands a message in.
func (s *postfix) send(to string) {
	s.t.Helper()
	tool(s.t, "Subject: test\n\nhello\n", "sendmail", "-C", s.etc(), "-f", "a@example.net", to)
}

// TestQueueAndLogOfPostfix compares with postqueue -p, and with what was done.
func TestQueueAndLogOfPostfix(t *testing.T) {
	t.Parallel()
	s := startPostfix(t)
	p := emailserver.Plugin()
	c := plugintest.Live(t, p, s.config(nil))
	first := plugintest.Values(plugintest.CollectAll(t, p, c))
	if first["mail_queue_messages{mta=\"postfix\",queue=\"deferred\"}"] != 0 || first["mail_endpoint_up{endpoint=\"smtp\",protocol=\"smtp\"}"] != 1 {
		t.Errorf("a new one: %v", first)
	}
	for _, to := range []string{"u1@example.org", "u2@example.org", "u3@other.org", "root@localhost"} {
		s.send(to)
	}
	values, _ := plugintest.Until(t, p, c, "three messages wait and one was delivered", func(values map[string]float64) bool {
		return values[`mail_queue_messages{mta="postfix",queue="deferred"}`] == 3 && values[`mail_deliveries_total{status="deferred",transport="smtp"}`] >= 3 &&
			values[`mail_deliveries_total{status="sent",transport="local"}`] == 1
	})
	if values["mail_received_total"] != 4 || values["mail_connections_total"] == 0 || values["mail_delivery_delay_seconds_total"] <= 0 {
		t.Errorf("received %v, connections %v, delay %v", values["mail_received_total"], values["mail_connections_total"], values["mail_delivery_delay_seconds_total"])
	}
	id, _, _ := strings.Cut(strings.Split(tool(t, "", "postqueue", "-c", s.etc(), "-p"), "\n")[1], " ")
	tool(t, "", "postsuper", "-c", s.etc(), "-h", id)
	batch := plugintest.CollectAll(t, p, c)
	values = plugintest.Values(batch)
	listing := strings.Split(strings.TrimSpace(tool(t, "", "postqueue", "-c", s.etc(), "-p")), "\n")
	var requests, kilobytes int
	if _, err := sscan(listing[len(listing)-1], &kilobytes, &requests); err != nil {
		t.Fatalf("%s: %v", listing[len(listing)-1], err)
	}
	messages, size := 0.0, 0.0
	for key, value := range values {
		switch {
		case strings.HasPrefix(key, "mail_queue_messages"):
			messages += value
		case strings.HasPrefix(key, "mail_queue_bytes"):
			size += value
		}
	}
	if int(messages) != requests || int(size)/1024 != kilobytes || values[`mail_queue_messages{mta="postfix",queue="hold"}`] != 1 {
		t.Errorf("%v messages of %v bytes, %v held; postqueue says %q", messages, size, values[`mail_queue_messages{mta="postfix",queue="hold"}`], listing[len(listing)-1])
	}
	if text := string(batch.Snapshot()); !strings.Contains(text, `"recipient_domain":"other.org"`) || !strings.Contains(text, "Connection refused") || strings.Contains(text, "u1@") {
		t.Errorf("the snapshot: %s", text)
	}
}

// sscan reads "-- 12 Kbytes in 3 Requests.".
func sscan(line string, kilobytes, requests *int) (int, error) {
	words := strings.Fields(line)
	if len(words) != 6 {
		return 0, strconv.ErrSyntax
	}
	var err error
	if *kilobytes, err = strconv.Atoi(words[1]); err != nil {
		return 0, err
	}
	*requests, err = strconv.Atoi(words[4])
	return 2, err
}

// TestAPostfixThatGoesAndComesBack kills it, starts it again and lets it hang.
func TestAPostfixThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := startPostfix(t)
	p := emailserver.Plugin()
	c := plugintest.Live(t, p, s.config(plugintest.Settings{"timeout": "20s"}))
	look := func(up, running float64, state, event string) {
		t.Helper()
		batch := plugintest.Collect(t, p, c)
		values := plugintest.Values(batch)
		kinds := make([]string, 0, 2)
		for _, e := range batch.Events() {
			kinds = append(kinds, e.Kind)
		}
		if values[`mail_endpoint_up{endpoint="smtp",protocol="smtp"}`] != up || values[`mail_mta_running{mta="postfix"}`] != running ||
			!strings.Contains(string(batch.Snapshot()), state) || strings.Join(kinds, " ") != event {
			t.Errorf("up %v, running %v, events %v, want %v, %v, %q and %q in %s", values[`mail_endpoint_up{endpoint="smtp",protocol="smtp"}`],
				values[`mail_mta_running{mta="postfix"}`], kinds, up, running, event, state, batch.Snapshot())
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	look(1, 1, `"state":"ok"`, "")
	s.Kill()
	look(0, 0, "connection refused", "mail_endpoint_down mail_mta_stopped")
	must(s.Start())
	look(1, 1, `"state":"ok"`, "mail_endpoint_up mail_mta_started")
	must(s.Pause())
	slow := plugintest.Live(t, p, s.config(plugintest.Settings{"timeout": "300ms"}))
	batch := plugintest.Collect(t, p, slow)
	if text := string(batch.Snapshot()); !strings.Contains(text, "no answer within 300ms") || len(batch.Problems()) == 0 || fault.Of(batch.Problems()[0]) != fault.Timeout {
		t.Errorf("one that hangs: %v, %s", batch.Problems(), text)
	}
	must(s.Resume())
	look(1, 1, `"state":"ok"`, "")
}

// TestTheRightToSeeTheQueue runs postqueue as a user without any rights, who may
// see the queue once the README's line is there, and not when it is taken back.
func TestTheRightToSeeTheQueue(t *testing.T) {
	t.Parallel()
	s := startPostfix(t, "authorized_mailq_users = root")
	p := emailserver.Plugin()
	const grant = "postconf -e 'authorized_mailq_users = root nobody'"
	plugintest.InReadme(t, strings.ReplaceAll(grant, "nobody", "unity"))
	// Postfix trusts other users with the usual folder only; so that is where its
	// configuration is for them.
	folder := t.TempDir()
	script := "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind " + s.etc() + " /etc/postfix && exec setpriv --reuid=nobody --regid=nogroup --clear-groups /usr/sbin/postqueue -j'\n"
	plugintest.Program(t, filepath.Join(folder, "postqueue"), []byte(script))
	host := plugintest.LiveHost(t, p)
	host.Commands = command.New(command.Options{Allowed: p.Manifest().Rights.Commands, Path: []string{folder, "/usr/sbin", "/usr/bin", "/bin"}})
	c := plugintest.Open(t, p, s.config(plugintest.Settings{"postfix_config_dir": "", "endpoints": []any{}, "log_source": "none"}), host)
	_, err := plugintest.Attempt(t, p, c, 20*time.Second)
	plugintest.WantFault(t, err, fault.Permission, "this user may not see the queue", "authorized_mailq_users")
	tool(t, "", "sh", "-c", strings.Replace(grant, "postconf", "postconf -c "+s.etc(), 1))
	if values := plugintest.Values(plugintest.CollectAll(t, p, c)); values[`mail_mta_running{mta="postfix"}`] != 1 {
		t.Errorf("with the right: %v", values)
	}
	tool(t, "", "postconf", "-c", s.etc(), "-e", "authorized_mailq_users = root")
	_, err = plugintest.Attempt(t, p, c, 20*time.Second)
	plugintest.WantFault(t, err, fault.Permission, "this user may not see the queue", "authorized_mailq_users")
}

// rspamdLines are the settings of an rspamd that starts at once: it knows no rules.
func rspamdLines(scanner string) []string {
	return []string{
		`options { pidfile = "{{home}}/pid"; filters = ""; history_file = "{{home}}/history"; control_socket = "{{home}}/c mode=0600"; hs_cache_dir = "{{home}}";`,
		`tempdir = "{{home}}"; disable_hyperscan = true; url_tld = "/dev/null"; dns { nameserver = ["127.0.0.1:1"]; } }`,
		`logging { type = "console"; level = "info"; }`,
		`worker "normal" { bind_socket = "` + scanner + `"; count = 1; }`,
		`worker "controller" { bind_socket = "127.0.0.1:{{port}}"; password = "only-for-tests"; enable_password = "only-for-admins"; count = 1; }`,
		`actions { reject = 15; add_header = 6; greylist = 4; }`,
	}
}

// TestRspamdCountsAsRspamcDoes lets rspamd look at mail and compares with rspamc.
func TestRspamdCountsAsRspamcDoes(t *testing.T) {
	t.Parallel()
	scanner := "127.0.0.1:" + strconv.Itoa(servers.Port(t))
	s := servers.Start(t, servers.Rspamd(), rspamdLines(scanner)...)
	p := emailserver.Plugin()
	with := func(password string) plugin.Collector {
		return plugintest.Live(t, p, plugintest.Settings{
			"endpoints": []any{}, "mta": "none", "log_source": "none", "dovecot": "none", "rspamd_url": s.URL(), "rspamd_password": password,
		}.JSON(t))
	}
	c := with("only-for-tests")
	for range 3 {
		tool(t, "Subject: hi\n\nhello\n", "rspamc", "-h", scanner, "symbols")
	}
	values, _ := plugintest.Until(t, p, c, "rspamd counted them", func(values map[string]float64) bool { return values["rspamd_messages_scanned_total"] == 3 })
	said := tool(t, "", "rspamc", "-h", strings.TrimPrefix(s.URL(), "http://"), "-P", "only-for-tests", "stat")
	if !strings.Contains(said, "Messages scanned: 3") || values[`rspamd_actions_total{action="no_action"}`] != 3 || values[`rspamd_actions_total{action="reject"}`] != 0 {
		t.Errorf("%v; rspamc says\n%s", values, said)
	}
	_, err := plugintest.Attempt(t, p, with("not-this-one"), 10*time.Second)
	plugintest.WantFault(t, err, fault.Auth, "asking rspamd", "set the controller's password")
	s.Kill()
	_, err = plugintest.Attempt(t, p, c, 10*time.Second)
	plugintest.WantFault(t, err, fault.Refused, "asking rspamd", "see whether the service runs")
}

// BenchmarkCollect is one run on a real Postfix beside the test.
func BenchmarkCollect(b *testing.B) {
	s := startPostfix(b)
	plugintest.Benchmark(b, emailserver.Plugin(), plugintest.Live(b, emailserver.Plugin(), s.config(nil)))
}
