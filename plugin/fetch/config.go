package fetch

import (
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Config is how a service is reached over HTTP. A plugin embeds it in its own
// config, so that these settings stand beside the plugin's and are called the
// same everywhere. Start from [Defaults].
type Config struct {
	URL     string          `json:"url" title:"Address" help:"Where the service answers." required:"true" format:"uri" example:"http://192.168.1.10:8080"`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long one request may take." min:"100ms" max:"5m" group:"connection"`
	Login
	Headers  map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for each request." group:"connection"`
	ProxyURL string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through; env takes the one in the environment." group:"connection" example:"http://proxy.lan:3128"`
	TLS
}

// Login is who Unity is to the service.
type Login struct {
	Username string        `json:"username" title:"User" help:"The user to log in as." group:"login"`
	Password plugin.Secret `json:"password" title:"Password" help:"The password of the user." group:"login"`
	Token    plugin.Secret `json:"token" title:"Token" help:"An API token, in place of user and password." group:"login"`
}

// Defaults returns what holds where nothing else is said: certificates are
// verified, and a request may take ten seconds.
func Defaults() Config {
	return Config{Timeout: plugin.Duration(10 * time.Second), TLS: TLS{Verify: true}}
}

// Validate checks the address and what belongs together.
func (c Config) Validate() error {
	if _, err := parseBase(c.URL); err != nil {
		return err
	}
	switch proxy, err := url.Parse(c.ProxyURL); {
	case c.ProxyURL == "" || c.ProxyURL == proxyFromEnv:
	case err != nil || proxy.Host == "":
		return plugin.Invalid("proxy_url", "is not an address such as http://proxy.lan:3128")
	case proxy.Scheme != "http" && proxy.Scheme != "https" && proxy.Scheme != "socks5":
		return plugin.Invalid("proxy_url", "must begin with http://, https:// or socks5://")
	case proxy.User != nil:
		return plugin.Invalid("proxy_url", "must not hold a password; a proxy with a login is set in the environment, and this to env")
	}
	for name := range c.Headers {
		if !isHeaderName(name) {
			return plugin.Invalid("headers."+name, "is not the name of a header")
		}
	}
	return nil
}

// proxyFromEnv as proxy_url takes HTTP_PROXY and its kin.
const proxyFromEnv = "env"

// base is a parsed address: of a server, or of a Unix socket.
type base struct {
	url    *url.URL
	socket string
}

func parseBase(address string) (base, error) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil:
		return base{}, plugin.Invalid("url", "is not an address such as http://192.168.1.10:8080")
	case parsed.User != nil:
		return base{}, plugin.Invalid("url", "must not hold a user or password; there are settings for them")
	case parsed.Scheme == "unix":
		if parsed.Host != "" || !strings.HasPrefix(parsed.Path, "/") {
			return base{}, plugin.Invalid("url", "must be the absolute path of a socket: unix:///run/service.sock")
		}
		return base{url: &url.URL{Scheme: "http", Host: "localhost"}, socket: parsed.Path}, nil
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return base{}, plugin.Invalid("url", "must begin with http://, https:// or unix://")
	case parsed.Hostname() == "":
		return base{}, plugin.Invalid("url", "names no host")
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return base{}, plugin.Invalid("url", "must not have a query or a fragment")
	}
	parsed.Path = strings.TrimRight(parsed.Path, "/")
	parsed.RawPath = strings.TrimRight(parsed.RawPath, "/")
	return base{url: parsed}, nil
}

func isHeaderName(name string) bool {
	if name == "" {
		return false
	}
	for _, r := range name {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return false
		}
	}
	return true
}
