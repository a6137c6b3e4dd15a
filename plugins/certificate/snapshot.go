package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strconv"
	"time"
)

// The levels of a certificate, from good to bad.
const (
	levelHealthy  = "healthy"
	levelInfo     = "info"
	levelWarning  = "warning"
	levelCritical = "critical"
	levelExpired  = "expired"
)

// document is the snapshot. It holds no durations but whole days: it is kept
// whenever it changes.
type document struct {
	Target       string       `json:"target"`
	State        string       `json:"state"`
	Message      string       `json:"message,omitempty"`
	Hint         string       `json:"hint,omitempty"`
	TLSVersion   string       `json:"tls_version,omitempty"`
	Cipher       string       `json:"cipher,omitempty"`
	Summary      summary      `json:"summary"`
	Certificates []row        `json:"certificates"`
	Problems     []wrongRow   `json:"problems"`
	Chain        []link       `json:"chain"`
	Domain       *domainShown `json:"domain,omitempty"`
}

// summary counts the certificates.
type summary struct {
	Total    int `json:"total"`
	Valid    int `json:"valid"`
	Expiring int `json:"expiring"`
	Expired  int `json:"expired"`
	// Invalid are those that something else is wrong with.
	Invalid    int        `json:"invalid"`
	NextExpiry *time.Time `json:"next_expiry,omitempty"`
}

// row is one certificate.
type row struct {
	CommonName string     `json:"common_name"`
	File       string     `json:"file,omitempty"`
	Names      []string   `json:"names"`
	Issuer     string     `json:"issuer"`
	IssuerOrg  string     `json:"issuer_org,omitempty"`
	Public     bool       `json:"public_ca"`
	Serial     string     `json:"serial"`
	SHA256     string     `json:"sha256"`
	NotBefore  time.Time  `json:"not_before"`
	NotAfter   time.Time  `json:"not_after"`
	DaysLeft   int        `json:"days_left"`
	Level      string     `json:"level"`
	Verified   *bool      `json:"verified,omitempty"`
	Key        string     `json:"key"`
	Signature  string     `json:"signature"`
	Revocation string     `json:"revocation"`
	Modified   *time.Time `json:"modified,omitempty"`
}

// wrongRow is one thing that is wrong.
type wrongRow struct {
	CommonName string `json:"common_name"`
	File       string `json:"file,omitempty"`
	Error      string `json:"error"`
	Detail     string `json:"detail"`
}

// link is one certificate of a chain.
type link struct {
	CommonName string    `json:"common_name"`
	Role       string    `json:"role"`
	Issuer     string    `json:"issuer"`
	NotAfter   time.Time `json:"not_after"`
	Key        string    `json:"key"`
	Signature  string    `json:"signature"`
	Of         string    `json:"of"`
}

// domainShown is the registration of the domain.
type domainShown struct {
	Name    string     `json:"name"`
	Expires *time.Time `json:"expires,omitempty"`
	Message string     `json:"message,omitempty"`
}

func (c *collector) describe(all *finding, now time.Time) document {
	d := document{Target: c.target.String(), State: levelHealthy, Certificates: []row{}, Problems: []wrongRow{}, Chain: []link{}}
	if all.silence != nil {
		d.State, d.Message, d.Hint = "unreachable", all.silence.message, all.silence.hint
	}
	worst := 0
	for _, f := range all.certificates {
		level := c.levelOf(f, now)
		worst = max(worst, slices.Index(levels(), level))
		d.Certificates = append(d.Certificates, c.describeOne(f, level, now))
		for _, p := range f.problems {
			d.Problems = append(d.Problems, wrongRow{nameOf(f.chain[0]), f.file, p.what, p.detail})
		}
		for i, certificate := range f.chain {
			d.Chain = append(d.Chain, link{
				CommonName: nameOf(certificate), Role: roleOf(i, certificate), Issuer: issuerOf(certificate), NotAfter: certificate.NotAfter.UTC(),
				Key: keyWords(certificate), Signature: certificate.SignatureAlgorithm.String(), Of: nameOf(f.chain[0]),
			})
		}
		d.Summary.add(f, level, c.config.Verify)
		if f.session != nil {
			d.TLSVersion, d.Cipher = tls.VersionName(f.session.state.Version), tls.CipherSuiteName(f.session.state.CipherSuite)
		}
	}
	if all.silence == nil {
		d.State = levels()[worst]
	}
	if known := all.domain; known != nil {
		d.Domain = &domainShown{Name: known.Domain, Message: known.Unanswered}
		if !known.Expires.IsZero() {
			d.Domain.Expires = &known.Expires
		}
	}
	return d
}

func (c *collector) describeOne(f *found, level string, now time.Time) row {
	leaf := f.chain[0]
	r := row{
		CommonName: nameOf(leaf), File: f.place(), Names: namesOf(leaf), Issuer: issuerOf(leaf), Public: f.public,
		Serial: leaf.SerialNumber.Text(16), SHA256: fingerprint(leaf), NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC(),
		DaysLeft: daysLeft(leaf, now), Level: level, Key: keyWords(leaf), Signature: leaf.SignatureAlgorithm.String(), Revocation: f.revocation.state,
	}
	if len(leaf.Issuer.Organization) > 0 {
		r.IssuerOrg = leaf.Issuer.Organization[0]
	}
	if r.Names == nil {
		r.Names = []string{}
	}
	if c.config.Verify {
		verified := len(f.problems) == 0
		r.Verified = &verified
	}
	if !f.modified.IsZero() {
		modified := f.modified.UTC()
		r.Modified = &modified
	}
	return r
}

// add counts one certificate.
func (s *summary) add(f *found, level string, verify bool) {
	s.Total++
	switch {
	case level == levelExpired:
		s.Expired++
	case verify && len(f.problems) > 0:
		s.Invalid++
	case level != levelHealthy:
		s.Expiring++
	default:
		s.Valid++
	}
	if ends := f.chain[0].NotAfter.UTC(); s.NextExpiry == nil || ends.Before(*s.NextExpiry) {
		s.NextExpiry = &ends
	}
}

func levels() []string {
	return []string{levelHealthy, levelInfo, levelWarning, levelCritical, levelExpired}
}

// usualLifetime is what the days of warning_days are meant for. A certificate of
// six days is not in danger on its first one.
const usualLifetime = 90 * 24 * time.Hour

// levelOf says how near the end is, or that the certificate does not hold as it is.
func (c *collector) levelOf(f *found, now time.Time) string {
	leaf := f.chain[0]
	left := leaf.NotAfter.Sub(now)
	if left < 0 {
		return levelExpired
	}
	if c.config.Verify && len(f.problems) > 0 {
		return levelCritical
	}
	scale := min(1, float64(leaf.NotAfter.Sub(leaf.NotBefore))/float64(usualLifetime))
	level := 0
	for i, days := range c.config.WarningDays {
		if left <= time.Duration(scale*float64(days)*float64(24*time.Hour)) {
			level = min(i+1, slices.Index(levels(), levelCritical))
		}
	}
	return levels()[level]
}

// daysLeft counts whole days; those since the end are negative.
func daysLeft(c *x509.Certificate, now time.Time) int {
	const day = 24 * time.Hour
	left := c.NotAfter.Sub(now)
	days := int(left / day)
	if left < 0 && left%day != 0 {
		days--
	}
	return days
}

func keyWords(c *x509.Certificate) string {
	algorithm, bits := keyOf(c)
	if bits == 0 {
		return algorithm
	}
	return algorithm + " " + strconv.Itoa(bits)
}
