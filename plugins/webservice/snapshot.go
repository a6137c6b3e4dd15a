package webservice

import (
	"crypto/tls"
	"slices"
	"time"
)

// document is the snapshot. It holds no durations: it is kept whenever it
// changes, and they change each time.
type document struct {
	State        string        `json:"state"`
	Since        time.Time     `json:"since"`
	Type         string        `json:"type"`
	URL          string        `json:"url"`
	Reason       string        `json:"reason,omitempty"`
	Message      string        `json:"message,omitempty"`
	Hint         string        `json:"hint,omitempty"`
	Attempts     int           `json:"attempts"`
	StatusCode   int           `json:"status_code,omitempty"`
	HTTPVersion  float64       `json:"http_version,omitempty"`
	FinalURL     string        `json:"final_url,omitempty"`
	IP           string        `json:"ip,omitempty"`
	Truncated    bool          `json:"truncated,omitempty"`
	Assertions   []verdict     `json:"assertions,omitempty"`
	Redirects    []redirect    `json:"redirects,omitempty"`
	TLSVersion   string        `json:"tls_version,omitempty"`
	Certificates []certificate `json:"certificates,omitempty"`
}

// certificate is one of the served chain.
type certificate struct {
	Subject  string    `json:"subject"`
	Names    []string  `json:"names"`
	Issuer   string    `json:"issuer"`
	NotAfter time.Time `json:"not_after"`
}

func (c *collector) describe(r *result, state string, attempts int, since time.Time) document {
	d := document{
		State: state, Since: since, Type: c.plan.kind, URL: shown(c.plan.target),
		Reason: r.reason, Message: r.message, Hint: r.hint, Attempts: attempts,
		StatusCode: r.status, HTTPVersion: r.version, FinalURL: r.finalURL, IP: r.address, Truncated: r.truncated,
		Redirects: r.redirects,
	}
	for _, v := range r.verdicts {
		if v.Name == "latency" && v.OK {
			v.Detail = "at most " + c.plan.MaxResponseTime.String()
		}
		d.Assertions = append(d.Assertions, v)
	}
	if r.tls != nil {
		d.TLSVersion = tls.VersionName(r.tls.Version)
	}
	for _, link := range r.chain {
		names := slices.Clone(link.DNSNames)
		for _, ip := range link.IPAddresses {
			names = append(names, ip.String())
		}
		subject := link.Subject.CommonName
		if subject == "" {
			subject = link.Subject.String()
		}
		d.Certificates = append(d.Certificates, certificate{
			Subject: subject, Names: names, Issuer: link.Issuer.String(), NotAfter: link.NotAfter.UTC(),
		})
	}
	return d
}
