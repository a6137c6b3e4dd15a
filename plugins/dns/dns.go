// Package dns watches a DNS server: Pi-hole, AdGuard Home, Technitium, Unbound or
// dnsmasq, by what it says of itself, and any server by asking it.
//
// One source is one server. Probes ask for names as a client would; what they
// find is a finding, and the run is a success.
package dns

import (
	"context"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of server.
const (
	kindAuto       = "auto"
	kindPihole     = "pihole"
	kindAdGuard    = "adguard"
	kindTechnitium = "technitium"
	kindUnbound    = "unbound"
	kindDnsmasq    = "dnsmasq"
	kindResolver   = "resolver"
)

// config is one server, and what is asked of it.
type config struct {
	Type    string          `json:"type" title:"Server" help:"What the server is; auto finds out, and without an address looks at this machine. A resolver is only asked by the probes." enum:"auto,pihole,adguard,technitium,unbound,dnsmasq,resolver"`
	URL     string          `json:"url" title:"Address" help:"Where the web interface of Pi-hole, AdGuard Home or Technitium answers." format:"uri" example:"http://pi.hole"`
	Control string          `json:"control" title:"Control of Unbound" help:"The socket of Unbound's remote control, or host:port." example:"/run/unbound.ctl"`
	Server  string          `json:"server" title:"Name server" help:"Where names are asked for, host or host:port: dnsmasq itself, and the server of probes that name none; without it that is the machine of the web interface, or this one." example:"127.0.0.1:53"`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long one question may take." min:"100ms" max:"25s" group:"connection"`
	Top     int             `json:"top_n" title:"Length of lists" help:"How many domains and clients the page lists; 0 does not ask for them." min:"0" max:"100"`
	Probes  []probe         `json:"probes" title:"Probes" help:"Names that are asked for in each run." max:"50"`

	ControlCert   string `json:"control_cert" title:"Control certificate" help:"Certificate for the control of Unbound over TCP." group:"control"`
	ControlKey    string `json:"control_key" title:"Control key" help:"Key of that certificate." group:"control"`
	ControlServer string `json:"control_server_cert" title:"Unbound's certificate" help:"The certificate that Unbound shows." group:"control"`

	fetch.Login
	fetch.TLS
}

// probe is one name that is asked for.
type probe struct {
	Name        string `json:"name" title:"Name" help:"What the probe is called; empty is the name asked for."`
	Query       string `json:"query" title:"Ask for" help:"The name to ask for." required:"true" example:"example.org"`
	Type        string `json:"record_type" title:"Type" help:"The type of record." enum:"A,AAAA,CAA,CNAME,DNSKEY,DS,HTTPS,MX,NS,PTR,SOA,SRV,TXT"`
	Server      string `json:"server" title:"Name server" help:"Who is asked, when it is not the source's server: host, host:port, or for https the address of the service." example:"9.9.9.9"`
	Transport   string `json:"transport" title:"Transport" help:"How it is asked: udp, tcp, tls (DNS over TLS), https (DNS over HTTPS)." enum:"udp,tcp,tls,https"`
	ExpectRcode string `json:"expect_rcode" title:"Expected code" help:"The code that is right; NXDOMAIN for a name that must be blocked or not exist." enum:"NOERROR,NXDOMAIN,REFUSED,SERVFAIL"`
	ExpectRegex string `json:"expect_regex" title:"Expected answer" help:"Regular expression (RE2) that one of the answers must match." example:"^192\\.168\\."`
	DNSSEC      bool   `json:"dnssec" title:"Signed" help:"The server must say that the answer is verified by its signatures."`
}

func (p probe) label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Query
}

// withDefaults fills in what a person may leave out.
func (p probe) withDefaults(c config) probe {
	if p.Type == "" {
		p.Type = "A"
	}
	if p.Transport == "" {
		p.Transport = "udp"
	}
	if p.ExpectRcode == "" {
		p.ExpectRcode = "NOERROR"
	}
	if p.Server == "" {
		p.Server = c.Server
	}
	if at, err := url.Parse(c.URL); p.Server == "" && err == nil {
		p.Server = at.Hostname() // names are answered where the web interface is
	}
	if p.Server == "" {
		p.Server = "127.0.0.1"
	}
	return p
}

func defaults() config {
	const folder = "/etc/unbound/"
	return config{
		Type: kindAuto, Timeout: plugin.Duration(5 * time.Second), Top: 10, Probes: []probe{},
		ControlCert: folder + "unbound_control.pem", ControlKey: folder + "unbound_control.key", ControlServer: folder + "unbound_server.pem",
		TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	switch c.Type {
	case kindPihole, kindAdGuard, kindTechnitium:
		if c.URL == "" {
			return plugin.Invalid("url", "is required for this server")
		}
	case kindResolver:
		if len(c.Probes) == 0 {
			return plugin.Invalid("probes", "must have one at least, for nothing else is asked of a resolver")
		}
	}
	if c.URL != "" {
		if err := c.web().Validate(); err != nil {
			return err
		}
	}
	if c.Server != "" && !isServer(c.Server) {
		return plugin.Invalid("server", "is not a host or host:port")
	}
	if c.Control != "" && !strings.HasPrefix(c.Control, "/") && !isServer(c.Control) {
		return plugin.Invalid("control", "is neither the path of a socket nor host:port")
	}
	names := make(map[string]bool)
	for i, p := range c.Probes {
		p = p.withDefaults(c)
		key := p.label() + " " + p.Type + " " + p.Transport
		if names[key] {
			return plugin.Invalid("probes["+itoa(i)+"].name", "is that of another probe with the same type and transport")
		}
		names[key] = true
		if err := p.check(); err != nil {
			return plugin.Invalid("probes["+itoa(i)+"]."+err.field, "%s", err.why)
		}
	}
	return nil
}

// wrongSetting is what is wrong with a setting of a probe.
type wrongSetting struct{ field, why string }

func (p probe) check() *wrongSetting {
	if _, err := questionName(p.Query); err != nil {
		return &wrongSetting{"query", "is not a name that can be asked for"}
	}
	if _, err := regexp.Compile(p.ExpectRegex); err != nil {
		return &wrongSetting{"expect_regex", "is not a regular expression"}
	}
	if p.Transport == transportHTTPS {
		if err := (fetch.Config{URL: p.Server}).Validate(); err != nil {
			return &wrongSetting{"server", "must be an address such as https://dns.quad9.net/dns-query"}
		}
		return nil
	}
	if !isServer(p.Server) {
		return &wrongSetting{"server", "is not a host or host:port"}
	}
	return nil
}

// isServer reports whether the text is a host, with or without a port.
func isServer(text string) bool {
	host, port := hostOf(text), ""
	if _, after, err := net.SplitHostPort(text); err == nil {
		port = after
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return host != "" && !strings.ContainsAny(host, "/ @?#") && (port == "" || err == nil)
}

func hostOf(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		return host
	}
	return strings.Trim(text, "[]")
}

// addressOf adds the usual port where there is none.
func addressOf(text, port string) string {
	if _, _, err := net.SplitHostPort(text); err == nil {
		return text
	}
	return net.JoinHostPort(strings.Trim(text, "[]"), port)
}

// web is the config of the web interface, as package fetch has it. People copy
// the address from their browser.
func (c config) web() fetch.Config {
	address := strings.TrimRight(c.URL, "/")
	for _, ending := range []string{"/api.php", "/admin"} {
		address = strings.TrimSuffix(address, ending)
	}
	return fetch.Config{URL: address, Timeout: c.Timeout, TLS: c.TLS}
}

// Plugin declares the plugin dns_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(ctx context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(ctx, config, host)
}
