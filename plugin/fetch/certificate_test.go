package fetch_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// ownCertificate writes a certificate that signs itself and its key.
func ownCertificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: raw},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// serveAsking is a server that asks its visitors for a certificate and takes any.
func serveAsking(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestOnlyTheServiceItselfIsShownTheClientCertificate(t *testing.T) {
	t.Parallel()
	shown := map[string]int{}
	note := func(who string, r *http.Request) { shown[who] += len(r.TLS.PeerCertificates) }
	other := serveAsking(t, func(_ http.ResponseWriter, r *http.Request) { note("another", r) })
	server := serveAsking(t, func(w http.ResponseWriter, r *http.Request) {
		note("itself", r)
		if r.URL.Path == "/away" {
			http.Redirect(w, r, other.URL, http.StatusFound)
		}
	})
	c := client(t, server.URL, func(c *fetch.Config) {
		c.Verify = false
		c.CertFile, c.KeyFile = ownCertificate(t)
	})
	for _, path := range []string{"/", "/away", "/"} {
		if _, err := c.Get(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	if shown["itself"] != 3 || shown["another"] != 0 {
		t.Errorf("certificates shown: %v", shown)
	}
}

func TestSettingsOfCertificatesThatCountForNothingAreRefused(t *testing.T) {
	t.Parallel()
	if err := (fetch.TLS{Verify: true}).Unset("tls: require"); err != nil {
		t.Errorf("none is set: %v", err)
	}
	for path, given := range map[string]fetch.TLS{
		"tls_ca_file": {CAFile: "ca.pem"}, "tls_cert_file": {CertFile: "cert.pem", KeyFile: "key.pem"},
		"tls_server_name": {ServerName: "nas"}, "tls_fingerprint": {Fingerprint: "00"},
	} {
		wrong := (*plugin.ConfigError)(nil)
		if err := given.Unset("tls: require"); !errors.As(err, &wrong) || wrong.Problems[0].String() != path+" counts only with tls: require" {
			t.Errorf("%s: %v", path, err)
		}
	}
}
