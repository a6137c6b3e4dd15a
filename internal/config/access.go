package config

import (
	"net"
	"net/netip"
	"regexp"
	"strings"
)

// hostName is a name as hosts has it, in lower case.
var hostName = regexp.MustCompile(`^\.?([a-z0-9_]([a-z0-9_-]*[a-z0-9])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*$`)

// headerName is the name of a header of HTTP.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// checkListen returns what is wrong with the address, or "".
func checkListen(address string) string {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return `"` + address + `" is not HOST:PORT; write for example :8080 or 127.0.0.1:8080`
	}
	return ""
}

// validateAccess reports what is wrong with who may come in, and how.
func (c Config) validateAccess(report func(path, message string)) {
	for _, name := range c.Hosts {
		if !hostName.MatchString(strings.ToLower(name)) {
			report("hosts", `"`+name+`" is not the name of a host; write it without a scheme and a port`)
		}
	}
	switch {
	case c.TLS.SelfMade && c.TLS.Certificate != "":
		report("tls.self_made", "is not for when there is a certificate")
	case (c.TLS.Certificate == "") != (c.TLS.Key == ""):
		report("tls.key", "certificate and key are needed together")
	}
	c.validateOIDC(report)
	if _, wrong := parsePrefixes(c.Auth.TrustedProxies); wrong != "" {
		report("auth.trusted_proxies", `"`+wrong+`" is not an address or a network; write for example 127.0.0.1 or 172.16.0.0/12`)
	}
	switch {
	case c.Auth.ProxyUserHeader == "":
	case !headerName.MatchString(c.Auth.ProxyUserHeader):
		report("auth.proxy_user_header", "is not the name of a header; write for example Remote-User")
	case len(c.Auth.TrustedProxies) == 0:
		report("auth.proxy_user_header", "needs auth.trusted_proxies: from anybody else the header means nothing")
	}
}

// TrustedPrefixes returns the networks of the trusted proxies.
func (a Auth) TrustedPrefixes() []netip.Prefix {
	prefixes, _ := parsePrefixes(a.TrustedProxies)
	return prefixes
}

// parsePrefixes returns the networks, and the first text that is none.
func parsePrefixes(texts []string) (prefixes []netip.Prefix, wrong string) {
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return prefixes, text
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, ""
}
