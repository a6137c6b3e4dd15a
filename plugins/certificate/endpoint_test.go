package certificate_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"math"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/certificate"
	"github.com/unity-homelab/unity/test/servers"
)

func TestWhatIsWrongWithACertificateIsSaid(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	trusting := settings{"tls_ca_file": ca.rootFile}
	short := func(left, whole time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore = c.NotAfter.Add(-whole) }
	}
	for _, c := range []struct {
		name   string
		pair   pair
		with   settings
		wrong  string
		level  string
		detail string
	}{
		{"good", ca.leaf(t, 60*day), trusting, "", "healthy", ""},
		{"ends in 20 days", ca.leaf(t, 20*day), trusting, "", "info", ""},
		{"ends in 10 days", ca.leaf(t, 10*day), trusting, "", "warning", ""},
		{"ends in 2 days", ca.leaf(t, 2*day), trusting, "", "critical", ""},
		{"lasts six days and has four", ca.leaf(t, 4*day, short(4*day, 6*day)), trusting, "", "healthy", ""},
		{"lasts six days and has half a day", ca.leaf(t, 10*time.Hour, short(10*time.Hour, 6*day)), trusting, "", "critical", ""},
		{"expired", ca.leaf(t, -2*day), trusting, "expired", "expired", "it ended on "},
		{"expired, and nobody's", ca.leaf(t, -2*day), settings{}, "expired unknown_authority", "expired", "it ended on "},
		{"not yet valid", ca.leaf(t, 100*day), trusting, "not_yet_valid", "critical", "it begins on "},
		{"self-signed", selfSigned(t, 60*day), trusting, "self_signed", "critical", "signed by itself"},
		{"of an authority nobody knows", ca.leaf(t, 60*day), settings{}, "unknown_authority", "critical", "nobody we trust stands for CN=Homelab Root"},
		{"another name", ca.leaf(t, 60*day), trusting.With(settings{"tls_server_name": "mail.lan"}), "hostname_mismatch", "critical", "cloud.lan, www.cloud.lan, 127.0.0.1, not for mail.lan"},
		{"the name that is expected", ca.leaf(t, 60*day), trusting.With(settings{"tls_server_name": "www.cloud.lan"}), "", "healthy", ""},
		{"no name at all", ca.leaf(t, 60*day, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }), trusting, "hostname_mismatch", "critical", "names no host"},
		{"without its intermediate", first(ca.leaf(t, 60*day)), trusting, "unknown_authority", "critical", "CN=Homelab Issuing"},
		{
			"without its intermediate, which could be had", first(ca.leaf(t, 60*day, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.lan/issuing.der"} })),
			trusting, "incomplete_chain", "critical", "the certificate of CN=Homelab Issuing,O=Homelab is missing",
		},
		{"for clients only", ca.leaf(t, 60*day, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), trusting, "other", "critical", "incompatible key usage"},
		{"not verified", ca.leaf(t, 60*day), settings{"verify_tls": false, "tls_server_name": "mail.lan"}, "unknown_authority hostname_mismatch", "healthy", ""},
		{"another issuer", ca.leaf(t, 60*day), trusting.With(settings{"expected_issuer_regex": "Let's Encrypt"}), "issuer_mismatch", "critical", "it is issued by CN=Homelab Issuing,O=Homelab"},
		{"the issuer that is expected", ca.leaf(t, 60*day), trusting.With(settings{"expected_issuer_regex": "^CN=Homelab"}), "", "healthy", ""},
		{"another fingerprint", selfSigned(t, 60*day), settings{"tls_fingerprint": strings.Repeat("ab", 32)}, "fingerprint_mismatch", "critical", "its fingerprint is "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := collect(t, open(t, c.with.With(settings{"target": c.pair.show(t)})))
			if got := s.wrong(); got != c.wrong {
				t.Errorf("wrong is %q, want %q: %+v", got, c.wrong, s.snapshot.Problems)
			}
			if got := s.snapshot.Certificates[0]; got.Level != c.level || got.Name != "cloud.lan" {
				t.Errorf("level %q of %q, want %q", got.Level, got.Name, c.level)
			}
			if c.detail != "" && !strings.Contains(s.snapshot.Problems[0].Detail, c.detail) {
				t.Errorf("it says %q, want %q", s.snapshot.Problems[0].Detail, c.detail)
			}
			left := s.values[`ssl_cert_remaining_seconds{chain_no="0",common_name="cloud.lan",role="leaf"}`]
			if want := time.Until(c.pair.chain[0].NotAfter).Seconds(); math.Abs(left-want) > 5 {
				t.Errorf("%v s are left, want %v", left, want)
			}
			verified, said := s.values["ssl_cert_verified"]
			if want := c.name != "not verified"; said != want || said && (verified == 1) != (c.wrong == "") {
				t.Errorf("verified %v (%v)", verified, said)
			}
			if s.values["ssl_probe_success"] != 1 || s.values["ssl_chain_length"] != float64(len(c.pair.chain)) {
				t.Errorf("seen %v, chain of %v", s.values["ssl_probe_success"], s.values["ssl_chain_length"])
			}
		})
	}
}

// first leaves out who stands for the certificate.
func first(p pair) pair { return pair{p.chain[:1], p.key} }

func TestAPinnedCertificateNeedsNobodyToStandForIt(t *testing.T) {
	t.Parallel()
	p := selfSigned(t, 60*day)
	address := p.show(t)
	s := collect(t, open(t, settings{"target": address}))
	digest := s.snapshot.Certificates[0].SHA256
	colons := strings.ToUpper(digest[:2])
	for i := 2; i < len(digest); i += 2 {
		colons += ":" + strings.ToUpper(digest[i:i+2])
	}
	for _, pinned := range []string{digest, colons} {
		if s = collect(t, open(t, settings{"target": address, "tls_fingerprint": pinned})); s.wrong() != "" || s.values["ssl_cert_verified"] != 1 {
			t.Errorf("with the fingerprint %s: %s", pinned, s.wrong())
		}
	}
}

func TestAServerThatWantsACertificateOfItsClientsHasShownItsOwn(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		at := plugintest.Listen(t, serveTLS(&tls.Config{ //nolint:gosec // the version is what is tested
			Certificates: []tls.Certificate{ca.leaf(t, 60*day).tls()}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: version,
		}))
		s := collect(t, open(t, settings{"target": at, "tls_ca_file": ca.rootFile}))
		if s.wrong() != "" || s.snapshot.TLSVersion != tls.VersionName(version) {
			t.Errorf("%s: wrong %q, version %s", tls.VersionName(version), s.wrong(), s.snapshot.TLSVersion)
		}
	}
}

func TestOldDevicesCanBeWatched(t *testing.T) {
	t.Parallel()
	p := selfSigned(t, 60*day)
	at := plugintest.Listen(t, serveTLS(&tls.Config{ //nolint:gosec // the version is what is tested
		Certificates: []tls.Certificate{p.tls()}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
	}))
	if s := collect(t, open(t, settings{"target": at})); s.values["ssl_probe_success"] != 1 || s.snapshot.TLSVersion != "TLS 1.0" {
		t.Errorf("%s: %s", s.snapshot.TLSVersion, s.snapshot.Message)
	}
	s := collect(t, open(t, settings{"target": at, "min_tls_version": "1.2"}))
	if s.values["ssl_probe_success"] != 0 || !strings.Contains(s.snapshot.Message, "TLS: ") || !strings.Contains(s.snapshot.Hint, "min_tls_version") {
		t.Errorf("with min_tls_version 1.2: %q (%s)", s.snapshot.Message, s.snapshot.Hint)
	}
}

func TestAnEndpointWithoutACertificateIsAFinding(t *testing.T) {
	t.Parallel()
	says := func(text string) string {
		return plugintest.Listen(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte(text))
			_, _ = conn.Read(make([]byte, 4096))
		})
	}
	closed := plugintest.Listen(t, func(net.Conn) {})
	silent := plugintest.Listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)); <-t.Context().Done() })
	for _, c := range []struct{ name, target, message, hint string }{
		{"HTTP", says("HTTP/1.1 400 Bad Request\r\n\r\n"), "the first byte is 0x48; it speaks HTTP", "check the port"},
		{"SSH", says("SSH-2.0-OpenSSH_9.2\r\n"), "0x53; it speaks SSH", "check the port"},
		{"mail", says("220 mail.lan ESMTP\r\n"), "it may speak SMTP or FTP", "smtp://"},
		{"closed", closed, "closed the connection without showing a certificate", "tls_server_name"},
		{"silent", silent, "no answer within 300ms", "firewall"},
		{"nobody", nobody(t), "connection refused", "see whether the service runs"},
		{"no such name", "nas.invalid", "no such host nas.invalid", "check the name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			with := settings{"target": c.target, "retry_delay": "10ms"}
			if c.name == "silent" {
				with["timeout"] = "300ms" // all others answer, however long it takes
			}
			s := collect(t, open(t, with))
			if s.values["ssl_probe_success"] != 0 || s.snapshot.State != "unreachable" || len(s.Samples()) != 1 {
				t.Errorf("state %s, samples %v", s.snapshot.State, s.Samples())
			}
			if !strings.Contains(s.snapshot.Message, c.message) || !strings.Contains(s.snapshot.Hint, c.hint) {
				t.Errorf("%q (%s), want %q (%s)", s.snapshot.Message, s.snapshot.Hint, c.message, c.hint)
			}
		})
	}
}

// nobody returns an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(servers.Port(t))
}

func TestALostNetworkIsNotTheEndpointsFault(t *testing.T) {
	t.Parallel()
	host := plugintest.LiveHost(t, certificate.Plugin())
	host.Dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	}
	err := openOn(t, settings{"target": "192.0.2.1"}, host).Collect(t.Context(), plugin.NewBatch(certificate.Plugin()))
	plugintest.WantFault(t, err, fault.Unreachable, "this machine has no way to the network", "")
}

func TestARenewedCertificateIsAnEvent(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	shown := make(chan tls.Certificate, 1)
	shown <- ca.leaf(t, 20*day).tls()
	at := plugintest.Listen(t, serveTLS(&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { //nolint:gosec // any version
		c := <-shown
		shown <- c
		return &c, nil
	}}))
	show := func(p pair) { <-shown; shown <- p.tls() }
	host := plugintest.LiveHost(t, certificate.Plugin())
	look := func() []plugin.Event {
		// A new collector each time: what is remembered outlives it.
		return collect(t, openOn(t, settings{"target": at, "tls_ca_file": ca.rootFile}, host)).Events()
	}
	if events := look(); len(events) != 0 {
		t.Errorf("events at the first sight: %v", events)
	}
	if events := look(); len(events) != 0 {
		t.Errorf("events without a change: %v", events)
	}
	show(ca.leaf(t, 80*day))
	events := look()
	if len(events) != 1 || events[0].Kind != "certificate_renewed" || events[0].Severity != plugin.Info ||
		!strings.Contains(events[0].Title, "cloud.lan was renewed until") || events[0].Detail["where"] != at {
		t.Errorf("renewed: %+v", events)
	}
	show(ca.leaf(t, 30*day))
	if events := look(); len(events) != 1 || events[0].Kind != "certificate_changed" || events[0].Severity != plugin.Warning {
		t.Errorf("one that does not last longer: %+v", events)
	}
	show(selfSigned(t, 85*day))
	if events := look(); len(events) != 1 || !strings.Contains(events[0].Title, "is issued by cloud.lan, before by Homelab") {
		t.Errorf("one of another issuer: %+v", events)
	}
}
