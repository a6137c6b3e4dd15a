// Package networkswitch watches switches, routers and access points over SNMP:
// their ports and what goes through them, power over Ethernet, neighbours,
// sensors and load.
//
// What changes is asked for in every run, many columns at once, so that a switch
// of 48 ports takes some twenty questions; what hardly changes (names, neighbours,
// addresses, VLANs, inventory) is asked for now and then. Nothing is ever set.
package networkswitch

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// The parts that can be collected.
const (
	partInterfaces = "interfaces"
	partPoE        = "poe"
	partLLDP       = "lldp"
	partMAC        = "mac"
	partVLAN       = "vlan"
	partSTP        = "stp"
	partSensors    = "sensors"
	partResources  = "resources"
)

// The levels of SNMPv3.
const (
	levelNone    = "noAuthNoPriv"
	levelAuth    = "authNoPriv"
	levelPrivate = "authPriv"
)

// config is what a person can set.
type config struct {
	Host      string          `json:"host" title:"Host" help:"Name or address of the device." required:"true" example:"192.168.1.2"`
	Port      int             `json:"port" title:"Port" help:"The port of its SNMP agent." min:"1" max:"65535" group:"connection"`
	Transport string          `json:"transport" title:"Transport" help:"Almost every device speaks UDP." enum:"udp,tcp" group:"connection"`
	Timeout   plugin.Duration `json:"timeout" title:"Timeout" help:"How long one answer may take; after that it is asked again." min:"100ms" max:"20s" group:"connection"`
	Retries   int             `json:"retries" title:"Tries again" help:"How often a question is asked again that was not answered." min:"0" max:"5" group:"connection"`

	Version   string        `json:"version" title:"Version" help:"Version of SNMP; 3 is the only one that is encrypted." enum:"1,2c,3"`
	Community plugin.Secret `json:"community" title:"Community" help:"The password of versions 1 and 2c; public where none is given."`

	User         string        `json:"v3_user" title:"User" help:"The user of version 3." group:"login"`
	Level        string        `json:"v3_level" title:"Level" help:"Whether version 3 proves who asks (auth), and encrypts (priv)." enum:"noAuthNoPriv,authNoPriv,authPriv" group:"login"`
	AuthProtocol string        `json:"v3_auth_protocol" title:"Proof" help:"How version 3 proves who asks." enum:"MD5,SHA,SHA224,SHA256,SHA384,SHA512" group:"login"`
	AuthPassword plugin.Secret `json:"v3_auth_password" title:"Password" help:"The user's password, of at least eight characters." group:"login"`
	PrivProtocol string        `json:"v3_priv_protocol" title:"Encryption" help:"How version 3 encrypts; those that end in C are Cisco's." enum:"DES,AES,AES192,AES256,AES192C,AES256C" group:"login"`
	PrivPassword plugin.Secret `json:"v3_priv_password" title:"Password of the encryption" help:"A second password, of at least eight characters." group:"login"`
	Context      string        `json:"v3_context" title:"Context" help:"The context of version 3; empty on almost every device." group:"login"`

	Collect     []string `json:"collect" title:"Parts" help:"What is collected; a part that the device does not have costs one question." enum:"interfaces,poe,lldp,mac,vlan,stp,sensors,resources" group:"advanced"`
	Include     string   `json:"interface_include" title:"Only ports" help:"A regular expression: only ports whose name, description or alias it fits." group:"ports"`
	Exclude     string   `json:"interface_exclude" title:"Not ports" help:"A regular expression: no ports whose name or description it fits." group:"ports"`
	OnlyAdminUp bool     `json:"only_admin_up" title:"Only ports in use" help:"Leave out ports that are switched off in the device's settings." group:"ports"`
	Uplinks     []string `json:"uplink_ports" title:"Uplinks" help:"Names of the ports that have to be up; an alert tells when one is not." max:"100" example:"ge-0/0/47"`

	Custom []customOID `json:"custom_oids" title:"Further values" help:"Values of the vendor's own, by their number." max:"50" group:"advanced"`

	MaxOIDs      int             `json:"max_oids" title:"Values in a question" help:"How many values one answer holds at most; halved by itself where a device cannot. 60 fit into one packet." min:"1" max:"500" group:"advanced"`
	Repetitions  int             `json:"max_repetitions" title:"Rows in a question" help:"How many rows of a table one answer holds at most." min:"1" max:"200" group:"advanced"`
	SlowInterval plugin.Duration `json:"slow_interval" title:"Slow parts" help:"How often neighbours, addresses, VLANs and inventory are asked for." min:"1m" max:"1d" group:"advanced"`
}

// customOID is a value of the vendor's own.
type customOID struct {
	Name  string  `json:"name" title:"Name" help:"What it is called; the label of its series." required:"true" example:"fan_rpm"`
	OID   string  `json:"oid" title:"OID" help:"Its number; that of a column gives a series for each row." required:"true" pattern:"^\\.?[0-9]+(\\.[0-9]+)+$" example:"1.3.6.1.4.1.9.9.13.1.4.1.3"`
	Kind  string  `json:"kind" title:"Kind" help:"Whether it goes up and down (gauge), or only up (counter)." enum:"gauge,counter"`
	Scale float64 `json:"scale" title:"Factor" help:"What it is multiplied by; 0 is 1."`
}

func defaults() config {
	return config{
		Port: 161, Transport: "udp", Timeout: plugin.Duration(2 * time.Second), Retries: 1, Version: "2c", Level: levelPrivate,
		AuthProtocol: "SHA", PrivProtocol: "AES", Exclude: `^(lo|Null|Vlan-interface?0|docker|veth)`, Uplinks: []string{}, Custom: []customOID{},
		Collect: []string{partInterfaces, partPoE, partLLDP, partMAC, partVLAN, partSTP, partSensors, partResources},
		MaxOIDs: 60, Repetitions: 25, SlowInterval: plugin.Duration(10 * time.Minute),
	}
}

// minPassword is what the User-based Security Model demands.
const minPassword = 8

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if name := strings.TrimSpace(c.Host); strings.Contains(name, "://") || strings.ContainsAny(name, "/@ ") {
		return plugin.Invalid("host", "must be a name or an address such as 192.168.1.2; the port has a setting of its own")
	}
	for path, pattern := range map[string]string{"interface_include": c.Include, "interface_exclude": c.Exclude} {
		if _, err := regexp.Compile(pattern); err != nil {
			return plugin.Invalid(path, "is not a regular expression: %v", err)
		}
	}
	seen := make(map[string]bool, len(c.Custom))
	for _, custom := range c.Custom {
		if seen[custom.Name] {
			return plugin.Invalid("custom_oids", "has two values of the name %q", custom.Name)
		}
		seen[custom.Name] = true
	}
	if c.Version != "3" {
		return nil
	}
	if c.User == "" {
		return plugin.Invalid("v3_user", "is missing: version 3 has users in place of a community")
	}
	for _, need := range []struct {
		path   string
		secret plugin.Secret
		needed bool
	}{
		{"v3_auth_password", c.AuthPassword, c.Level != levelNone}, {"v3_priv_password", c.PrivPassword, c.Level == levelPrivate},
	} {
		switch {
		case !need.needed:
		case need.secret.Empty():
			return plugin.Invalid(need.path, "is missing: the level %s needs it", c.Level)
		case len(string(need.secret)) < minPassword && !strings.Contains(string(need.secret), ":"):
			return plugin.Invalid(need.path, "has fewer than %d characters, which no device takes", minPassword)
		}
	}
	return nil
}

// Plugin declares the plugin network_switch_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the device may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return &collector{
		config: config, host: host, session: newSession(config, host),
		include: regexp.MustCompile(config.Include), exclude: regexp.MustCompile(config.Exclude), // Validate has compiled them
		wrapped: make(map[string]wrap), changed: make(map[string]float64),
	}, nil
}
