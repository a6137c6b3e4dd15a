// Package firewall watches a firewall: that of this machine, made with nftables,
// iptables, ufw or firewalld, or an OPNsense or pfSense.
//
// Of this machine it reads the rules with their counters, what the tables of
// connections hold, and what the kernel logs of packets that were blocked. Rules
// are read as a whole and never changed. An appliance is asked over its API.
package firewall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/follow"
)

// What makes the rules.
const (
	auto      = "auto"
	nftables  = "nftables"
	iptables  = "iptables"
	ufw       = "ufw"
	firewalld = "firewalld"
	opnsense  = "opnsense"
	pfsense   = "pfsense"
	none      = "none"
)

// Where blocked packets are read.
const (
	logJournal = "journald"
	logFiles   = "files"
)

// config is what a person can set.
type config struct {
	Type    string          `json:"type" title:"Firewall" help:"What makes the rules; auto looks on this machine for firewalld, ufw, nftables and iptables, in this order." enum:"auto,nftables,iptables,ufw,firewalld,opnsense,pfsense"`
	Timeout plugin.Duration `json:"timeout" title:"Timeout" help:"How long one question may take." min:"100ms" max:"1m" group:"connection"`
	UseSudo bool            `json:"use_sudo" title:"Use sudo" help:"Run nft and its kin as sudo -n, where Unity is neither root nor has CAP_NET_ADMIN." group:"rules"`
	Rules   bool            `json:"collect_rules" title:"Show rules" help:"List the rules." group:"rules"`
	Count   bool            `json:"collect_counters" title:"Count packets" help:"Keep packets and bytes of chains and of rules that have a comment as series of their own." group:"rules"`
	Chains  plugin.Globs    `json:"chains" title:"Chains" help:"Only chains whose name fits have series of their own; empty means all." example:"input" max:"100" group:"rules"`

	Log       string          `json:"log_source" title:"Blocked packets" help:"Where the kernel's log of blocked packets is read: auto takes the journal if there is one, else the files." enum:"auto,journald,files,none" group:"log"`
	LogFiles  []string        `json:"log_files" title:"Files" help:"Files that the kernel's log is written to." max:"20" group:"log"`
	Directory string          `json:"journal_directory" title:"Folder of the journal" help:"The folder of a journal that is not that of this machine." example:"/var/log/journal/remote" pattern:"^(/.*)?$" group:"log"`
	Prefixes  []string        `json:"block_prefixes" title:"Marks" help:"A line tells of a blocked packet when one of these stands before IN=." max:"50" group:"log"`
	Threshold int             `json:"scan_threshold" title:"Suspicious from" help:"So many blocked packets within the window make an address suspicious." min:"2" max:"100000" group:"log"`
	Window    plugin.Duration `json:"scan_window" title:"Window" help:"Over how long blocked packets are counted together." min:"1m" max:"24h" group:"log"`
	Top       int             `json:"top_n" title:"Rows shown" help:"How many addresses and ports are shown." min:"1" max:"100" group:"log"`

	URL string `json:"url" title:"Address" help:"Where an OPNsense or a pfSense answers." format:"uri" example:"https://192.168.1.1" group:"appliance"`
	fetch.Login
	fetch.TLS
}

func defaults() config {
	return config{
		Type: auto, Timeout: plugin.Duration(10 * time.Second), Rules: true, Count: true, Chains: plugin.Globs{},
		Log: auto, LogFiles: []string{"/var/log/ufw.log", "/var/log/kern.log", "/var/log/messages"},
		Prefixes:  []string{"[UFW BLOCK]", "[UFW LIMIT BLOCK]", "FINAL_REJECT", "_DROP:", "DROP", "BLOCK", "REJECT", "DENY"},
		Threshold: 50, Window: plugin.Duration(10 * time.Minute), Top: 20,
		TLS: fetch.TLS{Verify: true},
	}
}

// remote reports whether an appliance is watched, and not this machine.
func (c config) remote() bool { return c.Type == opnsense || c.Type == pfsense }

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	if !c.remote() {
		return c.validateLocal()
	}
	if c.URL == "" {
		return plugin.Invalid("url", "is missing: where does it answer?")
	}
	switch {
	case c.Type == opnsense && (c.Username == "" || c.Password.Empty()):
		return plugin.Invalid("username", "is the key of the API, and password its secret: both are needed")
	case c.Type == pfsense && c.Token.Empty() && (c.Username == "" || c.Password.Empty()):
		return plugin.Invalid("token", "is missing: the key of the API, or else user and password")
	}
	return errors.Join(c.client().Validate(), c.TLS.Validate())
}

func (c config) validateLocal() error {
	if c.URL != "" {
		return plugin.Invalid("url", "is for an OPNsense or a pfSense; set type to one of these")
	}
	var problems []error
	for i, path := range c.LogFiles {
		if wrong := follow.ValidPath(path); wrong != "" {
			problems = append(problems, plugin.Invalid(fmt.Sprintf("log_files[%d]", i), "%s", wrong))
		}
	}
	if c.Log == logFiles && len(c.LogFiles) == 0 {
		problems = append(problems, plugin.Invalid("log_files", "is missing: name at least one file"))
	}
	return errors.Join(problems...)
}

// client is how an appliance is reached.
func (c config) client() fetch.Config {
	return fetch.Config{URL: c.URL, Timeout: c.Timeout, Login: c.Login, TLS: c.TLS}
}

// Plugin declares the plugin firewall_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	if !config.remote() {
		return newLocal(config, host), nil
	}
	var options []fetch.Option
	if config.Type == pfsense {
		options = append(options, fetch.WithTokenHeader("X-API-Key"))
	}
	client, err := fetch.New(config.client(), host, options...)
	if err != nil {
		return nil, err
	}
	return &appliance{config: config, host: host, Client: client}, nil
}
