package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
)

// authority signs certificates into a folder that the server can read.
type authority struct {
	t      *testing.T
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, folder: t.TempDir()}
	if err := os.Chmod(filepath.Dir(a.folder), 0o755); err != nil { //nolint:gosec // the server is another user
		t.Fatal(err)
	}
	a.cert, a.key = a.sign("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes NAME.crt and NAME.key.
func (a *authority) sign(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(int64(len(name))), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for kind, content := range map[string]*pem.Block{
		".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(a.path(name+kind), pem.EncodeToMemory(content), 0o644); err != nil { //nolint:gosec // the server is another user
			a.t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) path(name string) string { return filepath.Join(a.folder, name) }

// secure starts a server that speaks TLS only.
func (a *authority) secure(clients string) *server {
	a.t.Helper()
	s := start(a.t, "tls-ca-cert-file "+a.path("ca.crt"), "tls-auth-clients "+clients,
		"tls-key-file "+a.path("server.key"), "tls-cert-file "+a.path("server.crt"))
	s.args = append(s.args, "--tls", "--cacert", a.path("ca.crt"), "--cert", a.path("client.crt"), "--key", a.path("client.key"))
	return s
}

func TestTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	cert, _ := a.sign("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	a.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	digest := sha256.Sum256(cert.Raw)

	s := a.secure("no")
	fill(s)
	secure := strings.Replace(s.URL(), "redis://", "rediss://", 1)
	for name, more := range map[string]plugintest.Settings{
		"its authority is known":       {"tls_ca_file": a.path("ca.crt")},
		"its fingerprint is known":     {"tls_fingerprint": hex.EncodeToString(digest[:])},
		"its certificate is not asked": {"verify_tls": false},
	} {
		more["url"] = secure
		if values := collect(t, s.collector(more)); values[`redis_keys{db="0"}`] != 22 {
			t.Errorf("%s: %v keys", name, values[`redis_keys{db="0"}`])
		}
	}
	plugintest.WantFault(t, attempt(t, s.collector(plugintest.Settings{"url": secure})), fault.TLS, "signed by nobody we trust", "tls_ca_file")
	byName := strings.Replace(secure, "127.0.0.1", "localhost", 1)
	plugintest.WantFault(t, attempt(t, s.collector(plugintest.Settings{"url": byName, "tls_ca_file": a.path("ca.crt")})),
		fault.TLS, "the certificate is for 127.0.0.1, not localhost", "tls_server_name")
	err := attempt(t, s.collector(nil))
	plugintest.WantFault(t, err, fault.Unreachable, "connecting to "+s.URL()+": the connection was closed without an answer", "rediss://")

	plain := start(t)
	err = attempt(t, plain.collector(plugintest.Settings{"url": strings.Replace(plain.URL(), "redis://", "rediss://", 1), "timeout": "300ms"}))
	plugintest.WantFault(t, err, fault.Timeout, "no answer to the TLS handshake within 300ms", "redis://")
}

func TestTLSWithACertificateOfTheClient(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.sign("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	a.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	s := a.secure("yes")
	fill(s)
	login := plugintest.Settings{"url": strings.Replace(s.URL(), "redis://", "rediss://", 1), "tls_ca_file": a.path("ca.crt")}
	// The connection may be gone before the reason for that is read.
	err, text := attempt(t, s.collector(login)), "TLS: the server wants a certificate of the client"
	if fault.Of(err) == fault.Unreachable {
		text = "the connection was closed without an answer"
	}
	plugintest.WantFault(t, err, fault.Of(err), text, "set tls_cert_file and tls_key_file")
	login["tls_cert_file"], login["tls_key_file"] = a.path("client.crt"), a.path("client.key")
	if values := collect(t, s.collector(login)); values[`redis_keys{db="0"}`] != 22 {
		t.Errorf("%v keys", values[`redis_keys{db="0"}`])
	}
}
