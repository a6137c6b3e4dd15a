// Package bitwarden watches a vault of passwords: Vaultwarden, or a Bitwarden of
// one's own. It tells whether its parts answer, whether strangers may register,
// which users lack a second factor, how much there is, and the newest backup.
//
// No e-mail address, name or key is kept: of users and entries only how many there
// are.
package bitwarden

import (
	"context"
	"path"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// The kinds of server.
const (
	auto        = "auto"
	vaultwarden = "vaultwarden"
	bitwarden   = "bitwarden"
)

// config is what a person can set.
type config struct {
	URL        string                   `json:"url" title:"Address" help:"Where the vault answers, with the path if there is one." required:"true" format:"uri" example:"https://vault.example.org"`
	AdminToken plugin.Secret            `json:"admin_token" title:"Token of the administrator" help:"Of Vaultwarden: the ADMIN_TOKEN in clear, not its hash, to count users and to see settings. It may do everything; leave it empty to do without." group:"login"`
	ServerType string                   `json:"server_type" title:"Server" help:"What kind of server it is; auto asks it." enum:"auto,vaultwarden,bitwarden" group:"advanced"`
	DataDir    string                   `json:"data_dir" title:"Data folder" help:"Of Vaultwarden on this machine: the folder with db.sqlite3, for sizes, counts and backups." group:"data" example:"/var/lib/vaultwarden"`
	WebVault   bool                     `json:"check_web_vault" title:"Web vault" help:"Look whether the page in the browser answers; switch it off where there is none."`
	Inactive   int                      `json:"inactive_days" title:"Inactive after" help:"So many days after they were last there, users count as inactive." min:"1" max:"3650"`
	Timeout    plugin.Duration          `json:"timeout" title:"Timeout" help:"How long one request may take." min:"100ms" max:"5m" group:"connection"`
	Headers    map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for each request, for a proxy that wants a login." group:"connection"`
	ProxyURL   string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through; env takes the one in the environment." group:"connection" example:"http://proxy.lan:3128"`
	fetch.TLS

	Slow plugin.Duration `json:"slow_interval" title:"Slow questions" help:"How often users, settings and the data folder are looked at. A login of an administrator is needed each time." min:"10m" max:"1d" group:"advanced"`
}

func defaults() config {
	return config{
		URL: "http://localhost:8080", ServerType: auto, WebVault: true, Inactive: 180,
		Timeout: plugin.Duration(10 * time.Second), TLS: fetch.TLS{Verify: true}, Slow: plugin.Duration(time.Hour),
	}
}

// access is how the vault is reached.
func (c config) access() fetch.Config {
	return fetch.Config{URL: c.URL, Timeout: c.Timeout, Headers: c.Headers, ProxyURL: c.ProxyURL, TLS: c.TLS}
}

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	if c.DataDir != "" && !path.IsAbs(c.DataDir) {
		return plugin.Invalid("data_dir", "must be an absolute path")
	}
	return c.access().Validate()
}

// collector watches one vault.
type collector struct {
	*fetch.Client

	config config
	host   plugin.Host
	guard  lockout.Guard
	// session is the cookie of the administrator, and until when it is taken.
	session string
	ends    time.Time
	// What was looked at last, and when it is looked at again.
	admin     *admin
	nextAdmin time.Time
	data      *data
	nextData  time.Time
}

// Plugin declares the plugin bitwarden_monitor.
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
