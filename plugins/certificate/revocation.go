package certificate

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// How it is found out whether a certificate was revoked.
const (
	revocationOff     = "off"
	revocationStapled = "stapled"
	revocationOCSP    = "ocsp"
	revocationCRL     = "crl"
)

// Whether a certificate was revoked.
const (
	stateGood      = "good"
	stateRevoked   = "revoked"
	stateUnknown   = "unknown"
	stateUnchecked = "unchecked"
)

func revocationStates() []string {
	return []string{stateGood, stateRevoked, stateUnknown, stateUnchecked}
}

// revocation is what was found out about that.
type revocation struct {
	state string
	// stapled is until when the server may send the answer of the authority.
	stapled time.Time
	revoked time.Time
}

// listed is what a revocation list says of one certificate.
type listed struct {
	revocation
	until time.Time
}

// revocationOf finds out whether the certificate was revoked. The error says why
// that is not known.
func (c *collector) revocationOf(ctx context.Context, f *found, now time.Time) (revocation, error) {
	leaf := f.chain[0]
	stapled, err := c.staple(f, now)
	if err != nil || stapled.state != stateUnchecked {
		return stapled, err
	}
	switch c.config.Revocation {
	case revocationOCSP:
		return c.askOCSP(ctx, leaf, f.issuer, now)
	case revocationCRL:
		return c.readList(ctx, leaf, f.issuer, now)
	default:
		return stapled, nil
	}
}

// staple reads the answer of the authority that the server sent along.
func (c *collector) staple(f *found, now time.Time) (revocation, error) {
	if f.session == nil || len(f.session.state.OCSPResponse) == 0 || f.issuer == nil {
		return revocation{state: stateUnchecked}, nil
	}
	answer, err := parseOCSP(f.session.state.OCSPResponse, f.chain[0], f.issuer)
	if err != nil {
		return revocation{state: stateUnknown}, fault.New(fault.BadAnswer, "the stapled OCSP answer of %s cannot be used: %v", c.target, err)
	}
	r := revocationFrom(answer, now)
	r.stapled = answer.NextUpdate
	return r, nil
}

// parseOCSP reads an answer and checks who signed it: the authority itself, with
// or without its own certificate in the answer, or one that it lets answer.
func parseOCSP(raw []byte, leaf, issuer *x509.Certificate) (*ocsp.Response, error) {
	answer, err := ocsp.ParseResponseForCert(raw, leaf, issuer)
	if err == nil {
		return answer, nil
	}
	// The package takes a certificate in the answer for one that the authority
	// signed, which its own need not be.
	own, ownErr := ocsp.ParseResponseForCert(raw, leaf, nil)
	if ownErr == nil && own.Certificate != nil && own.Certificate.Equal(issuer) {
		return own, nil
	}
	return nil, err
}

func revocationFrom(answer *ocsp.Response, now time.Time) revocation {
	switch {
	case answer.Status == ocsp.Revoked:
		return revocation{state: stateRevoked, revoked: answer.RevokedAt}
	case answer.Status == ocsp.Good && (answer.NextUpdate.IsZero() || now.Before(answer.NextUpdate)):
		return revocation{state: stateGood}
	default:
		return revocation{state: stateUnknown}
	}
}

// maxAnswerBytes bounds what an authority says.
const maxAnswerBytes = 16 << 20

// askOCSP asks the authority. One without a service for that is normal: many have
// ended theirs.
func (c *collector) askOCSP(ctx context.Context, leaf, issuer *x509.Certificate, now time.Time) (revocation, error) {
	if len(leaf.OCSPServer) == 0 {
		return revocation{state: stateUnchecked}, nil
	}
	unknown := revocation{state: stateUnknown}
	what := "asking " + leaf.OCSPServer[0] + " about " + nameOf(leaf)
	if issuer == nil {
		return unknown, fault.New(fault.NotFound, "%s: the certificate of %s is needed for that", what, leaf.Issuer).
			WithHint("let the server send it, or name it in tls_ca_file")
	}
	question, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		return unknown, fault.As(fault.Unsupported, err, "%s", what)
	}
	body, err := c.ask(ctx, leaf.OCSPServer[0], fetch.Request{
		Method: http.MethodPost, Body: question, Header: http.Header{"Content-Type": {"application/ocsp-request"}},
	})
	if err != nil {
		return unknown, fault.Wrap(err, "%s", what)
	}
	answer, err := parseOCSP(body, leaf, issuer)
	if refused := (ocsp.ResponseError{}); errors.As(err, &refused) {
		return unknown, fault.New(fault.BadAnswer, "%s: it answers %s", what, refused.Status)
	}
	if err != nil {
		return unknown, fault.New(fault.BadAnswer, "%s: the answer cannot be used: %v", what, err)
	}
	return revocationFrom(answer, now), nil
}

// readList looks for the certificate in the authority's list, and keeps what it
// found for as long as the list holds.
func (c *collector) readList(ctx context.Context, leaf, issuer *x509.Certificate, now time.Time) (revocation, error) {
	address := ""
	for _, point := range leaf.CRLDistributionPoints {
		if strings.HasPrefix(point, "http://") || strings.HasPrefix(point, "https://") {
			address = point
			break
		}
	}
	if address == "" {
		return revocation{state: stateUnchecked}, nil
	}
	key := address + " " + leaf.SerialNumber.Text(16)
	if known, ok := c.lists[key]; ok && now.Before(known.until) {
		return known.revocation, nil
	}
	unknown := revocation{state: stateUnknown}
	what := "reading the revocation list " + address
	if issuer == nil {
		return unknown, fault.New(fault.NotFound, "%s: the certificate of %s is needed for that", what, leaf.Issuer).
			WithHint("let the server send it, or name it in tls_ca_file")
	}
	body, err := c.ask(ctx, address, fetch.Request{})
	if err != nil {
		return unknown, fault.Wrap(err, "%s", what)
	}
	list, err := x509.ParseRevocationList(body)
	if err != nil {
		return unknown, fault.New(fault.BadAnswer, "%s: it cannot be understood: %v", what, err)
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return unknown, fault.New(fault.BadAnswer, "%s: it is not signed by %s", what, leaf.Issuer)
	}
	if !list.NextUpdate.IsZero() && now.After(list.NextUpdate) {
		return unknown, fault.New(fault.BadAnswer, "%s: it was to be replaced on %s", what, list.NextUpdate.UTC().Format(time.DateOnly))
	}
	result := revocationIn(list, leaf.SerialNumber)
	if len(c.lists) >= maxCertificates {
		clear(c.lists)
	}
	c.lists[key] = listed{result, list.NextUpdate}
	return result, nil
}

func revocationIn(list *x509.RevocationList, serial *big.Int) revocation {
	for _, revoked := range list.RevokedCertificateEntries {
		if revoked.SerialNumber.Cmp(serial) == 0 {
			return revocation{state: stateRevoked, revoked: revoked.RevocationTime}
		}
	}
	return revocation{state: stateGood}
}

// ask asks a service of an authority over HTTP. What it says is signed, so how it
// is reached does not matter.
func (c *collector) ask(ctx context.Context, address string, r fetch.Request) ([]byte, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, fault.New(fault.BadAnswer, "the address in the certificate makes no sense")
	}
	if at.RawQuery != "" {
		r.Query, at.RawQuery = at.Query(), ""
	}
	client, err := fetch.New(fetch.Config{URL: at.String(), Timeout: c.config.Timeout, TLS: fetch.TLS{Verify: true}}, c.host, fetch.WithMaxBody(maxAnswerBytes))
	if err != nil {
		return nil, fault.New(fault.BadAnswer, "the certificate names an address that is not one of HTTP")
	}
	defer func() { _ = client.Close() }()
	answer, err := client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}
