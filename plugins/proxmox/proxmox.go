// Package proxmox watches Proxmox VE, one host or a whole cluster: its nodes,
// guests, storages, backups, tasks, replication and disks, with one API token.
//
// What changes fast is asked for in every run, tasks and replication every five
// minutes, disks and backups once an hour, and what has to be asked of each guest
// in turns. Everything is asked with GET; only a login with a password is a POST.
package proxmox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// config is what a person can set.
type config struct {
	URL      string          `json:"url" title:"Address" help:"Where the interface of a node answers." required:"true" format:"uri" example:"https://192.168.1.10:8006"`
	Extra    []string        `json:"extra_urls" title:"Other nodes" help:"Addresses of other nodes of the same cluster, which are asked when the first does not answer." max:"20" example:"https://192.168.1.11:8006"`
	TokenID  string          `json:"token_id" title:"Token ID" help:"The whole name of the API token." pattern:"^([^@\\s]+@[^@!\\s]+![^!=\\s]+)?$" group:"login" example:"monitor@pve!hub"`
	Secret   plugin.Secret   `json:"token_secret" title:"Token secret" help:"The secret that was shown when the token was made." group:"login"`
	Username string          `json:"username" title:"User" help:"In place of a token: a user that may only read, with the realm." pattern:"^([^@\\s]+@[^@!\\s]+)?$" group:"login" example:"monitor@pve"`
	Password plugin.Secret   `json:"password" title:"Password" help:"The password of the user." group:"login"`
	Timeout  plugin.Duration `json:"timeout" title:"Timeout" help:"How long one request may take." min:"100ms" max:"30s" group:"connection"`

	Headers  map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for each request, for a proxy that wants a login." group:"connection"`
	ProxyURL string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through; env takes the one in the environment." group:"connection" example:"http://proxy.lan:3128"`
	fetch.TLS

	Nodes     plugin.Globs `json:"nodes" title:"Nodes" help:"Only these nodes and what is on them; all when empty." group:"watched" example:"pve*"`
	Include   plugin.Globs `json:"guests_include" title:"Guests" help:"Only guests whose name, number or tag matches; all when empty." group:"watched" example:"web-*"`
	Exclude   plugin.Globs `json:"guests_exclude" title:"Guests left out" help:"Guests whose name, number or tag matches are left out." group:"watched" example:"test-*"`
	Templates bool         `json:"ignore_templates" title:"Leave out templates" help:"Templates are no guests that run." group:"watched"`

	Backups      bool `json:"collect_storage_backups" title:"Backups" help:"Look at what backups there are on the storages, once an hour." group:"watched"`
	Disks        bool `json:"collect_disks" title:"Disks" help:"Health and wear of the nodes' disks, once an hour. It makes the node read the SMART values of each." group:"watched"`
	ZFS          bool `json:"collect_zfs" title:"ZFS" help:"Health and size of the nodes' pools, once an hour." group:"watched"`
	Replication  bool `json:"collect_replication" title:"Replication" help:"Jobs that copy guests to other nodes." group:"watched"`
	HA           bool `json:"collect_ha" title:"High availability" help:"The state of what the cluster keeps running." group:"watched"`
	Ceph         bool `json:"collect_ceph" title:"Ceph" help:"The health of Ceph, where the nodes run it." group:"watched"`
	Certificates bool `json:"collect_certificates" title:"Certificates" help:"When the nodes' certificates end, once an hour." group:"watched"`
	Updates      bool `json:"collect_updates" title:"Updates" help:"How many updates wait, once an hour. It needs Sys.Modify on the nodes, which lets a token change them." group:"watched"`
	GuestAgent   bool `json:"guest_agent" title:"Guest agent" help:"Ask the agent in each virtual machine how full its file systems are, in turns." group:"watched"`

	MaxAge plugin.Duration `json:"backup_max_age" title:"Oldest backup" help:"A guest whose newest backup is older than this counts as stale." min:"1h" max:"365d"`
	Window plugin.Duration `json:"task_window" title:"Tasks of the last" help:"How far back tasks are counted." min:"1h" max:"31d"`
	Rows   int             `json:"max_rows" title:"Most rows" help:"How long each list on the page may be." min:"1" max:"500" group:"advanced"`
}

func defaults() config {
	return config{
		URL: "https://localhost:8006", Extra: []string{}, Timeout: plugin.Duration(10 * time.Second), TLS: fetch.TLS{Verify: true},
		Nodes: plugin.Globs{}, Include: plugin.Globs{}, Exclude: plugin.Globs{}, Templates: true,
		Backups: true, Disks: true, ZFS: true, Replication: true, HA: true, Ceph: true, Certificates: true,
		MaxAge: plugin.Duration(48 * time.Hour), Window: plugin.Duration(24 * time.Hour), Rows: 200,
	}
}

// access is how the node at an address is reached. The login goes into headers of
// its own.
func (c config) access(url string) fetch.Config {
	return fetch.Config{URL: url, Timeout: c.Timeout, Headers: c.Headers, ProxyURL: c.ProxyURL, TLS: c.TLS}
}

// Validate checks what the schema cannot say.
func (c config) Validate() error {
	if err := c.access(c.URL).Validate(); err != nil {
		return err
	}
	for i, url := range c.Extra {
		if err := c.access(url).Validate(); err != nil {
			return plugin.Invalid(fmt.Sprintf("extra_urls[%d]", i), "%s", strings.TrimPrefix(err.Error(), "url "))
		}
	}
	if (c.TokenID == "") != c.Secret.Empty() {
		return plugin.Invalid("token_id", "and token_secret are given together, as they were shown when the token was made")
	}
	if (c.Username == "") != c.Password.Empty() {
		return plugin.Invalid("username", "and password are given together, or else a token")
	}
	return nil
}

// wants reports whether a guest is looked at.
func (c config) wants(g *guest) bool {
	if c.Templates && g.template {
		return false
	}
	names := append([]string{g.Name, g.ID}, g.Tags...)
	matches := func(patterns plugin.Globs) bool {
		for _, name := range names {
			if patterns.Match(name) {
				return true
			}
		}
		return false
	}
	return c.wantsNode(g.Node) && !matches(c.Exclude) && (len(c.Include) == 0 || matches(c.Include))
}

// wantsNode reports whether a node is looked at.
func (c config) wantsNode(name string) bool { return plugin.Selects(c.Nodes, nil, name) }

// collector watches one host or cluster.
type collector struct {
	config  config
	host    plugin.Host
	clients []*fetch.Client // one for each address
	at      int             // the one that answered last
	guard   lockout.Guard
	ticket  string // of a login with a password
	renew   time.Time

	medium *medium
	slow   *slow
	round  map[string]*detail // what was asked of each guest, by number
	// resting are parts that are not there, not allowed, or hang.
	resting map[string]rest
}

// Plugin declares the plugin proxmox_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	c := &collector{config: config, host: host, round: make(map[string]*detail), resting: make(map[string]rest)}
	for _, url := range append([]string{config.URL}, config.Extra...) {
		client, err := fetch.New(config.access(url), host)
		if err != nil {
			return nil, err
		}
		c.clients = append(c.clients, client)
	}
	return c, nil
}

// Close implements io.Closer.
func (c *collector) Close() error {
	for _, client := range c.clients {
		_ = client.Close()
	}
	return nil
}
