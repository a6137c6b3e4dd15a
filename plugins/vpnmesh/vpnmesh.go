// Package vpnmesh watches mesh networks: the Tailscale, ZeroTier or NetBird of
// this machine with the peers it knows, or what administers such a network, which
// knows all of them: Headscale, Tailscale's own API, ZeroTier Central, NetBird's.
//
// Everything is asked with GET, or with a program that prints its state. What a
// provider does not tell is absent; it is never made of something else.
package vpnmesh

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of mesh, and of what is asked about it.
const (
	auto         = "auto"
	tailscale    = "tailscale"
	tailscaleAPI = "tailscale_api"
	headscale    = "headscale"
	zerotier     = "zerotier"
	central      = "zerotier_central"
	netbird      = "netbird"
	netbirdAPI   = "netbird_api"
)

// Where things are when nothing else is said.
const (
	defaultSocket    = "/var/run/tailscale/tailscaled.sock"
	defaultTokenFile = "/var/lib/zerotier-one/authtoken.secret" //nolint:gosec // the path of a token, not one
	zerotierPort     = "9993"
)

// config is what a person can set.
type config struct {
	Type    string          `json:"type" title:"Mesh" help:"What is asked: the program on this machine (tailscale, zerotier, netbird) or what administers the network (headscale and those with api or central); auto takes what is there, or finds out what answers at the address." enum:"auto,tailscale,tailscale_api,headscale,zerotier,zerotier_central,netbird,netbird_api"`
	URL     string          `json:"url" title:"Address" help:"Where it answers; needed for Headscale and servers of your own, else the usual place of each." format:"uri" example:"http://192.168.1.10:8080"`
	Token   plugin.Secret   `json:"token" title:"Token" help:"The API key of Headscale or Tailscale, the token of ZeroTier Central, a personal access token of NetBird; for the ZeroTier of this machine in place of its file." group:"login"`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long one question may take." min:"100ms" max:"5m" group:"connection"`

	Expected []string        `json:"expected_online" title:"Should be online" help:"Names or addresses of peers that should be online at all times, such as a server; an alert tells when one is not." max:"100" example:"nas" group:"peers"`
	Offline  plugin.Duration `json:"offline_after" title:"Offline after" help:"A peer of which only is told when it was seen last counts as offline after this time." min:"10s" max:"30d" group:"peers"`
	Shared   bool            `json:"include_shared" title:"Shared peers" help:"Include machines that other people share with you." group:"peers"`
	Expired  bool            `json:"include_expired" title:"Expired peers" help:"Include machines whose key or login is over." group:"peers"`

	Socket    string   `json:"socket" title:"Socket of tailscaled" help:"Where the Tailscale of this machine answers." example:"/var/run/tailscale/tailscaled.sock" group:"Tailscale"`
	TokenFile string   `json:"auth_token_file" title:"Token file" help:"Where the ZeroTier of this machine keeps the token of its interface." group:"ZeroTier"`
	Networks  []string `json:"networks" title:"Networks" help:"ZeroTier networks to look at, by their IDs of 16 letters and digits; none are all." pattern:"^[0-9a-fA-F]{16}$" max:"50" example:"8056c2e21c000001" group:"ZeroTier"`

	Headers  map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for each request." group:"connection"`
	ProxyURL string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through; env takes the one in the environment." group:"connection" example:"http://proxy.lan:3128"`
	fetch.TLS
}

func defaults() config {
	return config{
		Type: auto, Timeout: plugin.Duration(10 * time.Second), Expected: []string{}, Offline: plugin.Duration(5 * time.Minute), Shared: true, Expired: true,
		Socket: defaultSocket, TokenFile: defaultTokenFile, Networks: []string{}, Headers: map[string]plugin.Secret{}, TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	switch {
	case c.Type == headscale && c.URL == "":
		return plugin.Invalid("url", "is needed for Headscale: where it answers")
	case (c.Type == tailscale || c.Type == netbird) && c.URL != "":
		return plugin.Invalid("url", "is not for the program on this machine; leave it empty, or choose what administers the network")
	case !strings.HasPrefix(c.Socket, "/"):
		return plugin.Invalid("socket", "must be an absolute path")
	case !strings.HasPrefix(c.TokenFile, "/"):
		return plugin.Invalid("auth_token_file", "must be an absolute path")
	}
	if c.URL == "" {
		c.URL = usualPlace(tailscaleAPI) // for the checks of what else there is
	}
	return c.reach(c.URL).Validate()
}

// reach is how an address is reached. Each kind sends the token in a form of its
// own.
func (c config) reach(url string) fetch.Config {
	return fetch.Config{URL: url, Timeout: c.Timeout, Headers: c.Headers, ProxyURL: c.ProxyURL, TLS: c.TLS}
}

// usualPlace is where a kind answers when nothing else is said.
func usualPlace(kind string) string {
	switch kind {
	case tailscaleAPI:
		return "https://api.tailscale.com"
	case zerotier:
		return "http://127.0.0.1:" + zerotierPort
	case central:
		return "https://api.zerotier.com/api/v1"
	case netbirdAPI:
		return "https://api.netbird.io"
	default:
		return ""
	}
}

// Plugin declares the plugin vpn_mesh_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is asked yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return &collector{config: config, host: host}, nil
}
