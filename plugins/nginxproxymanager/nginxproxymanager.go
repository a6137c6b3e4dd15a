// Package nginxproxymanager watches Nginx Proxy Manager: its hosts and streams,
// whether nginx took them, and its certificates.
package nginxproxymanager

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
	Expiring int `json:"expiring_days" title:"Expires soon" help:"So many days before its end a certificate counts as expiring." min:"1" max:"365"`
}

func defaults() config {
	c := config{Config: fetch.Defaults(), Expiring: 30}
	c.URL = "http://127.0.0.1:81"
	return c
}

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	if (c.Username == "") != c.Password.Empty() {
		return plugin.Invalid("username", "is the e-mail of a user, and password its password: both are needed, or else a token")
	}
	return c.Config.Validate()
}

// collector asks one Nginx Proxy Manager.
type collector struct {
	*fetch.Client

	config  config
	host    plugin.Host
	guard   lockout.Guard
	token   string // of the session; empty before the first login
	renew   time.Time
	expires time.Time
}

// Plugin declares the plugin nginx_proxy_manager_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	client, err := fetch.New(config.Config, host)
	if err != nil {
		return nil, err
	}
	return &collector{Client: client, config: config, host: host}, nil
}
