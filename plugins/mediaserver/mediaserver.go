// Package mediaserver watches a Plex, Jellyfin or Emby server: who is watching
// what and how, what is in its libraries, and whether its tasks succeed.
//
// The three tell the same things in different words; what one does not tell is
// absent.
package mediaserver

import (
	"context"
	"net/netip"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// The kinds of server.
const (
	auto     = "auto"
	plex     = "plex"
	jellyfin = "jellyfin"
	emby     = "emby"
)

// config is one server and what is asked of it.
type config struct {
	URL        string                   `json:"url" title:"Address" help:"Where the server answers; Plex usually at port 32400, Jellyfin and Emby at 8096." required:"true" format:"uri" example:"http://192.168.1.10:8096"`
	Token      plugin.Secret            `json:"token" title:"Token" help:"The X-Plex-Token, or an API key of Jellyfin or Emby (Dashboard, API keys)." group:"login"`
	ServerType string                   `json:"server_type" title:"Server" help:"What kind of server it is; auto asks it." enum:"auto,plex,jellyfin,emby" group:"advanced"`
	Timeout    plugin.Duration          `json:"timeout" title:"Timeout" help:"How long one request may take." min:"100ms" max:"5m" group:"connection"`
	Headers    map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for each request, for a proxy that wants a login." group:"connection"`
	ProxyURL   string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through; env takes the one in the environment." group:"connection" example:"http://proxy.lan:3128"`
	fetch.TLS

	Libraries  bool `json:"libraries" title:"Libraries" help:"Count what is in the libraries, now and then."`
	Statistics bool `json:"plex_statistics" title:"Plex statistics" help:"Ask Plex for CPU, memory and bandwidth; without Plex Pass it does not say."`
	Tasks      bool `json:"tasks" title:"Tasks" help:"Watch whether scheduled tasks of Jellyfin and Emby succeed."`
	ShowUsers  bool `json:"show_users" title:"Names and titles" help:"Show who is watching what; without it both are left out everywhere."`

	LocalNetworks []string        `json:"local_networks" title:"Local networks" help:"Networks whose viewers are at home; private addresses when empty. Plex says so itself." max:"50" group:"advanced" example:"192.168.0.0/16"`
	MaxRows       int             `json:"max_rows" title:"Most rows" help:"How long each list on the page may be." min:"1" max:"500" group:"advanced"`
	Slow          plugin.Duration `json:"slow_interval" title:"Slow questions" help:"How often libraries, users and the like are asked for." min:"1m" max:"1d" group:"advanced"`
}

func defaults() config {
	return config{
		ServerType: auto, Timeout: plugin.Duration(10 * time.Second), TLS: fetch.TLS{Verify: true},
		Libraries: true, Statistics: true, Tasks: true, ShowUsers: true, MaxRows: 50, Slow: plugin.Duration(time.Hour),
	}
}

// access is how the server is reached. The token goes into a header of which the
// kind of server is not known yet.
func (c config) access() fetch.Config {
	return fetch.Config{URL: c.URL, Timeout: c.Timeout, Headers: c.Headers, ProxyURL: c.ProxyURL, TLS: c.TLS}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.access().Validate(); err != nil {
		return err
	}
	_, err := networks(c.LocalNetworks)
	return err
}

// networks reads addresses and networks.
func networks(texts []string) ([]netip.Prefix, error) {
	all := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, alone := netip.ParseAddr(text); alone == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return nil, plugin.Invalid("local_networks", "%q is not a network such as 192.168.0.0/16", text)
		}
		all = append(all, prefix)
	}
	return all, nil
}

// Plugin declares the plugin media_server_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// collector watches one server.
type collector struct {
	config config
	host   plugin.Host
	client *fetch.Client
	home   []netip.Prefix
	kind   string // once it is known
	guard  lockout.Guard
	// slow is what is asked now and then.
	slow *slow
	// off are parts that the server does not have; they are asked for again after a
	// while.
	off lockout.Parts[struct{}]
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	client, err := fetch.New(config.access(), host)
	if err != nil {
		return nil, err
	}
	home, err := networks(config.LocalNetworks)
	if err != nil {
		return nil, err
	}
	return &collector{config: config, host: host, client: client, home: home}, nil
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.client.Close() }

// local reports whether an address is at home; false where it is none.
func (c *collector) local(text string) (at bool, known bool) {
	address, err := netip.ParseAddr(text)
	if withPort, e := netip.ParseAddrPort(text); e == nil {
		address, err = withPort.Addr(), nil
	}
	if err != nil {
		return false, false
	}
	address = address.Unmap()
	if len(c.home) == 0 {
		return address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast(), true
	}
	for _, network := range c.home {
		if network.Contains(address) {
			return true, true
		}
	}
	return address.IsLoopback(), true
}
