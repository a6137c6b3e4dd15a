// Package ups watches uninterruptible power supplies through the daemons that
// talk to them: upsd of Network UPS Tools, which may have several, and apcupsd.
//
// One connection stays open between runs, and nothing is ever written: no
// variable is set, no command sent to the UPS. What happened to the power is
// remembered over restarts, so that no event is told twice.
package ups

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of daemon.
const (
	kindAuto    = "auto"
	kindNUT     = "nut"
	kindApcupsd = "apcupsd"
)

// What is said of encryption.
const (
	tlsOff     = "off"
	tlsTry     = "try"
	tlsRequire = "require"
)

// config is what a person can set.
type config struct {
	Type     string          `json:"type" title:"Daemon" help:"Which daemon looks after the UPS; auto asks NUT, and then apcupsd." enum:"auto,nut,apcupsd"`
	Host     string          `json:"host" title:"Host" help:"Where the daemon runs; a port may follow." required:"true" example:"192.168.1.10"`
	Port     int             `json:"port" title:"Port" help:"The daemon's port; 0 is the usual one, 3493 for NUT and 3551 for apcupsd." min:"0" max:"65535"`
	UPS      []string        `json:"ups" title:"UPS" help:"Names of those to watch, as upsc -l lists them; none are all. Only NUT has several." pattern:"^[^\\s\"\\\\]+$" max:"50"`
	Timeout  plugin.Duration `json:"timeout" title:"Timeout" help:"How long connecting, and then each answer, may take." min:"100ms" max:"1m" group:"connection"`
	Username string          `json:"username" title:"User" help:"A user of upsd.users, only where NUT wants one for reading." pattern:"^[^\\s\"\\\\]*$" group:"login"`
	Password plugin.Secret   `json:"password" title:"Password" help:"The password of the user." group:"login"`
	StartTLS string          `json:"starttls" title:"Encryption" help:"Whether NUT is asked to encrypt; try goes on without where it cannot." enum:"off,try,require" group:"connection"`

	Extra          plugin.Globs    `json:"extra_variables" title:"More variables" help:"Further numbers of NUT or apcupsd that become series, such as ambient.* or outlet.*." max:"50" group:"advanced"`
	BatteryWarning float64         `json:"battery_warning_ratio" title:"Charge to warn at" help:"Below this charge the page of the UPS warns; 0.5 is half full." min:"0" max:"1" group:"advanced"`
	RuntimeWarning plugin.Duration `json:"runtime_warning" title:"Runtime to warn at" help:"Below this runtime the page of the UPS warns." min:"0s" max:"1d" group:"advanced"`

	fetch.TLS
}

func defaults() config {
	return config{
		Type: kindAuto, Host: "127.0.0.1", UPS: []string{}, Timeout: plugin.Duration(5 * time.Second), StartTLS: tlsOff,
		Extra: plugin.Globs{}, BatteryWarning: 0.5, RuntimeWarning: plugin.Duration(10 * time.Minute), TLS: fetch.TLS{Verify: true},
	}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.TLS.Validate(); err != nil {
		return err
	}
	if _, _, err := c.address(0); err != nil {
		return err
	}
	switch {
	case c.Username != "" && c.Password.Empty():
		return plugin.Invalid("password", "is missing: a user cannot log in without one")
	case c.Username == "" && !c.Password.Empty():
		return plugin.Invalid("username", "is missing: a password belongs to a user")
	case c.Type == kindApcupsd && c.Username != "":
		return plugin.Invalid("username", "must be empty: apcupsd knows no users")
	case c.Type == kindApcupsd && c.StartTLS == tlsRequire:
		return plugin.Invalid("starttls", "must not be require: apcupsd cannot encrypt")
	}
	return nil
}

// Plugin declares the plugin ups_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the daemon may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	c := &collector{config: config, host: host}
	if config.Type != kindApcupsd {
		client, err := newNUT(config, host)
		if err != nil {
			return nil, err
		}
		c.daemons = append(c.daemons, client)
	}
	_, given, err := config.address(0)
	if err != nil {
		return nil, err
	}
	// At a port that was named only one of the two can listen: apcupsd where
	// it is its own.
	switch {
	case config.Type == kindApcupsd, config.Type == kindAuto && !given:
		c.daemons = append(c.daemons, newApcupsd(config, host))
	case config.Type == kindAuto && strings.HasSuffix(c.daemons[0].where(), ":3551"):
		c.daemons = []daemon{newApcupsd(config, host)}
	}
	return c, nil
}
