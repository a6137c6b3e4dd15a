// Package syncthing watches one Syncthing: whether its folders are in sync and
// without errors, and which of the devices it shares them with are connected.
//
// Everything comes from its REST interface. Sizes of folders are expensive for
// it by its own word, so that they are asked for at most every thirty seconds,
// and how far other devices are every few minutes.
package syncthing

import (
	"context"
	"path/filepath"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set. What one may set is called token everywhere;
// here it is the API key.
type config struct {
	fetch.Config
	ConfigFile string `json:"config_file" title:"Its config file" help:"Where Syncthing on this machine keeps its settings; the API key is read there when no token is given." example:"/home/ann/.local/state/syncthing/config.xml"`

	Folders plugin.Globs `json:"folders" title:"Folders" help:"IDs or labels of the folders to watch; empty means all." example:"photos*"`
	Devices plugin.Globs `json:"devices" title:"Devices" help:"IDs or names of the devices to watch; empty means all." example:"laptop"`
	Always  plugin.Globs `json:"always_connected" title:"Always connected" help:"IDs or names of devices that should be connected at all times; an alert tells when one is not." example:"nas"`

	StaleAfter  plugin.Duration `json:"device_stale_after" title:"Stale after" help:"A device that was not seen for so long counts as stale." min:"1h" max:"365d" group:"advanced"`
	FolderEvery plugin.Duration `json:"folder_interval" title:"Folders every" help:"How often the state of folders is asked for; Syncthing calls it expensive." min:"30s" max:"1h" group:"advanced"`
	Completion  bool            `json:"device_completion" title:"How far devices are" help:"Ask every five minutes how much each device still lacks." group:"advanced"`
	Updates     bool            `json:"check_updates" title:"Look for updates" help:"Let Syncthing ask once a day whether there is a newer version, as its own page does." group:"advanced"`
}

func defaults() config {
	at := fetch.Defaults()
	at.URL = "http://127.0.0.1:8384"
	return config{
		Config: at, Folders: plugin.Globs{}, Devices: plugin.Globs{}, Always: plugin.Globs{},
		StaleAfter: plugin.Duration(7 * 24 * time.Hour), FolderEvery: plugin.Duration(time.Minute), Completion: true, Updates: true,
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if c.ConfigFile != "" && !filepath.IsAbs(c.ConfigFile) {
		return plugin.Invalid("config_file", "must be an absolute path")
	}
	return nil
}

// Plugin declares the plugin syncthing_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: Syncthing may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	client, err := fetch.New(config.Config, host, fetch.WithTokenHeader(keyHeader))
	if err != nil {
		return nil, err
	}
	return &collector{
		config: config, host: host, client: client,
		statuses: make(map[string]*folderStatus), completions: make(map[string]*completion),
	}, nil
}
