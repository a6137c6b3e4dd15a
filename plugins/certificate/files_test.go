package certificate_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/certificate"
)

const storePassword = "only-for-tests"

// pkcs12Of writes a pair as most tools do today.
func pkcs12Of(t testing.TB, p pair, encoder *pkcs12.Encoder) []byte {
	t.Helper()
	raw, err := encoder.Encode(p.key, p.chain[0], p.chain[1:], storePassword)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// jksOf writes a key store with a pair and an authority.
func jksOf(t testing.TB, p pair, root *x509.Certificate) []byte {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	store := keystore.New()
	entry := keystore.PrivateKeyEntry{CreationTime: time.Now(), PrivateKey: key}
	for _, link := range p.chain {
		entry.CertificateChain = append(entry.CertificateChain, keystore.Certificate{Type: "X.509", Content: link.Raw})
	}
	if err := store.SetPrivateKeyEntry("tomcat", entry, []byte(storePassword)); err != nil {
		t.Fatal(err)
	}
	trusted := keystore.TrustedCertificateEntry{CreationTime: time.Now(), Certificate: keystore.Certificate{Type: "X.509", Content: root.Raw}}
	if err := store.SetTrustedCertificateEntry("root", trusted); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := store.Store(&out, []byte(storePassword)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEveryFormOfFileIsRead(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	p := ca.leaf(t, 60*day)
	trust, err := pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{ca.root, ca.intermediate}, storePassword)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data   []byte
		scheme string
		names  string
		chain  int
	}{
		"chain.pem":       {bundle(p.chain...), "", "cloud.lan", 2},
		"combined.pem":    {append(bundle(p.chain...), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"...), "file://", "cloud.lan", 2},
		"windows.pem":     {bytes.ReplaceAll(bundle(p.chain...), []byte("\n"), []byte("\r\n")), "", "cloud.lan", 2},
		"leaf.der":        {p.chain[0].Raw, "", "cloud.lan", 1},
		"modern.p12":      {pkcs12Of(t, p, pkcs12.Modern), "pkcs12://", "cloud.lan", 2},
		"legacy.pfx":      {pkcs12Of(t, p, pkcs12.LegacyDES), "", "cloud.lan", 2},
		"trust.p12":       {trust, "", "Homelab Root Homelab Issuing", 0},
		"store.jks":       {jksOf(t, p, ca.root), "jks://", "Homelab Root cloud.lan", 0},
		"authorities.pem": {bundle(ca.root, ca.intermediate), "", "Homelab Root Homelab Issuing", 0},
		"two.pem":         {append(bundle(p.chain...), bundle(selfSigned(t, 60*day).chain...)...), "", "cloud.lan cloud.lan", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := write(t, name, c.data)
			s := collect(t, open(t, settings{"target": c.scheme + at, "tls_ca_file": ca.rootFile, "file_password": storePassword}))
			var names []string
			for _, one := range s.snapshot.Certificates {
				names = append(names, one.Name)
			}
			if got := strings.Join(names, " "); got != c.names {
				t.Errorf("it holds %s, want %s", got, c.names)
			}
			if got := s.values[`ssl_chain_length{file="`+at+`"}`]; c.chain > 0 && got != float64(c.chain) {
				t.Errorf("a chain of %v, want %d", got, c.chain)
			}
			if c.chain == 2 && s.wrong() != "" {
				t.Errorf("wrong: %v", s.snapshot.Problems)
			}
			info, err := os.Stat(at)
			if err != nil {
				t.Fatal(err)
			}
			for key, value := range s.values {
				if strings.HasPrefix(key, "ssl_file_mtime") && value != float64(info.ModTime().Unix()) {
					t.Errorf("%s %v, want %d", key, value, info.ModTime().Unix())
				}
			}
		})
	}
}

func TestAFileThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	p := ca.leaf(t, 60*day)
	for name, c := range map[string]struct {
		data       []byte
		password   string
		kind       fault.Kind
		text, hint string
	}{
		"wrong password of PKCS#12": {pkcs12Of(t, p, pkcs12.Modern), "wrong", fault.Auth, "PKCS#12: wrong password", "file_password"},
		"no password for PKCS#12":   {pkcs12Of(t, p, pkcs12.Modern), "", fault.Auth, "PKCS#12: it wants a password", "set file_password"},
		"wrong password of JKS":     {jksOf(t, p, ca.root), "wrong", fault.Auth, "JKS: wrong password", "file_password"},
		"JCEKS":                     {[]byte("\xce\xce\xce\xce\x00\x00\x00\x02"), "", fault.Unsupported, "kind JCEKS", "keytool"},
		"cut PKCS#12":               {pkcs12Of(t, p, pkcs12.Modern)[:200], storePassword, fault.BadAnswer, "neither a certificate in DER form nor a PKCS#12 file", ""},
		"cut JKS":                   {jksOf(t, p, ca.root)[:100], storePassword, fault.BadAnswer, "a JKS file that cannot be read", ""},
		"a request":                 {[]byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"), "", fault.BadAnswer, "it has a request and no certificate", ""},
		"a public key":              {[]byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), "", fault.BadAnswer, "it holds no certificate that is whole", ""},
		"JSON":                      {[]byte(`{"name": "nas"}`), "", fault.BadAnswer, "not an acme.json of Traefik", ""},
		"an empty store of Traefik": {[]byte(`{"le": {"Account": null, "Certificates": null}}`), "", fault.BadAnswer, "an acme.json without a certificate", "Traefik"},
		"text":                      {[]byte("Hello.\n"), "", fault.BadAnswer, "holds no certificate in PEM, DER, PKCS#12 or JKS form", ""},
		"nothing":                   {nil, "", fault.BadAnswer, "it is empty", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := write(t, "x", c.data)
			err := open(t, settings{"target": at, "file_password": c.password}).Collect(t.Context(), plugin.NewBatch(certificate.Plugin()))
			plugintest.WantFault(t, err, c.kind, c.text, c.hint)
			if err != nil && !strings.HasPrefix(err.Error(), "reading "+at) {
				t.Errorf("it does not say which file: %v", err)
			}
		})
	}
}

func TestAFileThatIsReplacedIsReadAnew(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	folder := t.TempDir()
	put := func(name string, p pair) {
		if err := os.WriteFile(filepath.Join(folder, name), bundle(p.chain...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("a.pem", ca.leaf(t, 5*day))
	put("b.crt", ca.leaf(t, 60*day))
	c := open(t, settings{"target": folder, "tls_ca_file": ca.rootFile})
	if s := collect(t, c); s.snapshot.Summary.Total != 2 || s.snapshot.Summary.Expiring != 1 || s.snapshot.State != "critical" {
		t.Errorf("%+v, %s", s.snapshot.Summary, s.snapshot.State)
	}
	put("a.pem", ca.leaf(t, 80*day))
	s := collect(t, c)
	events := s.Events()
	if len(events) != 1 || events[0].Kind != "certificate_renewed" || events[0].Detail["where"] != filepath.Join(folder, "a.pem") {
		t.Errorf("events: %+v", events)
	}
	if s.snapshot.Summary.Valid != 2 || s.snapshot.State != "healthy" {
		t.Errorf("%+v, %s", s.snapshot.Summary, s.snapshot.State)
	}
	// Another file is no change of the first, and a bad one does not hide the good.
	put("c.pem", ca.leaf(t, 70*day))
	if err := os.WriteFile(filepath.Join(folder, "b.crt"), []byte("gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = collect(t, c)
	if len(s.Events()) != 0 || s.snapshot.Summary.Total != 2 || len(s.Problems()) != 1 {
		t.Errorf("%+v, events %v, problems %v", s.snapshot.Summary, s.Events(), s.Problems())
	}
}
