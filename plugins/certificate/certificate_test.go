package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/certificate"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, certificate.Plugin(), plugintest.Findings{}, plugintest.Protocol(serve), plugintest.NotInCases{
		"domain_expiry_timestamp_seconds": "needs HTTP beside TLS; see TestTheEndOfADomainIsAskedOnceADay",
		"domain_remaining_seconds":        "needs HTTP beside TLS; see TestTheEndOfADomainIsAskedOnceADay",
	})
}

// serve shows the certificate that the case holds: its chain and its key in PEM
// form. The cipher is always the same, whatever machine the test runs on.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	text, err := ask("certificate")
	if err != nil {
		return
	}
	shown := tls.Certificate{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			shown.Certificate = append(shown.Certificate, block.Bytes)
			continue
		case "OCSP RESPONSE":
			shown.OCSPStaple = block.Bytes
			continue
		}
		if shown.PrivateKey, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			return
		}
	}
	if shown.PrivateKey == nil {
		_, _ = conn.Write(text)
		return
	}
	serveTLS(&tls.Config{
		Certificates: []tls.Certificate{shown}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, //nolint:gosec // always the same
	})(conn)
}

// settings is a config in the making.
type settings = plugintest.Settings

func open(t *testing.T, config settings) plugin.Collector {
	t.Helper()
	return openOn(t, config, plugintest.LiveHost(t, certificate.Plugin()))
}

func openOn(t *testing.T, config settings, host plugin.Host) plugin.Collector {
	t.Helper()
	return plugintest.Open(t, certificate.Plugin(), config.JSON(t), host)
}

// seen is what one run found.
type seen struct {
	*plugin.Batch
	values   map[string]float64
	snapshot struct {
		State, Message, Hint string
		TLSVersion           string `json:"tls_version"`
		Summary              struct{ Total, Valid, Expiring, Expired, Invalid int }
		Certificates         []struct {
			CommonName, Level, Revocation, Key, File, Serial, SHA256 string
			DaysLeft                                                 int    `json:"days_left"`
			Name                                                     string `json:"common_name"`
			Verified                                                 *bool
			Names                                                    []string
		}
		Problems []struct{ Error, Detail string }
		Chain    []struct{ Role string }
	}
}

func collect(t *testing.T, c plugin.Collector) seen {
	t.Helper()
	s := seen{Batch: plugintest.Collect(t, certificate.Plugin(), c)}
	s.values = plugintest.Values(s.Batch)
	if err := json.Unmarshal(s.Snapshot(), &s.snapshot); err != nil {
		t.Fatal(err)
	}
	return s
}

// wrong lists what is wrong with the certificates, in order.
func (s seen) wrong() string {
	var list []string
	for _, p := range s.snapshot.Problems {
		list = append(list, p.Error)
	}
	return strings.Join(list, " ")
}

func TestWrongSettingsAreTold(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{}`:                                              "target is required",
		`{"target": "gopher://nas"}`:                      "target begins with gopher://",
		`{"target": "tcp://nas"}`:                         "target must say the port",
		`{"target": "https://me:secret@nas"}`:             "target must not hold a user",
		`{"target": "file://relative.pem"}`:               "target must be an absolute path",
		`{"target": "/etc/[ssl"}`:                         "target must be an absolute path, or a pattern",
		`{"target": "https://"}`:                          "target is not an address",
		`{"target": "nas", "warning_days": [7, 14]}`:      "warning_days must be days from many to few",
		`{"target": "nas", "expected_issuer_regex": "("}`: "expected_issuer_regex is not a regular expression",
		`{"target": "nas", "tls_fingerprint": "abc"}`:     "tls_fingerprint must be 64 hexadecimal digits",
		`{"target": "nas", "check_domain_expiry": true, "rdap_url": "ftp://rdap.local"}`: "rdap_url is not an address",
	} {
		err := certificate.Plugin().Validate(json.RawMessage(config))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
	for _, target := range []string{
		"nas", "nas:8443", "[::1]:443", "https://nas/path", "smtp://mail", "pkcs12:///x.p12", "/etc/ssl", "/etc/letsencrypt/live/*/fullchain.pem",
		"münchen.example", "with_underscore.lan",
	} {
		if err := certificate.Plugin().Validate(json.RawMessage(`{"target": "` + target + `"}`)); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}
