// Package redis watches a server that speaks the protocol of Redis: Redis
// itself, Valkey, KeyDB, Dragonfly, or a Sentinel.
//
// One connection stays open between runs. A run is a few PINGs, one INFO, and
// small questions about slow commands, clients and the lengths of chosen keys;
// nothing is ever written, and no key is read.
package redis

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// config is what a person can set.
type config struct {
	URL      string          `json:"url" title:"Address" help:"Where the server answers: redis://host:port, rediss://host:port for TLS, or unix:///path of its socket." required:"true" example:"redis://192.168.1.10:6379"`
	Timeout  plugin.Duration `json:"timeout" title:"Timeout" help:"How long connecting, and then each answer, may take." min:"100ms" max:"1m" group:"connection"`
	Username string          `json:"username" title:"User" help:"The ACL user to log in as; empty is the server's default user, and the only one before Redis 6." group:"login"`
	Password plugin.Secret   `json:"password" title:"Password" help:"The password of the user." group:"login"`

	SlowLog          bool `json:"collect_slowlog" title:"Slow commands" help:"List the latest slow commands."`
	SlowLogEntries   int  `json:"slowlog_entries" title:"Slow commands listed" help:"How many slow commands are listed." min:"1" max:"128" group:"advanced"`
	SlowLogArguments bool `json:"slowlog_arguments" title:"Arguments of slow commands" help:"Also show the arguments of slow commands, which hold names of keys and often data." group:"advanced"`
	Clients          bool `json:"collect_client_list" title:"Clients" help:"List who is connected, fifty at most."`
	Commands         bool `json:"collect_command_stats" title:"Commands" help:"Measure calls, time and failures of the commands that take most of the time."`
	MaxCommands      int  `json:"max_commands" title:"Most commands" help:"How many commands have series of their own." min:"1" max:"200" group:"advanced"`
	Pings            int  `json:"ping_samples" title:"Pings" help:"How many PINGs a run sends; their median is the latency." min:"1" max:"20" group:"advanced"`

	Keys []keyCheck `json:"key_checks" title:"Lengths of keys" help:"Lists, streams, sets and texts whose length is measured, such as the queues of an application." max:"100"`

	fetch.TLS
}

// keyCheck is one key whose length is measured.
type keyCheck struct {
	DB   int    `json:"db" title:"Database" help:"The number of the database." min:"0" max:"65535"`
	Key  string `json:"key" title:"Key" help:"The name of the key." required:"true" example:"queue:default"`
	Type string `json:"type" title:"Type" help:"What the key is; auto asks the server each time." enum:"auto,list,stream,set,zset,hash,string"`
}

func defaults() config {
	return config{
		URL: "redis://localhost:6379", Timeout: plugin.Duration(5 * time.Second),
		SlowLog: true, SlowLogEntries: 10, Commands: true, MaxCommands: 20, Pings: 3,
		Keys: []keyCheck{}, TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	if c.Username != "" && c.Password.Empty() {
		return plugin.Invalid("password", "is missing: a user cannot log in without one")
	}
	_, err := parseTarget(c.URL)
	return err
}

// Plugin declares the plugin redis_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the server may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	at, err := parseTarget(config.URL)
	if err != nil {
		return nil, err
	}
	var security *tls.Config
	if at.secure {
		if security, err = config.TLS.Config(); err != nil {
			return nil, err
		}
	}
	asked := newClient(host, at, config.Timeout.Std(), security)
	asked.username, asked.password = config.Username, config.Password
	return &collector{config: config, host: host, databases: make(map[int]bool), client: asked}, nil
}
