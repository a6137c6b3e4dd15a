// Package certificate watches one endpoint that speaks TLS, at once or after
// STARTTLS, or certificate files: when their certificates end, whether they hold
// for who looks at them, and whether they were revoked.
//
// A certificate that does not hold is what this plugin is there to find, and so
// is an endpoint that shows none: both are findings, and the run is a success. A
// run fails only when nothing can be said, as when files cannot be read.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"regexp"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is one endpoint, or some files, and what is expected of it.
type config struct {
	Target         string          `json:"target" title:"Address" help:"What to look at: a host, host:port or https:// address; smtp://, imap://, pop3://, ftp://, ldap://, postgres:// or mysql:// for STARTTLS; or the path of a file, of a folder, or a pattern of paths." required:"true" example:"cloud.example.org:443"`
	Timeout        plugin.Duration `json:"timeout" title:"Timeout" help:"How long connecting and the handshake may take." min:"100ms" max:"30s"`
	Retries        int             `json:"retries" title:"Retries" help:"Further attempts before the endpoint counts as showing no certificate." min:"0" max:"5"`
	RetryDelay     plugin.Duration `json:"retry_delay" title:"Retry delay" help:"Pause between two attempts." min:"0s" max:"30s"`
	WarningDays    []int           `json:"warning_days" title:"Warning days" help:"So many days before the end the source's page says info, warning and critical; certificates that last less than 90 days have less of it." min:"1" max:"10"`
	FilePassword   plugin.Secret   `json:"file_password" title:"File password" help:"The password of a PKCS#12 or JKS file." group:"login"`
	Revocation     string          `json:"check_revocation" title:"Revocation" help:"Whether the certificate was revoked: look at the answer that the server staples, ask the authority (ocsp), read its list (crl), or off." enum:"off,stapled,ocsp,crl" group:"advanced"`
	MinTLSVersion  string          `json:"min_tls_version" title:"Least TLS version" help:"The oldest version of TLS that is spoken; 1.0 lets old devices be watched." enum:"1.0,1.1,1.2,1.3" group:"tls"`
	ExpectedIssuer string          `json:"expected_issuer_regex" title:"Expected issuer" help:"Regular expression (RE2) that the issuer's name must match." group:"tls" example:"O=Let's Encrypt"`
	DomainExpiry   bool            `json:"check_domain_expiry" title:"Domain" help:"Also ask, once a day, when the registration of the domain ends." group:"advanced"`
	RDAPURL        string          `json:"rdap_url" title:"RDAP server" help:"Who is asked about the domain; the default sends on to the registry." format:"uri" group:"advanced"`
	fetch.TLS
}

func defaults() config {
	return config{
		Timeout: plugin.Duration(10 * time.Second), Retries: 1, RetryDelay: plugin.Duration(2 * time.Second), WarningDays: []int{30, 14, 7, 1}, Revocation: revocationStapled,
		MinTLSVersion: "1.0", RDAPURL: "https://rdap.org", TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	for i, days := range c.WarningDays {
		if days < 1 || i > 0 && days >= c.WarningDays[i-1] {
			return plugin.Invalid("warning_days", "must be days from many to few, such as 30, 14, 7")
		}
	}
	if _, err := regexp.Compile(c.ExpectedIssuer); err != nil {
		return plugin.Invalid("expected_issuer_regex", "is not a regular expression: %v", err)
	}
	if err := (fetch.Config{URL: c.RDAPURL}).Validate(); c.DomainExpiry && err != nil {
		return plugin.Invalid("rdap_url", "is not an address such as https://rdap.org")
	}
	_, err := parseTarget(c.Target)
	return err
}

// Plugin declares the plugin certificate_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	at, err := parseTarget(config.Target)
	if err != nil {
		return nil, err
	}
	c := &collector{config: config, host: host, target: at, lists: make(map[string]listed)}
	if config.ExpectedIssuer != "" {
		if c.issuer, err = regexp.Compile(config.ExpectedIssuer); err != nil {
			return nil, fault.As(fault.Config, err, "reading expected_issuer_regex")
		}
	}
	c.name = config.ServerName
	if c.name == "" {
		c.name = at.name
	}
	return c, nil
}

// prepare reads whom to trust, anew for each run: a file may be replaced.
func (c *collector) prepare() error {
	security, err := c.config.TLS.Config()
	if err != nil {
		return err
	}
	c.roots = security.RootCAs
	security.ServerName = c.name
	// Everything is shown, and judged afterwards: no certificate, version or
	// cipher may end the handshake, over which nothing is sent that matters.
	security.InsecureSkipVerify, security.VerifyConnection = true, nil
	security.MinVersion = versionOf(c.config.MinTLSVersion)
	for _, suites := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range suites {
			security.CipherSuites = append(security.CipherSuites, suite.ID)
		}
	}
	c.tls = security
	return nil
}

func versionOf(name string) uint16 {
	switch name {
	case "1.1":
		return tls.VersionTLS11
	case "1.2":
		return tls.VersionTLS12
	case "1.3":
		return tls.VersionTLS13
	default:
		return tls.VersionTLS10
	}
}

// collector watches one endpoint, or some files.
type collector struct {
	config config
	host   plugin.Host
	target target
	// name is what the certificate must be for; empty for files without one.
	name   string
	issuer *regexp.Regexp // nil is any
	// tls and roots are of the run; roots that are nil are the system's.
	tls   *tls.Config
	roots *x509.CertPool
	// lists are the answers of revocation lists, by address and serial number.
	lists map[string]listed
}
