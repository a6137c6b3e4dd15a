package webservice_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/webservice"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Homelab CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(10 * 365 * 24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return authority{certificate, key, file}
}

// server serves a page with a certificate for the name and 127.0.0.1 (or just
// the name) that ends at the time.
func (a authority) server(t *testing.T, ends time.Time, withAddress bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(answer("hello"))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{a.sign(t, ends, withAddress)}} //nolint:gosec // a test's
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func (a authority) sign(t *testing.T, ends time.Time, withAddress bool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "cloud.lan"}, DNSNames: []string{"cloud.lan"},
		NotBefore: ends.Add(-90 * 24 * time.Hour), NotAfter: ends,
	}
	if withAddress {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw, a.certificate.Raw}, PrivateKey: key}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	day := 24 * time.Hour
	for _, c := range []struct {
		name        string
		left        time.Duration
		withAddress bool
		with        settings
		state       string
		reason      string
		message     string
	}{
		{"good", 60 * day, true, settings{"tls_ca_file": ca.file}, "up", "", ""},
		{"ends soon", 10 * day, true, settings{"tls_ca_file": ca.file}, "degraded", "", ""},
		{"ends soon and that is fine", 10 * day, true, settings{"tls_ca_file": ca.file, "min_cert_remaining": "0s"}, "up", "", ""},
		{"expired", -2 * day, true, settings{"tls_ca_file": ca.file}, "down", "tls_error", "TLS: the certificate expired on "},
		{"another name", 60 * day, false, settings{"tls_ca_file": ca.file}, "down", "tls_error", "TLS: the certificate is for cloud.lan, not 127.0.0.1"},
		{"another name that is expected", 60 * day, false, settings{"tls_ca_file": ca.file, "tls_server_name": "cloud.lan"}, "up", "", ""},
		{"nobody's signature", 60 * day, true, settings{}, "down", "tls_error", "TLS: the certificate is signed by nobody we trust"},
		{"unverified and expired", -2 * day, true, settings{"verify_tls": false}, "degraded", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ends := time.Now().Add(c.left).Truncate(time.Second)
			c.with["url"] = ca.server(t, ends, c.withAddress).URL
			f := check(t, c.with)
			f.expect(t, c.state, c.reason, c.message)
			if got := f.values["probe_tls_cert_expiry_timestamp_seconds"]; got != float64(ends.Unix()) {
				t.Errorf("it ends at %v, want %d", got, ends.Unix())
			}
			if got := f.values["probe_tls_cert_remaining_seconds"]; math.Abs(got-c.left.Seconds()) > 10 {
				t.Errorf("%v s are left, want %v", got, c.left.Seconds())
			}
			if len(f.Certificates) != 2 || f.Certificates[0].Subject != "cloud.lan" || f.Certificates[0].Issuer != "CN=Homelab CA" {
				t.Errorf("certificates %+v", f.Certificates)
			}
			if c.state != "down" && (f.TLSVersion != "TLS 1.3" || f.values[`probe_phase_duration_seconds{phase="tls"}`] <= 0) {
				t.Errorf("version %q, phases %v", f.TLSVersion, f.values)
			}
		})
	}
}

func TestANewCertificateIsAnEvent(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	ends := time.Now().Add(60 * 24 * time.Hour)
	server := ca.server(t, ends, true)
	c := collector(t, settings{"url": server.URL, "tls_ca_file": ca.file})
	if _, batch := checkWith(t, c); len(batch.Events()) != 0 {
		t.Errorf("events at the first check: %v", batch.Events())
	}
	server.TLS.Certificates[0] = ca.sign(t, ends.Add(24*time.Hour), true)
	_, batch := checkWith(t, c)
	if events := batch.Events(); len(events) != 1 || events[0].Kind != "certificate_changed" || events[0].Severity != plugin.Info {
		t.Errorf("events %v", events)
	}
}

func TestHTTPOnATLSPortSaysSo(t *testing.T) {
	t.Parallel()
	server := serve(t, answer("hello"))
	check(t, settings{"url": "https" + server.URL[len("http"):]}).
		expect(t, "down", "connection_failed", "it speaks HTTP, not HTTPS")
}

func TestOpenPortsAreProposed(t *testing.T) {
	t.Parallel()
	plain, secure := serve(t, answer("hello")), httptest.NewTLSServer(answer("hello"))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	t.Cleanup(secure.Close)
	p := webservice.Plugin()
	findings, err := p.Detect(t.Context(), plugintest.LiveHost(t, p))
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[any]bool)
	for _, f := range findings {
		if f.Ready {
			t.Errorf("%s starts by itself", f.Evidence)
		}
		config, ok := f.Config.(map[string]any)
		if !ok {
			t.Fatalf("the config is a %T", f.Config)
		}
		found[config["url"]] = true
	}
	for _, address := range []string{plain.URL, secure.URL} {
		if !found[address] {
			t.Errorf("%s is not among %v", address, found)
		}
	}
}
