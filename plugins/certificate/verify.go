package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What can be wrong with a certificate, besides that it was revoked.
const (
	wrongExpired     = "expired"
	wrongFuture      = "not_yet_valid"
	wrongName        = "hostname_mismatch"
	wrongAuthority   = "unknown_authority"
	wrongSelfSigned  = "self_signed"
	wrongIncomplete  = "incomplete_chain"
	wrongSignature   = "weak_signature"
	wrongRevoked     = "revoked"
	wrongFingerprint = "fingerprint_mismatch"
	wrongIssuer      = "issuer_mismatch"
	wrongOther       = "other"
)

// problem is one thing that is wrong with a certificate.
type problem struct{ what, detail string }

// judgement is what can be said of a certificate without asking anybody.
type judgement struct {
	problems []problem
	// matches is whether the certificate is for the name; nil where none is
	// expected.
	matches *bool
	// issuer signed the certificate; nil when it is not known.
	issuer *x509.Certificate
	public bool
}

func (j *judgement) wrong(what, format string, args ...any) {
	j.problems = append(j.problems, problem{what, fmt.Sprintf(format, args...)})
}

// judge says what is wrong with the first certificate of a chain.
func (c *collector) judge(chain []*x509.Certificate, use x509.ExtKeyUsage, now time.Time) judgement {
	var j judgement
	leaf := chain[0]
	at := now
	switch {
	case now.After(leaf.NotAfter):
		j.wrong(wrongExpired, "it ended on %s", leaf.NotAfter.UTC().Format(time.DateOnly))
		at = leaf.NotAfter // what else is wrong was wrong before
	case now.Before(leaf.NotBefore):
		j.wrong(wrongFuture, "it begins on %s", leaf.NotBefore.UTC().Format(time.DateOnly))
		at = leaf.NotBefore
	}
	if pinned := c.config.Fingerprint; pinned != "" {
		if got := fingerprint(leaf); got != strings.ToLower(strings.ReplaceAll(strings.TrimSpace(pinned), ":", "")) {
			j.wrong(wrongFingerprint, "its fingerprint is %s", got)
		}
	} else {
		c.judgeChain(&j, chain, use, at)
	}
	if c.issuer != nil && !c.issuer.MatchString(leaf.Issuer.String()) {
		j.wrong(wrongIssuer, "it is issued by %s", leaf.Issuer)
	}
	if c.name != "" {
		err := leaf.VerifyHostname(c.name)
		matches := err == nil
		j.matches = &matches
		if !matches && c.config.Fingerprint == "" {
			j.wrong(wrongName, "%s", namesInstead(leaf, c.name))
		}
	}
	if j.issuer == nil {
		j.issuer = signerOf(leaf, chain[1:])
	}
	return j
}

// judgeChain looks for a way from the certificate to an authority that is trusted.
func (c *collector) judgeChain(j *judgement, chain []*x509.Certificate, use x509.ExtKeyUsage, at time.Time) {
	leaf := chain[0]
	options := x509.VerifyOptions{Roots: c.roots, Intermediates: x509.NewCertPool(), CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{use}}
	for _, link := range chain[1:] {
		options.Intermediates.AddCert(link)
	}
	ways, err := leaf.Verify(options)
	if err == nil {
		if len(ways[0]) > 1 {
			j.issuer = ways[0][1]
		}
		j.public = c.roots == nil
		if c.roots != nil && c.config.CAFile != "" {
			options.Roots = nil
			_, err = leaf.Verify(options)
			j.public = err == nil
		}
		return
	}
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		what, when := wrongExpired, invalid.Cert.NotAfter
		if at.Before(invalid.Cert.NotBefore) {
			what, when = wrongFuture, invalid.Cert.NotBefore
		}
		j.wrong(what, "the certificate %s of its chain: %s", nameOf(invalid.Cert), when.UTC().Format(time.DateOnly))
	case errors.As(err, &invalid):
		j.wrong(wrongOther, "%v", err)
	case errors.As(err, &unknown):
		c.judgeUnknown(j, chain)
	default:
		j.wrong(wrongOther, "%v", err)
	}
}

// judgeUnknown says why no trusted authority was found.
func (c *collector) judgeUnknown(j *judgement, chain []*x509.Certificate) {
	leaf, last := chain[0], chain[0]
	for range chain { // up as far as the chain goes
		above := signerOf(last, chain)
		if above == nil || above == last {
			break
		}
		last = above
	}
	weak := slices.IndexFunc(chain, func(link *x509.Certificate) bool { return isWeak(link) && !isSelfIssued(link) })
	switch {
	case isSelfIssued(leaf):
		j.wrong(wrongSelfSigned, "it is signed by itself, and is not trusted")
	case weak >= 0:
		j.wrong(wrongSignature, "%s is signed with %s, which is forged too easily", nameOf(chain[weak]), chain[weak].SignatureAlgorithm)
	case last == leaf && len(leaf.IssuingCertificateURL) > 0:
		j.wrong(wrongIncomplete, "the certificate of %s is missing; the server should send it too", last.Issuer)
	default:
		j.wrong(wrongAuthority, "nobody we trust stands for %s", last.Issuer)
	}
}

// signerOf returns the certificate among others that signed one.
func signerOf(certificate *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, other := range among {
		if other != certificate && bytes.Equal(certificate.RawIssuer, other.RawSubject) && certificate.CheckSignatureFrom(other) == nil {
			return other
		}
	}
	return nil
}

func isSelfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

func isWeak(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	default:
		return false
	}
}

// namesOf lists what a certificate is for.
func namesOf(c *x509.Certificate) []string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return append(names, c.EmailAddresses...)
}

func namesInstead(leaf *x509.Certificate, name string) string {
	const most = 5
	names := namesOf(leaf)
	switch {
	case len(names) == 0:
		return "it names no host, and so is not for " + name
	case len(names) > most:
		return fmt.Sprintf("it is for %s and %d more, not for %s", strings.Join(names[:most], ", "), len(names)-most, name)
	default:
		return fmt.Sprintf("it is for %s, not for %s", strings.Join(names, ", "), name)
	}
}

// nameOf is what people call a certificate.
func nameOf(c *x509.Certificate) string {
	switch {
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	case len(namesOf(c)) > 0:
		return namesOf(c)[0]
	case c.Subject.String() != "":
		return c.Subject.String()
	default:
		return "without a name"
	}
}

// keyOf returns the kind of a key and how long it is; 0 where that says nothing.
func keyOf(c *x509.Certificate) (algorithm string, bits int) {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		bits = key.N.BitLen()
	case *ecdsa.PublicKey:
		bits = key.Curve.Params().BitSize
	case ed25519.PublicKey:
		bits = 8 * len(key)
	}
	return c.PublicKeyAlgorithm.String(), bits
}

// fingerprint is the SHA-256 of a certificate, in hexadecimal digits.
func fingerprint(c *x509.Certificate) string {
	digest := sha256.Sum256(c.Raw)
	return hex.EncodeToString(digest[:])
}
