package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// found is one certificate with its chain, and what was found out about it.
type found struct {
	// file and part say where it is; empty for that of an endpoint.
	file, part string
	modified   time.Time
	session    *session
	chain      []*x509.Certificate
	judgement
	revocation revocation
}

// place is what tells it from the others of the source.
func (f *found) place() string {
	if f.part == "" {
		return f.file
	}
	return f.file + " " + f.part
}

// finding is everything that one run found.
type finding struct {
	certificates []*found
	silence      *silence
	domain       *registration
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	if err := c.prepare(); err != nil {
		return err
	}
	now := c.host.Now()
	all, err := c.find(ctx, out)
	if err != nil {
		return err
	}
	use := x509.ExtKeyUsageServerAuth
	if c.target.pattern != "" {
		use = x509.ExtKeyUsageAny
	}
	for _, f := range all.certificates {
		f.judgement = c.judge(f.chain, use, now)
		f.revocation.state = stateUnchecked
		if c.config.Revocation == revocationOff {
			continue
		}
		f.revocation, err = c.revocationOf(ctx, f, now)
		out.Problem(err)
		if f.revocation.state == stateRevoked {
			f.wrong(wrongRevoked, "it was revoked on %s", f.revocation.revoked.UTC().Format(time.DateOnly))
		}
	}
	all.domain, err = c.domain(ctx, now)
	out.Problem(err)
	c.measure(out, all, now)
	out.Problem(c.remember(out, all))
	out.SetSnapshot(c.describe(all, now))
	return ctx.Err()
}

// Check implements plugin.Checker: an endpoint that shows no certificate is
// measured, but whoever has just named it wants to know.
func (c *collector) Check(ctx context.Context) error {
	if err := c.prepare(); err != nil || c.target.pattern != "" {
		return err
	}
	_, silence, err := c.look(ctx)
	if silence != nil {
		return fault.New(fault.Unreachable, "%s", silence.message).WithHint("%s", silence.hint)
	}
	return err
}

// find gets the certificates of the target.
func (c *collector) find(ctx context.Context, out *plugin.Batch) (*finding, error) {
	if c.target.pattern != "" {
		list, err := c.readFiles(out)
		return &finding{certificates: list}, err
	}
	session, silence, err := c.look(ctx)
	if err != nil || session == nil {
		return &finding{silence: silence}, err
	}
	return &finding{certificates: []*found{{chain: session.state.PeerCertificates, session: session}}}, nil
}

func (c *collector) measure(out *plugin.Batch, all *finding, now time.Time) {
	out.AddBool("ssl_probe_success", len(all.certificates) > 0)
	names := make(map[string]bool)
	for _, f := range all.certificates {
		var at []string
		if f.file != "" {
			// Two chains in one place would be the same series.
			place := f.place()
			for n := 2; names[place]; n++ {
				place = f.place() + " " + strconv.Itoa(n)
			}
			names[place] = true
			at = []string{"file", place}
			out.Add("ssl_file_mtime_timestamp_seconds", float64(f.modified.Unix()), at...)
		}
		c.measureOne(out, f, now, at)
		if f.session != nil {
			state := f.session.state
			out.Add("ssl_handshake_duration_seconds", f.session.took.Seconds())
			out.Add("ssl_tls_info", 1, "version", tls.VersionName(state.Version), "cipher", tls.CipherSuiteName(state.CipherSuite))
		}
	}
	if d := all.domain; d != nil && !d.Expires.IsZero() {
		out.Add("domain_expiry_timestamp_seconds", float64(d.Expires.Unix()), "domain", d.Domain)
		out.Add("domain_remaining_seconds", seconds(d.Expires.Sub(now)), "domain", d.Domain)
	}
}

// measureOne measures a certificate and its chain, with the labels of its place.
func (c *collector) measureOne(out *plugin.Batch, f *found, now time.Time, at []string) {
	for i, link := range f.chain {
		labels := append([]string{"role", roleOf(i, link), "chain_no", strconv.Itoa(i), "common_name", nameOf(link)}, at...)
		out.Add("ssl_cert_not_before_timestamp_seconds", float64(link.NotBefore.Unix()), labels...)
		out.Add("ssl_cert_not_after_timestamp_seconds", float64(link.NotAfter.Unix()), labels...)
		out.Add("ssl_cert_remaining_seconds", seconds(link.NotAfter.Sub(now)), labels...)
		if ratio, ok := remainingRatio(link, now); ok {
			out.Add("ssl_cert_remaining_ratio", ratio, labels...)
		}
		if algorithm, bits := keyOf(link); bits > 0 {
			out.Add("ssl_cert_key_bits", float64(bits), append(labels, "algorithm", algorithm)...)
		}
	}
	leaf := f.chain[0]
	out.Add("ssl_cert_info", 1, append([]string{
		"common_name", nameOf(leaf), "issuer_cn", issuerOf(leaf), "signature_algorithm", leaf.SignatureAlgorithm.String(),
	}, at...)...)
	out.Add("ssl_chain_length", float64(len(f.chain)), at...)
	out.AddBool("ssl_cert_self_signed", isSelfIssued(leaf), at...)
	if f.matches != nil {
		out.AddBool("ssl_cert_hostname_match", *f.matches, at...)
	}
	out.AddState("ssl_revocation_state", f.revocation.state, revocationStates(), at...)
	if !f.revocation.stapled.IsZero() {
		out.Add("ssl_ocsp_next_update_timestamp_seconds", float64(f.revocation.stapled.Unix()), at...)
	}
	if !c.config.Verify {
		return
	}
	out.AddBool("ssl_cert_verified", len(f.problems) == 0, at...)
	said := make(map[string]bool)
	for _, p := range f.problems {
		if !said[p.what] {
			out.Add("ssl_cert_verify_error", 1, append([]string{"error", p.what}, at...)...)
		}
		said[p.what] = true
	}
}

func seconds(d time.Duration) float64 { return d.Round(time.Second).Seconds() }

// remainingRatio is how much of its time a certificate has left, from 0 to 1.
func remainingRatio(c *x509.Certificate, now time.Time) (float64, bool) {
	whole := c.NotAfter.Sub(c.NotBefore).Seconds()
	if whole <= 0 {
		return 0, false
	}
	return min(max(c.NotAfter.Sub(now).Seconds()/whole, 0), 1), true
}

// roleOf says what a link of a chain is. The first is the certificate itself,
// whatever it is.
func roleOf(place int, c *x509.Certificate) string {
	switch {
	case place == 0:
		return "leaf"
	case isSelfIssued(c):
		return "root"
	default:
		return "intermediate"
	}
}

func issuerOf(c *x509.Certificate) string {
	switch {
	case c.Issuer.CommonName != "":
		return c.Issuer.CommonName
	case len(c.Issuer.Organization) > 0:
		return c.Issuer.Organization[0]
	default:
		return c.Issuer.String()
	}
}
