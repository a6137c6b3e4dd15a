package certificate_test

import (
	"errors"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/certificate"
	"github.com/unity-homelab/unity/test/servers"
)

// mailLines are the settings of a Dovecot that speaks IMAP, POP3 and SMTP for
// those who hand in mail, each with STARTTLS, and IMAP over TLS.
func mailLines(run, chain, key, pop3, submission, imaps string) []string {
	return []string{
		"base_dir = " + run, "state_dir = {{home}}/state", "log_path = /dev/stderr", "protocols = imap pop3 submission", "ssl = required",
		"ssl_cert = <" + chain, "ssl_key = <" + key, "default_login_user = dovenull", "default_internal_user = dovecot", "default_internal_group = dovecot",
		"mail_location = maildir:{{home}}/mail", "submission_relay_host = 127.0.0.1", "listen = 127.0.0.1",
		"service imap-login {", " chroot =", " inet_listener imap {", "  port = {{port}}", " }", " inet_listener imaps {", "  port = " + imaps, " }", "}",
		"service pop3-login {", " chroot =", " inet_listener pop3 {", "  port = " + pop3, " }", " inet_listener pop3s {", "  port = 0", " }", "}",
		"service submission-login {", " chroot =", " inet_listener submission {", "  port = " + submission, " }", " inet_listener submissions {", "  port = 0", " }", "}",
		"service anvil {", " chroot =", "}", "service stats {", " chroot =", "}",
		"passdb {", " driver = static", " args = nopassword=y", "}", "userdb {", " driver = static", " args = uid=root gid=root home={{home}}/mail", "}",
		"first_valid_uid = 0",
	}
}

func TestMailServersOfDovecot(t *testing.T) {
	t.Parallel()
	needsOpenSSL(t)
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root: Dovecot gives up rights")
	}
	run := plugintest.Folder(t)
	ca := newAuthority(t)
	chain, key := ca.leaf(t, 60*day).files(t)
	var ports []string
	for range 3 {
		_, port, _ := strings.Cut(nobody(t), ":")
		ports = append(ports, port)
	}
	s := servers.Start(t, servers.Dovecot(), mailLines(run, chain, key, ports[0], ports[1], ports[2])...)
	for target, starttls := range map[string]string{
		"imap://" + s.Address(): "imap", "pop3://127.0.0.1:" + ports[0]: "pop3", "submission://127.0.0.1:" + ports[1]: "smtp",
		"imaps://127.0.0.1:" + ports[2]: "",
	} {
		got := collect(t, open(t, settings{"target": target, "tls_ca_file": ca.rootFile}))
		if got.values["ssl_probe_success"] != 1 || got.wrong() != "" {
			t.Errorf("%s: seen %v, wrong %q: %s", target, got.values["ssl_probe_success"], got.wrong(), got.snapshot.Message)
			continue
		}
		at, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"s_client", "-connect", at.Host, "-CAfile", ca.rootFile, "-verify_return_error"}
		if starttls != "" {
			args = append(args, "-starttls", starttls)
		}
		said := openssl(t, nil, args...)
		digest := openssl(t, []byte(said), "x509", "-noout", "-fingerprint", "-sha256")
		if want := strings.ToLower(strings.ReplaceAll(field(t, digest, "sha256 Fingerprint"), ":", "")); got.snapshot.Certificates[0].SHA256 != want {
			t.Errorf("%s: fingerprint %s, openssl sees %s", target, got.snapshot.Certificates[0].SHA256, want)
		}
	}
}

func TestPostgreSQLGoesAndComesBack(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	chain, key := ca.leaf(t, 60*day).files(t)
	folder := plugintest.Folder(t)
	plain := servers.Start(t, servers.PostgreSQL())
	copyFor(t, folder, chain, key)
	secure := servers.Start(t, servers.PostgreSQL(), "ssl = on", "ssl_cert_file = '"+folder+"/chain.pem'", "ssl_key_file = '"+folder+"/key.pem'")
	with := settings{"target": "postgres://" + secure.Address(), "tls_ca_file": ca.rootFile, "retries": 0}
	patient, impatient := open(t, with), open(t, with.With(settings{"timeout": "300ms"}))
	look := func(message, hint string) {
		t.Helper()
		c := patient
		if strings.HasPrefix(message, "no answer") {
			c = impatient
		}
		s := collect(t, c)
		if (s.values["ssl_probe_success"] == 1) != (message == "") || s.wrong() != "" || !strings.Contains(s.snapshot.Message, message) || !strings.Contains(s.snapshot.Hint, hint) {
			t.Errorf("seen %v, wrong %q: %s (%s), want %q", s.values["ssl_probe_success"], s.wrong(), s.snapshot.Message, s.snapshot.Hint, message)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	look("", "")
	secure.Kill()
	look("connection refused at postgres://", "see whether the service runs")
	must(secure.Start())
	look("", "")
	must(secure.Pause())
	look("no answer within 300ms at postgres://", "firewall")
	must(secure.Resume())
	look("", "")
	s := collect(t, open(t, settings{"target": "postgres://" + plain.Address()}))
	if s.values["ssl_probe_success"] != 0 || !strings.Contains(s.snapshot.Message, "STARTTLS is not offered at postgres://") {
		t.Errorf("without TLS: %s", s.snapshot.Message)
	}
}

// copyFor copies files to where the user that PostgreSQL runs as may read them.
func copyFor(t *testing.T, folder string, files ...string) {
	t.Helper()
	uid, gid := os.Getuid(), os.Getgid()
	if account, err := user.Lookup("postgres"); err == nil && uid == 0 {
		uid, _ = strconv.Atoi(account.Uid)
		gid, _ = strconv.Atoi(account.Gid)
	}
	if err := os.Chown(folder, uid, gid); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(folder, filepath.Base(file))
		if err := errors.Join(os.WriteFile(at, text, 0o600), os.Chown(at, uid, gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkCollect looks at a server beside the test.
func BenchmarkCollect(b *testing.B) {
	ca := newAuthority(b)
	config := plugintest.Settings{"target": ca.leaf(b, 60*day).show(b), "tls_ca_file": ca.rootFile}
	plugintest.Benchmark(b, certificate.Plugin(), plugintest.Live(b, certificate.Plugin(), config.JSON(b)))
}
