// Package photomanager watches a library of photos kept by Immich or PhotoPrism:
// how it grows, what it takes on the disk, and whether the work behind it gets
// done.
//
// Everything is asked with GET, apart from the login that PhotoPrism may need.
// What a key may not see is left out and named.
package photomanager

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of server.
const (
	kindAuto       = "auto"
	kindImmich     = "immich"
	kindPhotoPrism = "photoprism"
)

// config is what a person can set.
type config struct {
	fetch.Config

	Platform  string          `json:"platform" title:"Server" help:"Which server it is; auto finds out." enum:"auto,immich,photoprism"`
	PerUser   bool            `json:"per_user" title:"Series of each user" help:"Keep what each user of Immich has as series, of 100 at most. The page lists users either way." group:"users"`
	ShowNames bool            `json:"show_user_names" title:"Names of users" help:"Call users by their names; without it they are user-1, user-2 and so on." group:"users"`
	Stuck     plugin.Duration `json:"queue_stuck" title:"Stuck after" help:"How long a queue of Immich may wait without getting shorter before it counts as stuck." min:"1m" max:"7d" group:"advanced"`
}

func defaults() config {
	at := fetch.Defaults()
	at.URL = "http://localhost:2283"
	return config{Config: at, Platform: kindAuto, ShowNames: true, Stuck: plugin.Duration(time.Hour)}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	switch {
	case c.Platform == kindImmich && (c.Username != "" || !c.Password.Empty()):
		return plugin.Invalid("username", "must be empty: Immich takes an API key as token")
	case c.Username != "" && c.Password.Empty():
		return plugin.Invalid("password", "is missing: a user cannot log in without one")
	case c.Username == "" && !c.Password.Empty():
		return plugin.Invalid("username", "is missing: a password belongs to a user")
	case c.Username != "" && !c.Token.Empty():
		return plugin.Invalid("token", "must be empty beside a user; one of both is enough")
	}
	return nil
}

// Plugin declares the plugin photo_manager_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is asked yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	at := config.Config
	at.Token, at.Username, at.Password = "", "", "" // each kind sends them in a way of its own
	client, err := fetch.New(at, host)
	if err != nil {
		return nil, err
	}
	return &collector{
		Client: client, config: config, host: host,
		progress: make(map[string]queueProgress),
	}, nil
}
