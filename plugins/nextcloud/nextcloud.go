// Package nextcloud watches a Nextcloud: whether it is in maintenance, its users,
// files, shares and space, the database, PHP and its caches, and updates.
//
// What everybody may know is asked without a login. The rest is told by the app
// serverinfo, to whom has its token or is an administrator.
package nextcloud

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// config is what a person can set.
type config struct {
	fetch.Config

	AppUpdates   bool            `json:"check_app_updates" title:"Updates of apps" help:"Ask for updates of apps. Nextcloud asks its app store for them." group:"updates"`
	ServerUpdate bool            `json:"check_server_update" title:"Update of Nextcloud" help:"Ask whether there is a newer Nextcloud." group:"updates"`
	UpdatesEvery plugin.Duration `json:"update_interval" title:"Look for updates every" help:"How often updates are asked for." min:"1h" max:"7d" group:"updates"`
}

func defaults() config {
	c := config{Config: fetch.Defaults(), AppUpdates: true, ServerUpdate: true, UpdatesEvery: plugin.Duration(24 * time.Hour)}
	c.URL = "http://localhost"
	return c
}

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	if (c.Username == "") != c.Password.Empty() {
		return plugin.Invalid("username", "is an administrator, and password an app password of theirs: both are needed, or else the token")
	}
	return c.Config.Validate()
}

// collector watches one Nextcloud.
type collector struct {
	*fetch.Client

	config config
	host   plugin.Host
	guard  lockout.Guard
	// doubted is whether the last login was refused: Nextcloud then lets the next
	// one wait, maybe longer than a request may take.
	doubted bool
	// missed is when updates were asked for in vain.
	missed time.Time
	// absent is why serverinfo is not asked, until then.
	absent error
	until  time.Time
}

// Plugin declares the plugin nextcloud_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is asked yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	at := config.Config
	at.Login = fetch.Login{} // sent only where it is wanted
	client, err := fetch.New(at, host)
	if err != nil {
		return nil, err
	}
	return &collector{Client: client, config: config, host: host}, nil
}
