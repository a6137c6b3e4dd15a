package certificate_test

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// asked names the service of the authority in a certificate.
func asked(address string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.OCSPServer = []string{address} }
}

// listedAt names the list of the authority in a certificate.
func listedAt(address string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.CRLDistributionPoints = []string{"ldap://directory.lan/cn=list", address}
	}
}

// list is the list of what an authority revoked, behind an address.
type list struct {
	address string
	ca      *authority
	mu      sync.Mutex
	raw     []byte
	asked   int
}

func newList(t *testing.T, ca *authority) *list {
	t.Helper()
	l := &list{ca: ca}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.address = server.URL + "/list.crl"
	return l
}

// ServeHTTP implements http.Handler.
func (l *list) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	_, _ = w.Write(l.raw)
}

func (l *list) read() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// revoke puts a certificate on the list.
func (l *list) revoke(t *testing.T, p pair) {
	t.Helper()
	l.write(t, l.ca, p.chain[0].SerialNumber)
}

// forge replaces the list by one that somebody else signed.
func (l *list) forge(t *testing.T) {
	t.Helper()
	l.write(t, newAuthority(t))
}

func (l *list) write(t *testing.T, by *authority, serials ...*big.Int) {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(day)}
	for _, serial := range serials {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: serial, RevocationTime: time.Now().Add(-time.Hour),
		})
	}
	raw, err := x509.CreateRevocationList(rand.Reader, template, by.intermediate, by.intermediateKey)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.raw = raw
}
