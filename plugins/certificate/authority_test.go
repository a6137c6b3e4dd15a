package certificate_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

const day = 24 * time.Hour

// authority signs certificates: a root, and an intermediate that does the work.
type authority struct {
	root, intermediate         *x509.Certificate
	rootKey, intermediateKey   crypto.Signer
	rootFile, intermediateFile string
}

// newAuthority makes an authority for a test.
func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{rootKey: newKey(t), intermediateKey: newKey(t)}
	root := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Homelab Root", Organization: []string{"Homelab"}}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-400 * day), NotAfter: time.Now().Add(3650 * day), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a.root = signed(t, root, root, a.rootKey, a.rootKey)
	a.intermediate = signed(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Homelab Issuing", Organization: []string{"Homelab"}}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-400 * day), NotAfter: time.Now().Add(1825 * day), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, a.root, a.intermediateKey, a.rootKey)
	a.rootFile = write(t, "root.pem", bundle(a.root))
	a.intermediateFile = write(t, "issuing.pem", bundle(a.intermediate))
	return a
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed signs a template and reads what came of it.
func signed(t testing.TB, template, issuer *x509.Certificate, key, issuerKey crypto.Signer) *x509.Certificate {
	t.Helper()
	if template.SerialNumber == nil {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
		if err != nil {
			t.Fatal(err)
		}
		template.SerialNumber = serial
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// pair is a certificate with its key and those who stand for it.
type pair struct {
	chain []*x509.Certificate
	key   crypto.Signer
}

// leaf makes a certificate for cloud.lan and 127.0.0.1 that ends in a while.
func (a *authority) leaf(t testing.TB, left time.Duration, change ...func(*x509.Certificate)) pair {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "cloud.lan"}, DNSNames: []string{"cloud.lan", "www.cloud.lan"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(left - 90*day).Truncate(time.Second), NotAfter: time.Now().Add(left).Truncate(time.Second),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, f := range change {
		f(template)
	}
	return pair{[]*x509.Certificate{signed(t, template, a.intermediate, key, a.intermediateKey), a.intermediate}, key}
}

// selfSigned makes a certificate that nobody else stands for.
func selfSigned(t testing.TB, left time.Duration) pair {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "cloud.lan"}, DNSNames: []string{"cloud.lan"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(left - 90*day), NotAfter: time.Now().Add(left),
	}
	return pair{[]*x509.Certificate{signed(t, template, template, key, key)}, key}
}

// tls is the pair as servers want it.
func (p pair) tls() tls.Certificate {
	out := tls.Certificate{PrivateKey: p.key}
	for _, link := range p.chain {
		out.Certificate = append(out.Certificate, link.Raw)
	}
	return out
}

// files writes the chain and the key down and returns where.
func (p pair) files(t testing.TB) (chain, key string) {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "chain.pem", bundle(p.chain...)), write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

// bundle writes certificates in PEM form.
func bundle(list ...*x509.Certificate) []byte {
	var text []byte
	for _, c := range list {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

// write writes a file into a folder of its own.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(at, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// serveTLS shows a certificate and waits until the other side has seen enough.
func serveTLS(security *tls.Config) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = tls.Server(conn, security).Read(make([]byte, 1)) // after the handshake
	}
}

// show serves a pair and returns where.
func (p pair) show(t testing.TB) string {
	t.Helper()
	return plugintest.Listen(t, serveTLS(&tls.Config{Certificates: []tls.Certificate{p.tls()}})) //nolint:gosec // any version is good for a test
}
