package emailserver_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/user"
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

// dovecot is a Dovecot of the test's own: IMAP and POP3 with STARTTLS, IMAP over
// TLS, and counters.
type dovecot struct {
	*servers.Server
	t                    testing.TB
	run, ca              string
	imap                 int
	pop3, imaps, metrics string
}

func startDovecot(t testing.TB) *dovecot {
	t.Helper()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root: Dovecot gives up rights")
	}
	run := plugintest.Folder(t)
	d := &dovecot{t: t, run: run, ca: filepath.Join(run, "cert.pem")}
	tool(t, "", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=mail.test",
		"-addext", "subjectAltName=DNS:mail.test", "-keyout", filepath.Join(run, "key.pem"), "-out", d.ca)
	port := func() string { return strconv.Itoa(servers.Port(t)) }
	d.pop3, d.imaps, d.metrics = port(), port(), port()
	if err := os.WriteFile(filepath.Join(run, "users"), []byte("probe:{PLAIN}only-for-tests\n"), 0o644); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	account, err := user.Lookup("nobody") // Dovecot lets root have no mail
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(account.Uid)
	if err := errors.Join(err, os.Mkdir(filepath.Join(run, "mail"), 0o700), os.Chown(filepath.Join(run, "mail"), uid, -1)); err != nil {
		t.Fatal(err)
	}
	d.Server = servers.Start(t, servers.Dovecot(),
		"base_dir = "+run, "state_dir = "+run, "log_path = "+run+"/log", "info_log_path = /dev/stderr", "protocols = imap pop3", "ssl = required",
		"ssl_cert = <"+d.ca, "ssl_key = <"+run+"/key.pem", "default_login_user = dovenull", "default_internal_user = dovecot", "default_internal_group = dovecot",
		"mail_location = maildir:"+run+"/mail", "listen = 127.0.0.1", "first_valid_uid = 0",
		"service imap-login {", " chroot =", " inet_listener imap {", "  port = {{port}}", " }", " inet_listener imaps {", "  port = "+d.imaps, " }", "}",
		"service pop3-login {", " chroot =", " inet_listener pop3 {", "  port = "+d.pop3, " }", " inet_listener pop3s {", "  port = 0", " }", "}",
		"passdb {", " driver = passwd-file", " args = "+run+"/users", "}", "userdb {", " driver = static", " args = uid=nobody gid=nogroup home="+run+"/mail", "}",
		recipe("nogroup"),
		"service stats {", " chroot =", " inet_listener http {", "  port = "+d.metrics, " }", "}",
	)
	d.imap = d.Port()
	return d
}

// recipe is what the README has the operator add to Dovecot's configuration.
func recipe(group string) string {
	return strings.NewReplacer("GROUP", group).Replace(`service anvil {
  unix_listener anvil {
    group = GROUP
    mode = 0660
  }
}
service stats {
  unix_listener stats-reader {
    group = GROUP
    mode = 0660
  }
}
metric auth_success {
  filter = event=auth_request_finished AND success=yes
}
metric auth_failures {
  filter = event=auth_request_finished AND NOT success=yes
}`)
}

func (d *dovecot) config(password string, more plugintest.Settings) string {
	port := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			d.t.Fatal(err)
		}
		return n
	}
	place := func(protocol string, port int) plugintest.Settings {
		return plugintest.Settings{"protocol": protocol, "host": "127.0.0.1", "port": port, "username": "probe", "password": password}
	}
	return plugintest.Settings{
		"endpoints": []any{place("imap", d.imap), place("pop3", port(d.pop3)), place("imaps", port(d.imaps))},
		"mta":       "none", "log_source": "none", "dovecot_config": filepath.Join(d.Folder(), "settings"), "dovecot_address": "127.0.0.1:" + d.metrics,
		"tls_ca_file": d.ca, "tls_server_name": "mail.test",
	}.With(more).JSON(d.t)
}

// session is a person who reads mail.
func (d *dovecot) session() {
	d.t.Helper()
	//nolint:gosec // what is watched is tested, not who it is
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(d.t.Context(), "tcp", "127.0.0.1:"+d.imaps)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprint(conn, "a LOGIN probe only-for-tests\r\n"); err != nil {
		d.t.Fatal(err)
	}
	said := ""
	for buffer := make([]byte, 4096); !strings.Contains(said, "a OK"); {
		n, err := conn.Read(buffer)
		if err != nil {
			d.t.Fatalf("%v: %s", err, said)
		}
		said += string(buffer[:n])
	}
}

// TestEndpointsOfDovecot logs in over each protocol, and compares sessions with
// doveadm who and counters with what was done.
func TestEndpointsOfDovecot(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	p := emailserver.Plugin()
	d.session()
	d.session()
	c := plugintest.Live(t, p, d.config("only-for-tests", nil))
	values, _ := plugintest.Until(t, p, c, "the two are there and their logins are counted", func(values map[string]float64) bool {
		return values[`dovecot_sessions{service="imap"}`] == 2 && values[`dovecot_auth_total{result="success"}`] >= 5
	})
	for _, name := range []string{"imap", "pop3", "imaps"} {
		if values[`mail_endpoint_up{endpoint="`+name+`",protocol="`+name+`"}`] != 1 || values[`mail_tls_valid{endpoint="`+name+`"}`] != 1 ||
			values[`mail_endpoint_phase_seconds{endpoint="`+name+`",phase="login"}`] <= 0 {
			t.Errorf("%s: %v", name, values)
		}
		left := time.Until(time.Unix(int64(values[`mail_tls_expiry_timestamp_seconds{endpoint="`+name+`"}`]), 0))
		if left < 29*24*time.Hour || left > 30*24*time.Hour {
			t.Errorf("the certificate of %s ends in %v", name, left)
		}
	}
	if values[`mail_starttls_offered{endpoint="imap"}`] != 1 || values["dovecot_users_online"] != 1 {
		t.Errorf("STARTTLS and users: %v", values)
	}
	said := tool(t, "", "doveadm", "-c", filepath.Join(d.Folder(), "settings"), "-f", "tab", "who")
	if !strings.Contains(said, "probe\t2\timap") {
		t.Errorf("doveadm says %s", said)
	}

	// Without trust in the certificate no password is sent; a wrong one is sent once.
	for _, wrong := range []struct {
		password, words string
		more            plugintest.Settings
	}{
		{"only-for-tests", "no password is sent: x509: certificate signed by unknown authority", plugintest.Settings{"tls_ca_file": ""}},
		{"only-for-tests", "no password is sent: x509: certificate is valid for mail.test, not other.test", plugintest.Settings{"tls_server_name": "other.test"}},
		{"not-this-one", "the login is refused: ", nil},
	} {
		batch := plugintest.Collect(t, p, plugintest.Live(t, p, d.config(wrong.password, wrong.more)))
		if got := plugintest.Values(batch)[`mail_endpoint_up{endpoint="imap",protocol="imap"}`]; got != 0 || !strings.Contains(string(batch.Snapshot()), wrong.words) {
			t.Errorf("up %v, want %q in %s", got, wrong.words, batch.Snapshot())
		}
	}
	failures, _ := plugintest.Until(t, p, c, "the refused logins are counted", func(values map[string]float64) bool {
		return values[`dovecot_auth_total{result="failure"}`] >= 3
	})
	if failures[`dovecot_auth_total{result="failure"}`] != 3 {
		t.Errorf("%v refused logins, of three", failures[`dovecot_auth_total{result="failure"}`])
	}
}

// TestTheRightsAtDovecot asks as a user who has nothing but the group of the
// README's lines, and as one without it.
func TestTheRightsAtDovecot(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	p := emailserver.Plugin()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), recipe("unity")) {
		t.Error("the README does not have the lines that the test uses")
	}
	settings := filepath.Join(d.Folder(), "settings")
	readable := filepath.Join(d.run, "readable.conf")
	text, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	// Where Debian has it, others may read it as well; the key they may not.
	if err := os.WriteFile(readable, text, 0o644); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	as := func(group string) plugin.Collector {
		folder := t.TempDir()
		script := "#!/bin/sh\nexec setpriv --reuid=nobody --regid=" + group + " --clear-groups /usr/bin/doveadm \"$@\"\n"
		plugintest.Program(t, filepath.Join(folder, "doveadm"), []byte(script))
		host := plugintest.LiveHost(t, p)
		host.Commands = command.New(command.Options{Allowed: p.Manifest().Rights.Commands, Path: []string{folder, "/usr/bin", "/bin"}})
		return plugintest.Open(t, p, d.config("x", plugintest.Settings{"endpoints": []any{}, "dovecot_config": readable}), host)
	}
	if values := plugintest.Values(plugintest.CollectAll(t, p, as("nogroup"))); values[`dovecot_sessions{service="imap"}`] != 0 || len(values) < 4 {
		t.Errorf("with the right: %v", values)
	}
	_, err = plugintest.Attempt(t, p, as("games"), 20*time.Second)
	plugintest.WantFault(t, err, fault.Permission, "this user may not use Dovecot's sockets", "stats-reader")
	d.Kill()
	_, err = plugintest.Attempt(t, p, as("nogroup"), 20*time.Second)
	plugintest.WantFault(t, err, fault.Refused, "Dovecot does not run", "start it")
}
