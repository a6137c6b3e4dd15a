// Package influxdb watches an InfluxDB of any of its three kinds: 1.x, 2.x and
// 3 (Core and Enterprise). They share a name and little else; what they tell of
// themselves is brought under one set of metrics, and what one does not know is
// absent.
//
// Nothing is written and no points are read: figures come from the server's own
// accounts, names from its lists. One query of the user's choice can be timed.
package influxdb

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	fetch.Config
	Version string `json:"version" title:"Version" help:"Which InfluxDB it is; auto asks the server each time." enum:"auto,1,2,3" group:"advanced"`
	Org     string `json:"org" title:"Organization" help:"Only buckets and tasks of this organization of InfluxDB 2; empty takes all that the token may see."`

	Buckets      bool `json:"collect_bucket_stats" title:"Databases and buckets" help:"Ask for the names of databases or buckets and for how long they keep their data."`
	Tasks        bool `json:"collect_tasks" title:"Tasks" help:"Watch whether tasks of InfluxDB 2 run and succeed."`
	MaxDatabases int  `json:"max_databases" title:"Most databases" help:"How many databases or buckets get series, the largest first." min:"1" max:"500" group:"advanced"`

	ProbeQuery    string `json:"probe_query" title:"Query to time" help:"A small query that is run each time and timed: InfluxQL for 1.x, Flux for 2.x, SQL for 3." example:"SELECT last(value) FROM temperature" group:"advanced"`
	ProbeDatabase string `json:"probe_database" title:"Database of that query" help:"The database that the query asks; not needed for Flux." group:"advanced"`
}

func defaults() config {
	at := fetch.Defaults()
	at.URL = "http://localhost:8086"
	return config{Config: at, Version: "auto", Buckets: true, Tasks: true, MaxDatabases: 50}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if !c.Token.Empty() && (c.Username != "" || !c.Password.Empty()) {
		return plugin.Invalid("token", "is for InfluxDB 2 and 3, user and password for 1.x; give one of them")
	}
	return nil
}

// Plugin declares the plugin influxdb_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the server may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	client, err := fetch.New(config.Config, host)
	if err != nil {
		return nil, err
	}
	return &collector{config: config, host: host, client: client, totals: make(map[string]*total), tracker: new(delta.Tracker[string])}, nil
}
