package webservice

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"
)

// The reasons why an endpoint counts as down; exactly one per failure.
const (
	reasonStatus     = "status_mismatch"
	reasonKeyword    = "keyword_mismatch"
	reasonRegex      = "regex_mismatch"
	reasonJSON       = "json_mismatch"
	reasonHeader     = "header_mismatch"
	reasonExpect     = "expect_mismatch"
	reasonRead       = "body_read_error"
	reasonTimeout    = "timeout"
	reasonDNS        = "dns_error"
	reasonRefused    = "connection_refused"
	reasonConnection = "connection_failed"
	reasonTLS        = "tls_error"
	reasonRedirect   = "redirect_error"
	reasonWebSocket  = "websocket_error"
	reasonLoss       = "packet_loss"
	reasonLogin      = "login_failed"
	reasonAnswered   = "answered" // upside down: it answers and must not
)

// The states of an endpoint.
const (
	stateUp       = "up"
	stateDegraded = "degraded"
	stateDown     = "down"
)

func states() []string { return []string{stateUp, stateDegraded, stateDown} }

// result is what one attempt found.
type result struct {
	duration time.Duration
	phases   map[string]time.Duration
	// reason is empty while the endpoint answers as expected.
	reason  string
	message string
	hint    string

	status    int
	version   float64
	bytes     int64
	truncated bool
	ip        int // version of IP
	address   string
	finalURL  string
	redirects []redirect
	verdicts  []verdict
	chain     []*x509.Certificate
	tls       *tls.ConnectionState
	ping      *ping
	header    http.Header
	body      []byte
}

// redirect is one step on the way to the answer.
type redirect struct {
	Status int    `json:"status"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// verdict is one expectation and whether it is met.
type verdict struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	// reason is what a failure means; empty for what only degrades.
	reason string
}

// ping is what pings found.
type ping struct {
	min, avg, max time.Duration
	loss          float64
}

// fail sets the reason, unless there is one.
func (r *result) fail(reason, message, hint string) {
	if r.reason == "" {
		r.reason, r.message, r.hint = reason, message, hint
	}
}

// judge adds a verdict. One that is not met and has a reason means down.
func (r *result) judge(v verdict) {
	r.verdicts = append(r.verdicts, v)
	if !v.OK && v.reason != "" {
		r.fail(v.reason, v.Detail, "")
	}
}

// degraded reports whether an expectation is not met that the endpoint can live
// without.
func (r *result) degraded() bool {
	for _, v := range r.verdicts {
		if !v.OK && v.reason == "" {
			return true
		}
	}
	return false
}

// expiry returns when the first certificate of the chain ends.
func (r *result) expiry() (time.Time, bool) {
	var first time.Time
	for _, certificate := range r.chain {
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	return first, !first.IsZero()
}

// turn makes a failure of a success and the other way round. What only degrades
// says nothing about something that must not answer.
func (r *result) turn() {
	r.verdicts = nil
	if r.reason != "" {
		r.reason, r.message, r.hint = "", "it does not answer as it would, which is right: "+r.message, ""
		return
	}
	r.fail(reasonAnswered, "it answers and must not", "")
}

// noteRefusedChain keeps the certificates that were not accepted: they say what
// is wrong.
func (r *result) noteRefusedChain(err error) {
	if refused := (*tls.CertificateVerificationError)(nil); errors.As(err, &refused) {
		r.chain = refused.UnverifiedCertificates
	}
}
