package certificate_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// openssl runs openssl and returns what it prints.
func openssl(t testing.TB, input []byte, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "openssl", args...)
	command.Stdin = bytes.NewReader(input)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// needsOpenSSL skips the test where there is no openssl.
func needsOpenSSL(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		plugintest.Skip(t, "needs openssl (apt-get install openssl)")
	}
}

// program starts a program that ends with the test, and returns when it says that
// it is ready.
func program(t testing.TB, ready, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), ready) {
			go func() {
				for lines.Scan() { // a full pipe must not hold it up
				}
			}()
			return
		}
	}
	t.Fatalf("%s did not start:\n%s", name, strings.Join(said, "\n"))
}

// field returns what openssl says after a word and an equals sign.
func field(t testing.TB, text, name string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+"="); found {
			return value
		}
	}
	t.Fatalf("openssl does not say %s:\n%s", name, text)
	return ""
}

func TestFiguresAreThoseOfOpenSSL(t *testing.T) {
	t.Parallel()
	needsOpenSSL(t)
	ca := newAuthority(t)
	p := ca.leaf(t, 60*day)
	chain, key := p.files(t)
	_, port, _ := strings.Cut(nobody(t), ":")
	program(t, "ACCEPT", "openssl", "s_server", "-accept", "127.0.0.1:"+port, "-cert", chain, "-cert_chain", chain, "-key", key, "-www")
	for name, target := range map[string]string{"over TLS": "127.0.0.1:" + port, "as a file": chain} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := openssl(t, nil, "x509", "-in", chain, "-noout", "-startdate", "-enddate", "-serial", "-fingerprint", "-sha256", "-checkend", "0")
			s := collect(t, open(t, settings{"target": target, "tls_ca_file": ca.rootFile}))
			one := s.snapshot.Certificates[0]
			if want := strings.ToLower(strings.TrimLeft(field(t, said, "serial"), "0")); one.Serial != want {
				t.Errorf("serial %s, openssl says %s", one.Serial, want)
			}
			if want := strings.ToLower(strings.ReplaceAll(field(t, said, "sha256 Fingerprint"), ":", "")); one.SHA256 != want {
				t.Errorf("fingerprint %s, openssl says %s", one.SHA256, want)
			}
			for metric, word := range map[string]string{"ssl_cert_not_before_timestamp_seconds": "notBefore", "ssl_cert_not_after_timestamp_seconds": "notAfter"} {
				at, err := time.Parse("Jan _2 15:04:05 2006 MST", field(t, said, word))
				if err != nil {
					t.Fatal(err)
				}
				label := `{chain_no="0",common_name="cloud.lan",role="leaf"}`
				if target == chain {
					label = `{chain_no="0",common_name="cloud.lan",file="` + chain + `",role="leaf"}`
				}
				if got := s.values[metric+label]; got != float64(at.Unix()) {
					t.Errorf("%s is %v, openssl says %d", metric, got, at.Unix())
				}
			}
			if s.wrong() != "" {
				t.Errorf("wrong: %v", s.snapshot.Problems)
			}
		})
	}
}

func TestWhatDoesNotHoldIsWhatOpenSSLRefuses(t *testing.T) {
	t.Parallel()
	needsOpenSSL(t)
	ca := newAuthority(t)
	for name, c := range map[string]struct {
		pair pair
		want string // of openssl
		ours string
	}{
		"good":        {ca.leaf(t, 60*day), "", ""},
		"expired":     {ca.leaf(t, -2*day), "certificate has expired", "expired"},
		"future":      {ca.leaf(t, 100*day), "certificate is not yet valid", "not_yet_valid"},
		"self-signed": {selfSigned(t, 60*day), "self-signed certificate", "self_signed"},
		"alone":       {first(ca.leaf(t, 60*day)), "unable to get local issuer certificate", "unknown_authority"},
	} {
		chain, _ := c.pair.files(t)
		args := []string{"verify", "-CAfile", ca.rootFile}
		if len(c.pair.chain) > 1 {
			args = append(args, "-untrusted", ca.intermediateFile)
		}
		out, err := exec.CommandContext(t.Context(), "openssl", append(args, chain)...).CombinedOutput()
		if (err == nil) != (c.want == "") || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: openssl says %s", name, out)
		}
		if got := collect(t, open(t, settings{"target": chain, "tls_ca_file": ca.rootFile})).wrong(); got != c.ours {
			t.Errorf("%s: wrong is %q, want %q", name, got, c.ours)
		}
	}
}

// register is the text file in which openssl keeps what an authority signed.
type register struct {
	folder string
	lines  []string
}

// add notes a certificate, revoked or not.
func (r *register) add(p pair, revoked bool) {
	const form = "060102150405Z"
	leaf := p.chain[0]
	state, when := "V", ""
	if revoked {
		state, when = "R", time.Now().Add(-time.Hour).UTC().Format(form)
	}
	serial := strings.ToUpper(leaf.SerialNumber.Text(16))
	if len(serial)%2 == 1 {
		serial = "0" + serial
	}
	r.lines = append(r.lines, fmt.Sprintf("%s\t%s\t%s\t%s\tunknown\t/CN=%s\n", state, leaf.NotAfter.UTC().Format(form), when, serial, leaf.Subject.CommonName))
}

// write writes the register down and returns where.
func (r *register) write(t *testing.T) string {
	t.Helper()
	name := filepath.Join(r.folder, "index.txt")
	for file, text := range map[string]string{name: strings.Join(r.lines, ""), name + ".attr": "unique_subject = no\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

func TestARevokedCertificateIsFound(t *testing.T) {
	t.Parallel()
	needsOpenSSL(t)
	ca := newAuthority(t)
	issuing, key := pair{[]*x509.Certificate{ca.intermediate, ca.root}, ca.intermediateKey}.files(t)
	_, port, _ := strings.Cut(nobody(t), ":")
	asking := "http://127.0.0.1:" + port
	r := register{folder: t.TempDir()}
	good, bad, strange := ca.leaf(t, 60*day, asked(asking)), ca.leaf(t, 60*day, asked(asking)), ca.leaf(t, 60*day, asked(asking))
	r.add(good, false)
	r.add(bad, true)
	program(t, "waiting for OCSP", "openssl", "ocsp", "-index", r.write(t), "-port", port, "-rsigner", issuing, "-rkey", key, "-CA", issuing)
	for name, c := range map[string]struct {
		pair         pair
		state, wrong string
		openssl      string
	}{
		"good":    {good, "good", "", ": good"},
		"revoked": {bad, "revoked", "revoked", ": revoked"},
		"unknown": {strange, "unknown", "", ": unknown"},
	} {
		chain, _ := c.pair.files(t)
		said := openssl(t, nil, "ocsp", "-issuer", issuing, "-cert", chain, "-url", asking, "-noverify", "-no_nonce")
		if !strings.Contains(said, c.openssl) {
			t.Errorf("%s: openssl says %s", name, said)
		}
		s := collect(t, open(t, settings{"target": chain, "tls_ca_file": ca.rootFile, "check_revocation": "ocsp"}))
		if got := s.snapshot.Certificates[0].Revocation; got != c.state || s.wrong() != c.wrong {
			t.Errorf("%s: %s, wrong %q", name, got, s.wrong())
		}
		if problems := s.Problems(); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}

	// The same by a stapled answer of that authority.
	answer := filepath.Join(t.TempDir(), "answer.der")
	chain, file := bad.files(t)
	openssl(t, nil, "ocsp", "-issuer", issuing, "-cert", chain, "-url", asking, "-noverify", "-no_nonce", "-respout", answer)
	_, stapling, _ := strings.Cut(nobody(t), ":")
	program(t, "ACCEPT", "openssl", "s_server", "-accept", "127.0.0.1:"+stapling, "-cert", chain, "-cert_chain", chain, "-key", file, "-status_file", answer, "-www")
	s := collect(t, open(t, settings{"target": "127.0.0.1:" + stapling, "tls_ca_file": ca.rootFile}))
	if got := s.snapshot.Certificates[0].Revocation; got != "revoked" || s.wrong() != "revoked" {
		t.Errorf("stapled: %s, wrong %q", got, s.wrong())
	}
}

func TestAListOfWhatWasRevokedIsReadOnce(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	list := newList(t, ca)
	good, bad := ca.leaf(t, 60*day, listedAt(list.address)), ca.leaf(t, 60*day, listedAt(list.address))
	list.revoke(t, bad)
	with := settings{"tls_ca_file": ca.rootFile, "check_revocation": "crl"}
	for state, p := range map[string]pair{"good": good, "revoked": bad} {
		chain, _ := p.files(t)
		c := open(t, with.With(settings{"target": chain}))
		before := list.read()
		for range 3 {
			s := collect(t, c)
			if got := s.snapshot.Certificates[0].Revocation; got != state || len(s.Problems()) > 0 {
				t.Errorf("%s, want %s; %v", got, state, s.Problems())
			}
		}
		if n := list.read() - before; n != 1 {
			t.Errorf("the list was read %d times", n)
		}
	}
	list.forge(t)
	chain, _ := good.files(t)
	s := collect(t, open(t, with.With(settings{"target": chain})))
	if problems := s.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Error(), "it is not signed by") {
		t.Errorf("a forged list: %v", problems)
	}
	if got := s.snapshot.Certificates[0].Revocation; got != "unknown" {
		t.Errorf("by a forged list it is %s", got)
	}
}
