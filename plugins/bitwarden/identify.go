package bitwarden

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// about is what a vault tells everybody.
type about struct {
	kind       string
	version    string // of the server
	compatible string // of Bitwarden, as which it behaves
	// closed is whether strangers may not register; nil where it is not told.
	closed *bool
	// domain is the address that the server takes for its own.
	domain string
}

// settings is the answer of /api/config.
type settings struct {
	Object  string `json:"object"`
	Version string `json:"version"`
	Server  *struct {
		Name string `json:"name"`
	} `json:"server"`
	Settings *struct {
		Closed *bool `json:"disableUserRegistration"`
	} `json:"settings"`
	Environment struct {
		Vault string `json:"vault"`
	} `json:"environment"`
}

// identify finds out what answers. Nobody has to log in for it.
func identify(ctx context.Context, client *fetch.Client, wanted string) (*about, error) {
	var said settings
	err := client.GetJSON(ctx, "/api/config", &said)
	a := &about{kind: wanted}
	switch {
	case fault.Of(err) == fault.NotFound:
		// Vaultwarden before 1.30 has no such answer, but it has the next.
		if a.version, err = version(ctx, client); err != nil {
			return nil, notThis(client, err)
		}
		if wanted == auto {
			a.kind = vaultwarden
		}
		return a, nil
	case fault.Of(err) == fault.WrongService:
		return nil, notThis(client, err)
	case err != nil:
		return nil, err
	case said.Object != "config" || said.Version == "":
		return nil, notThis(client, nil)
	}
	if wanted == auto {
		a.kind = bitwarden
		if said.Server != nil && strings.EqualFold(said.Server.Name, vaultwarden) {
			a.kind = vaultwarden
		}
	}
	a.compatible = plugin.Shorten(said.Version, 40)
	a.domain = said.Environment.Vault
	if said.Settings != nil {
		a.closed = said.Settings.Closed
	}
	if a.version, err = version(ctx, client); err != nil {
		a.version = "" // the rest is known
	}
	if a.version == "" && a.kind == bitwarden {
		a.version = a.compatible
	}
	return a, nil
}

// version is what the server calls its own.
func version(ctx context.Context, client *fetch.Client) (string, error) {
	var said string
	err := client.GetJSON(ctx, "/api/version", &said)
	return plugin.Shorten(said, 40), err
}

// notThis says that something else answers.
func notThis(client *fetch.Client, err error) error {
	hint := "check the address, with its path if it has one"
	if err != nil {
		return fault.As(fault.WrongService, err, "it is no vault that answers").WithHint("%s", hint)
	}
	return fault.New(fault.WrongService, "GET %s: it is no vault that answers", client.URL("/api/config")).WithHint("%s", hint)
}

// insecure reports whether what is said to an address can be read on the way.
func insecure(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" {
		return false
	}
	ip, err := netip.ParseAddr(parsed.Hostname())
	return parsed.Hostname() != "localhost" && (err != nil || !ip.IsLoopback())
}
