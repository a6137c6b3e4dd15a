package fetch

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// TLS is how a service proves who it is, and how Unity does. Plugins that speak
// another protocol over TLS embed it alone.
type TLS struct {
	Verify      bool   `json:"verify_tls" title:"Verify certificate" help:"Refuse a certificate that is not valid for the address." group:"tls"`
	CAFile      string `json:"tls_ca_file" title:"CA file" help:"Certificates (PEM) to trust besides the system's." group:"tls" example:"/etc/ssl/homelab-ca.pem"`
	CertFile    string `json:"tls_cert_file" title:"Client certificate" help:"Certificate (PEM) that Unity shows." group:"tls"`
	KeyFile     string `json:"tls_key_file" title:"Client key" help:"Key (PEM) of that certificate." group:"tls"`
	ServerName  string `json:"tls_server_name" title:"Server name" help:"Name to expect in the certificate, when it is not the one in the address." group:"tls"`
	Fingerprint string `json:"tls_fingerprint" title:"Fingerprint" help:"SHA-256 of the one certificate to accept, whoever signed it." group:"tls"`
}

// Validate checks what belongs together.
func (t TLS) Validate() error {
	if (t.CertFile == "") != (t.KeyFile == "") {
		return plugin.Invalid("tls_cert_file", "and tls_key_file are given together or not at all")
	}
	if t.Fingerprint != "" {
		if _, err := t.digest(); err != nil {
			return plugin.Invalid("tls_fingerprint", "must be 64 hexadecimal digits, with or without colons")
		}
	}
	return nil
}

// Unset refuses settings that say something of certificates where none is looked
// at; only says with what they would count.
func (t TLS) Unset(only string) error {
	for _, setting := range []struct{ path, given string }{
		{"tls_ca_file", t.CAFile}, {"tls_cert_file", t.CertFile}, {"tls_server_name", t.ServerName}, {"tls_fingerprint", t.Fingerprint},
	} {
		if setting.given != "" {
			return plugin.Invalid(setting.path, "counts only with %s", only)
		}
	}
	return nil
}

func (t TLS) digest() ([]byte, error) {
	digest, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(t.Fingerprint), ":", ""))
	if err != nil || len(digest) != sha256.Size {
		return nil, fmt.Errorf("not a SHA-256 digest")
	}
	return digest, nil
}

// Config reads the files and returns what package crypto/tls needs.
func (t TLS) Config() (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: !t.Verify, //nolint:gosec // the user's choice, per source
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading tls_ca_file")
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Config, "reading tls_ca_file: %s holds no certificate in PEM form", t.CAFile)
		}
		config.RootCAs = roots
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading tls_cert_file and tls_key_file")
		}
		config.GetClientCertificate = func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if asked.Context().Value(elsewhereKey{}) != nil {
				return new(tls.Certificate), nil
			}
			return &pair, nil
		}
	}
	if t.Fingerprint != "" {
		want, err := t.digest()
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading tls_fingerprint")
		}
		config.InsecureSkipVerify = true // the fingerprint says more than a signature
		config.VerifyConnection = func(state tls.ConnectionState) error {
			got := sha256.Sum256(state.PeerCertificates[0].Raw)
			if string(got[:]) != string(want) {
				return fault.New(fault.TLS, "the certificate's fingerprint is %x", got)
			}
			return nil
		}
	}
	return config, nil
}
