package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
)

const (
	// selfMadeFor is how long a self-made certificate is good. Browsers do not
	// take longer ones.
	selfMadeFor = 397 * 24 * time.Hour
	// renewBefore is how long before its end it is made again, at a start.
	renewBefore = 30 * 24 * time.Hour
	// lookEvery is how often files are looked at for a new certificate.
	lookEvery = time.Minute
)

// certificates has the certificate of the web interface, and reads it again when
// its file changes.
type certificates struct {
	certificate, key string // files

	mu      sync.Mutex
	current *tls.Certificate
	changed time.Time // of the file
	looked  time.Time
}

// newCertificates returns the certificates that the settings name; nil without
// encryption.
func newCertificates(settings config.Config, names []string) (*certificates, error) {
	if !settings.TLS.On() {
		return nil, nil //nolint:nilnil // no encryption is the usual case, and no fault
	}
	c := &certificates{certificate: settings.TLS.Certificate, key: settings.TLS.Key}
	if settings.TLS.SelfMade {
		c.certificate = filepath.Join(settings.Data, "tls-certificate.pem")
		c.key = filepath.Join(settings.Data, "tls-key.pem")
		if err := makeCertificate(c.certificate, c.key, names); err != nil {
			return nil, err
		}
	}
	if err := c.read(); err != nil {
		return nil, fault.As(fault.Config, err, "reading the certificate").
			WithHint("tls.certificate and tls.key name files in PEM that belong together")
	}
	return c, nil
}

// get is for tls.Config.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= lookEvery {
		// One that cannot be read leaves the one before: it may be half written.
		_ = c.read()
	}
	return c.current, nil
}

func (c *certificates) read() error {
	c.looked = time.Now()
	info, err := os.Stat(c.certificate)
	if err != nil {
		return err
	}
	if c.current != nil && info.ModTime().Equal(c.changed) {
		return nil
	}
	certificate, err := tls.LoadX509KeyPair(c.certificate, c.key)
	if err != nil {
		return err
	}
	c.current, c.changed = &certificate, info.ModTime()
	return nil
}

// makeCertificate makes a certificate for names and the addresses of this
// machine, unless there is one that is still good for them.
func makeCertificate(certificate, key string, names []string) error {
	wanted := template(names)
	if known, err := tls.LoadX509KeyPair(certificate, key); err == nil && covers(known.Leaf, wanted) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.As(fault.Config, err, "reading the self-made certificate").
			WithHint("remove %s and %s; they are made again", certificate, key)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fault.As(fault.Internal, err, "making a key")
	}
	signed, err := x509.CreateCertificate(rand.Reader, wanted, wanted, private.Public(), private)
	if err != nil {
		return fault.As(fault.Internal, err, "making a certificate")
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fault.As(fault.Internal, err, "making a key")
	}
	return errors.Join(
		writePEM(key, "PRIVATE KEY", encoded, 0o600),
		writePEM(certificate, "CERTIFICATE", signed, 0o644),
	)
}

func template(names []string) *x509.Certificate {
	now := time.Now()
	wanted := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: names[0], Organization: []string{"Unity"}},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(selfMadeFor),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// Without this it could not be trusted by itself.
		BasicConstraintsValid: true,
	}
	wanted.DNSNames = []string{"localhost"}
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			name = "*" + name
		} else if !strings.Contains(name, ".") && name != "localhost" {
			wanted.DNSNames = append(wanted.DNSNames, name+".local", name+".lan")
		}
		wanted.DNSNames = append(wanted.DNSNames, name)
	}
	slices.Sort(wanted.DNSNames)
	wanted.DNSNames = slices.Compact(wanted.DNSNames)
	wanted.IPAddresses = ownAddresses()
	return wanted
}

// ownAddresses returns the addresses of this machine that others may use.
func ownAddresses() []net.IP {
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	known, err := net.InterfaceAddrs()
	if err != nil {
		return addresses
	}
	for _, address := range known {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			addresses = append(addresses, network.IP)
		}
	}
	return addresses
}

// covers reports whether a certificate is good for all that is wanted, and for a
// while.
func covers(known, wanted *x509.Certificate) bool {
	if known == nil || time.Until(known.NotAfter) < renewBefore {
		return false
	}
	for _, name := range wanted.DNSNames {
		if !slices.Contains(known.DNSNames, name) {
			return false
		}
	}
	for _, address := range wanted.IPAddresses {
		if !slices.ContainsFunc(known.IPAddresses, address.Equal) {
			return false
		}
	}
	return true
}

func writePEM(name, kind string, raw []byte, mode fs.FileMode) error {
	err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), mode)
	if err == nil {
		err = os.Chmod(name, mode)
	}
	return fault.Wrap(err, "writing the self-made certificate")
}
