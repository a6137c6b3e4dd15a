package docker

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"

	"github.com/unity-homelab/unity/fault"
)

// target returns where the configured engine answers, and how TLS is spoken to
// it; nil when it is not.
func (c config) target(env environment) (endpoint, *tls.Config, error) {
	text := c.Endpoint
	if text == "ENV" {
		text = cmp.Or(env("DOCKER_HOST"), "unix:///var/run/docker.sock")
		if dir := env("DOCKER_CERT_PATH"); dir != "" && c.CertFile == "" {
			c.CAFile = filepath.Join(dir, "ca.pem")
			c.CertFile, c.KeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
			c.VerifyTLS = env("DOCKER_TLS_VERIFY") != ""
		}
	}
	at, err := parseEndpoint(text, c.CertFile != "")
	if err != nil || !at.secure {
		return at, nil, err
	}
	security, err := c.security(at)
	return at, security, err
}

// security reads the certificates.
func (c config) security(at endpoint) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(at.address)
	if err != nil {
		return nil, fault.As(fault.Config, err, "endpoint %s", at)
	}
	security := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         cmp.Or(c.ServerName, host),
		InsecureSkipVerify: !c.VerifyTLS, //nolint:gosec // what verify_tls: false asks for
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading tls_ca_file")
		}
		security.RootCAs = x509.NewCertPool()
		if !security.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Config, "tls_ca_file %s holds no certificate in PEM", c.CAFile)
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading tls_cert_file and tls_key_file")
		}
		security.Certificates = []tls.Certificate{pair}
	}
	return security, nil
}
