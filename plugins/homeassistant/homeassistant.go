// Package homeassistant watches Home Assistant: entities that went away,
// integrations that could not be set up, repairs, updates, backups and batteries.
//
// States and settings are asked for over REST. What only the interface gets to
// know, such as repairs and the log, is asked for in one short WebSocket session.
package homeassistant

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// config is what a person can set.
type config struct {
	URL     string          `json:"url" title:"Address" help:"Where Home Assistant answers." required:"true" format:"uri" example:"http://192.168.1.10:8123"`
	Token   plugin.Secret   `json:"token" title:"Token" help:"A long-lived access token: your profile, Security, at the end of the page." group:"login"`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long one request may take." min:"100ms" max:"30s" group:"connection"`

	Headers  map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for each request, for a proxy that wants a login." group:"connection"`
	ProxyURL string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through; env takes the one in the environment." group:"connection" example:"http://proxy.lan:3128"`
	fetch.TLS

	WebSocket bool            `json:"use_websocket" title:"WebSocket" help:"Ask for repairs, notifications, the log and the recorder, which are told over a WebSocket only."`
	Ignore    plugin.Globs    `json:"ignore_entities" title:"Entities that may be away" help:"Not counted as unavailable or unknown." group:"entities" example:"media_player.*"`
	Grace     plugin.Duration `json:"unavailable_grace" title:"Away for" help:"An entity counts as unavailable or unknown when it has been so for this long." max:"7d" group:"entities"`
	Battery   float64         `json:"low_battery_ratio" title:"Low battery" help:"A battery below this part of its charge counts as low." min:"0" max:"1" group:"entities"`
	Export    plugin.Globs    `json:"export_entities" title:"Entities to keep" help:"Entities whose values are stored as metrics, when they are numbers, or on and off; 200 at most." group:"entities" example:"sensor.*_temperature"`
	MaxAge    plugin.Duration `json:"backup_max_age" title:"Oldest backup" help:"A backup that is older than this counts as old." min:"1h" max:"365d"`
	Rows      int             `json:"max_rows" title:"Most rows" help:"How long each list on the page may be." min:"1" max:"500" group:"advanced"`
}

func defaults() config {
	return config{
		URL: "http://homeassistant.local:8123", Timeout: plugin.Duration(10 * time.Second), TLS: fetch.TLS{Verify: true}, WebSocket: true,
		Ignore: plugin.Globs{}, Export: plugin.Globs{}, Grace: plugin.Duration(5 * time.Minute), Battery: 0.15,
		MaxAge: plugin.Duration(48 * time.Hour), Rows: 50,
	}
}

// access is how the server is reached.
func (c config) access() fetch.Config {
	return fetch.Config{
		URL: c.URL, Timeout: c.Timeout, Login: fetch.Login{Token: c.Token}, Headers: c.Headers, ProxyURL: c.ProxyURL, TLS: c.TLS,
	}
}

// Validate checks what the schema cannot say.
func (c config) Validate() error { return c.access().Validate() }

// collector watches one Home Assistant.
type collector struct {
	*fetch.Client

	config config
	host   plugin.Host
	guard  lockout.Guard
	// resting are parts that are not there or that the token may not see; they are
	// asked for again after a while.
	resting lockout.Parts[string]
	backups backups
	// addOns are those that wait for an update, as the Supervisor told last.
	addOns []addOn
}

// Plugin declares the plugin home_assistant_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	client, err := fetch.New(config.access(), host)
	if err != nil {
		return nil, err
	}
	return &collector{Client: client, config: config, host: host}, nil
}
