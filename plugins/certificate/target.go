package certificate

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/idna"

	"github.com/unity-homelab/unity/plugin"
)

// target is an address, taken apart.
type target struct {
	// pattern is a path, or a pattern of paths; empty for an endpoint.
	pattern string
	// name and address are of an endpoint: cloud.lan, cloud.lan:443.
	name, address string
	scheme        string
	// prelude asks for TLS in the clear, where that is how the protocol begins.
	prelude prelude
}

// scheme is a protocol that ends up speaking TLS.
type scheme struct {
	port    string // empty where it has to be said
	prelude prelude
}

func schemes() map[string]scheme {
	return map[string]scheme{
		"https": {"443", nil}, "tls": {"", nil}, "tcp": {"", nil},
		"smtps": {"465", nil}, "imaps": {"993", nil}, "pop3s": {"995", nil}, "ldaps": {"636", nil}, "ftps": {"990", nil},
		"smtp": {"25", startSMTP}, "submission": {"587", startSMTP}, "imap": {"143", startIMAP}, "pop3": {"110", startPOP3},
		"ftp": {"21", startFTP}, "ldap": {"389", startLDAP},
		"postgres": {"5432", startPostgres}, "postgresql": {"5432", startPostgres},
		"mysql": {"3306", startMySQL}, "mariadb": {"3306", startMySQL},
	}
}

// parseTarget reads an address as people write it.
func parseTarget(text string) (target, error) {
	invalid := func(format string, args ...any) (target, error) {
		return target{}, plugin.Invalid("target", format, args...)
	}
	name, rest, found := strings.Cut(text, "://")
	switch {
	case found && isFileScheme(name), strings.HasPrefix(text, "/"):
		if !found || strings.HasPrefix(text, "/") {
			rest = text
		}
		if _, err := path.Match(rest, ""); err != nil || !strings.HasPrefix(rest, "/") {
			return invalid("must be an absolute path, or a pattern such as /etc/letsencrypt/live/*/fullchain.pem")
		}
		return target{pattern: path.Clean(rest)}, nil
	case !found:
		name, rest = "tls", text
	}
	known, ok := schemes()[name]
	if !ok {
		return invalid("begins with %s://, which is not known here", name)
	}
	parsed, err := url.Parse("//" + rest)
	switch {
	case err != nil || parsed.Hostname() == "":
		return invalid("is not an address such as cloud.example.org:443 or smtp://mail.example.org")
	case parsed.User != nil:
		return invalid("must not hold a user or password")
	}
	port := parsed.Port()
	if port == "" {
		port = known.port
	}
	if port == "" && !found {
		port = "443"
	}
	if port == "" {
		return invalid("must say the port: %s://host:port", name)
	}
	host := asciiName(parsed.Hostname())
	return target{name: host, address: net.JoinHostPort(host, port), scheme: name, prelude: known.prelude}, nil
}

func isFileScheme(name string) bool {
	switch name {
	case "file", "pkcs12", "jks", "acme-json":
		return true
	default:
		return false
	}
}

// asciiName writes a name as it stands in certificates and in the DNS.
func asciiName(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return name
	}
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return name // one that the rules forbid and that exists nevertheless: with_underscore
}

// String writes the target as a person would.
func (t target) String() string {
	switch {
	case t.pattern != "":
		return t.pattern
	case t.prelude != nil:
		return t.scheme + "://" + t.address
	default:
		return t.address
	}
}
