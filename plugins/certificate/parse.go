package certificate

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/unity-homelab/unity/fault"
)

// entry is one certificate of a file, with those that stand for it.
type entry struct {
	part  string // what tells it from others of the file; empty for the only one
	chain []*x509.Certificate
}

// errKeyOnly is what a file has to say that lies beside certificates as it should.
var errKeyOnly = errors.New("it has a private key and no certificate")

// parse reads a file of certificates, whatever its form.
func parse(data []byte, password string) ([]entry, error) {
	trimmed := bytes.TrimSpace(data)
	switch {
	case len(trimmed) == 0:
		return nil, fault.New(fault.BadAnswer, "it is empty")
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return parsePEM(data)
	case bytes.HasPrefix(data, []byte{0xfe, 0xed, 0xfe, 0xed}):
		return parseJKS(data, password)
	case bytes.HasPrefix(data, []byte{0xce, 0xce, 0xce, 0xce}):
		return nil, fault.New(fault.Unsupported, "it is a key store of the kind JCEKS").
			WithHint("make a PKCS#12 file of it: keytool -importkeystore -deststoretype pkcs12")
	case trimmed[0] == '{':
		return parseACME(trimmed)
	case data[0] != 0x30:
		return nil, fault.New(fault.BadAnswer, "it holds no certificate in PEM, DER, PKCS#12 or JKS form, and is no acme.json")
	}
	if list, err := x509.ParseCertificates(data); err == nil && len(list) > 0 {
		return chains(list), nil
	}
	return parsePKCS12(data, password)
}

// parsePEM reads certificates one after the other, with whatever is between.
func parsePEM(data []byte) ([]entry, error) {
	var list []*x509.Certificate
	var odd error
	var keys, requests bool
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		switch {
		case block.Type == "CERTIFICATE" || block.Type == "X509 CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				odd = err
				continue
			}
			list = append(list, c)
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			keys = true
			clear(block.Bytes)
		case strings.HasSuffix(block.Type, "CERTIFICATE REQUEST"):
			requests = true
		}
	}
	switch {
	case len(list) > 0:
		return chains(list), nil
	case odd != nil:
		return nil, fault.New(fault.BadAnswer, "a certificate in it cannot be understood: %v", odd)
	case keys:
		return nil, (&fault.Error{Kind: fault.BadAnswer, Err: errKeyOnly}).WithHint("give the file with the certificate; Unity needs no key")
	case requests:
		return nil, fault.New(fault.BadAnswer, "it has a request and no certificate").WithHint("give the certificate that was made for it")
	default:
		return nil, fault.New(fault.BadAnswer, "it holds no certificate that is whole")
	}
}

// chains tells the certificates of a file apart: each that is of no authority
// begins a chain, and those of authorities that follow belong to it. In a file of
// authorities each is one of its own.
func chains(list []*x509.Certificate) []entry {
	var all []entry
	for _, c := range list {
		if last := len(all) - 1; last >= 0 && c.IsCA && !all[last].chain[0].IsCA {
			all[last].chain = append(all[last].chain, c)
			continue
		}
		all = append(all, entry{chain: []*x509.Certificate{c}})
	}
	if len(all) > 1 {
		nameParts(all)
	}
	return all
}

// nameParts calls each by its name, and by its fingerprint where that is not
// enough.
func nameParts(all []entry) {
	count := make(map[string]int)
	for _, e := range all {
		count[nameOf(e.chain[0])]++
	}
	for i := range all {
		c := all[i].chain[0]
		all[i].part = nameOf(c)
		if count[all[i].part] > 1 {
			all[i].part += " " + fingerprint(c)[:8]
		}
	}
}

func parsePKCS12(data []byte, password string) ([]entry, error) {
	_, leaf, others, err := pkcs12.DecodeChain(data, password)
	if err == nil {
		return []entry{{chain: append([]*x509.Certificate{leaf}, others...)}}, nil
	}
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return nil, wrongPassword("PKCS#12", password)
	}
	trusted, err := pkcs12.DecodeTrustStore(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, wrongPassword("PKCS#12", password)
	case err != nil:
		return nil, fault.New(fault.BadAnswer, "it is neither a certificate in DER form nor a PKCS#12 file that can be read: %v", err)
	case len(trusted) == 0:
		return nil, fault.New(fault.BadAnswer, "it is a PKCS#12 file without a certificate")
	}
	return chains(trusted), nil
}

func wrongPassword(form, password string) error {
	if password == "" {
		return fault.New(fault.Auth, "%s: it wants a password", form).WithHint("set file_password")
	}
	return fault.New(fault.Auth, "%s: wrong password", form).WithHint("check file_password")
}

func parseJKS(data []byte, password string) ([]entry, error) {
	store := keystore.New(keystore.WithOrderedAliases())
	if err := store.Load(bytes.NewReader(data), []byte(password)); err != nil {
		if strings.Contains(err.Error(), "digest") {
			return nil, wrongPassword("JKS", password)
		}
		return nil, fault.New(fault.BadAnswer, "it is a JKS file that cannot be read: %v", err)
	}
	var all []entry
	for _, alias := range store.Aliases() {
		var parts []keystore.Certificate
		if store.IsTrustedCertificateEntry(alias) {
			if trusted, err := store.GetTrustedCertificateEntry(alias); err == nil {
				parts = []keystore.Certificate{trusted.Certificate}
			}
		} else if chain, err := store.GetPrivateKeyEntryCertificateChain(alias); err == nil {
			parts = chain
		}
		var chain []*x509.Certificate
		for _, part := range parts {
			c, err := x509.ParseCertificate(part.Content)
			if err != nil {
				return nil, fault.New(fault.BadAnswer, "the entry %s cannot be understood: %v", alias, err)
			}
			chain = append(chain, c)
		}
		if len(chain) > 0 {
			all = append(all, entry{part: alias, chain: chain})
		}
	}
	if len(all) == 0 {
		return nil, fault.New(fault.BadAnswer, "it is a JKS file without a certificate")
	}
	return all, nil
}

// parseACME reads the store of Traefik: certificates under the name of who
// resolves them, or at the top in its first version. Keys are not looked at.
func parseACME(data []byte) ([]entry, error) {
	type stored struct {
		Certificates []struct {
			Domain      struct{ Main string }
			Certificate string
		}
	}
	resolvers := make(map[string]stored)
	if err := json.Unmarshal(data, &resolvers); err != nil {
		var first stored
		if json.Unmarshal(data, &first) != nil || len(first.Certificates) == 0 {
			return nil, fault.New(fault.BadAnswer, "it is JSON, and not an acme.json of Traefik")
		}
		resolvers = map[string]stored{"": first}
	}
	var all []entry
	for _, name := range slices.Sorted(maps.Keys(resolvers)) {
		for _, one := range resolvers[name].Certificates {
			text, err := base64.StdEncoding.DecodeString(one.Certificate)
			if err != nil {
				return nil, fault.New(fault.BadAnswer, "the certificate of %s is not in Base64", shorten(one.Domain.Main))
			}
			entries, err := parsePEM(text)
			if err != nil {
				return nil, fault.Wrap(err, "the certificate of %s", shorten(one.Domain.Main))
			}
			all = append(all, entry{part: shorten(one.Domain.Main), chain: entries[0].chain})
		}
	}
	if len(all) == 0 {
		return nil, fault.New(fault.BadAnswer, "it is an acme.json without a certificate").WithHint("Traefik has got none yet; see its log")
	}
	return all, nil
}
