// Package downloadmanager watches one download manager: qBittorrent,
// Transmission, Deluge, SABnzbd or NZBGet. What each of them tells in its own way
// is brought under one set of metrics and one list of downloads; what one does not
// know is absent.
//
// Each of them locks out who logs in wrongly too often, so that a login that was
// refused is not tried again soon.
package downloadmanager

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The download managers.
const (
	auto         = "auto"
	qbittorrent  = "qbittorrent"
	transmission = "transmission"
	deluge       = "deluge"
	sabnzbd      = "sabnzbd"
	nzbget       = "nzbget"
)

// config is what a person can set.
type config struct {
	fetch.Config
	Client  string `json:"client" title:"Download manager" help:"Which one it is; auto asks without a login." enum:"auto,qbittorrent,transmission,deluge,sabnzbd,nzbget"`
	RPCPath string `json:"rpc_path" title:"Path of Transmission" help:"Where Transmission answers below the address." pattern:"^/" group:"advanced"`

	Connect     bool            `json:"deluge_auto_connect" title:"Connect Deluge" help:"Let the web interface of Deluge connect to its first daemon when it is connected to none." group:"advanced"`
	PerCategory bool            `json:"per_category" title:"By category" help:"Count downloads by category or label." group:"advanced"`
	StuckAfter  plugin.Duration `json:"stuck_after" title:"Stuck after" help:"A download that is not finished counts as stuck when nothing came for so long." min:"10m" max:"365d" group:"advanced"`
	History     plugin.Duration `json:"history_window" title:"History" help:"For how long jobs of SABnzbd and NZBGet that are done or went wrong are counted." min:"1h" max:"30d" group:"advanced"`
	MaxRows     int             `json:"max_rows" title:"Most rows" help:"How many downloads the table shows: what went wrong first, then what moves." min:"1" max:"500" group:"advanced"`
}

func defaults() config {
	at := fetch.Defaults()
	at.URL = "http://localhost:8080"
	return config{
		Config: at, Client: auto, RPCPath: "/transmission/rpc", Connect: true, PerCategory: true,
		StuckAfter: plugin.Duration(24 * time.Hour), History: plugin.Duration(24 * time.Hour), MaxRows: 50,
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if strings.ContainsAny(c.RPCPath, "?#") {
		return plugin.Invalid("rpc_path", "must be a path without a query")
	}
	return nil
}

// Plugin declares the plugin download_manager_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the download manager may be
// away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	plain := config.Config
	plain.Login = fetch.Login{}
	anonymous, err := fetch.New(plain, host)
	if err != nil {
		return nil, err
	}
	plain.Username, plain.Password = config.Username, config.Password
	known, err := fetch.New(plain, host)
	if err != nil {
		return nil, err
	}
	return &collector{config: config, host: host, plain: anonymous, basic: known, login: new(gate)}, nil
}
