package nextcloud

import (
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// document is what a person sees.
type document struct {
	Server   server    `json:"server"`
	Warnings []warning `json:"warnings"`
	Users    *users    `json:"users,omitempty"`
	Storage  *storage  `json:"storage,omitempty"`
	Updates  *updates  `json:"updates,omitempty"`
}

// server says what answers and what it runs on.
type server struct {
	Name        string `json:"name,omitempty"`
	State       string `json:"state"`
	Version     string `json:"version,omitempty"`
	Edition     string `json:"edition,omitempty"`
	Newer       string `json:"newer,omitempty"`
	Webserver   string `json:"webserver,omitempty"`
	PHP         string `json:"php,omitempty"`
	MemoryLimit amount `json:"memory_limit,omitzero"`
	UploadLimit amount `json:"upload_limit,omitzero"`
	Database    string `json:"database,omitempty"`
	Size        amount `json:"database_size,omitzero"`
	Local       string `json:"cache_local,omitempty"`
	Distributed string `json:"cache_distributed,omitempty"`
	Locking     string `json:"cache_locking,omitempty"`
}

// users are those who were there, and what they share.
type users struct {
	All      amount `json:"all,omitzero"`
	Disabled amount `json:"disabled,omitzero"`
	Now      amount `json:"active_5m,omitzero"`
	Day      amount `json:"active_24h,omitzero"`
	Shares   amount `json:"shares,omitzero"`
	Links    amount `json:"links,omitzero"`
	Open     amount `json:"links_no_password,omitzero"`
}

// storage is what is kept.
type storage struct {
	Files    amount `json:"files,omitzero"`
	Storages amount `json:"storages,omitzero"`
	Free     amount `json:"free_bytes,omitzero"`
}

// warning is something that should be otherwise.
type warning struct {
	What string `json:"what"`
	Do   string `json:"do"`
}

// The states of a Nextcloud.
const (
	stateOK          = "ok"
	stateMaintenance = "maintenance"
	stateUpgrade     = "needs upgrade"
)

func (s *status) state() string {
	switch {
	case s.Maintenance:
		return stateMaintenance
	case s.NeedsUpdate:
		return stateUpgrade
	default:
		return stateOK
	}
}

func (s *sight) document() document {
	d := document{
		Server: server{
			Name: plugin.Shorten(s.status.Product, 80), State: s.status.state(), Version: plugin.Shorten(s.status.Version, 40), Edition: plugin.Shorten(s.status.Edition, 40),
		},
		Warnings: []warning{}, Updates: s.updates,
	}
	if s.updates != nil {
		d.Server.Newer = s.updates.Version
	}
	if s.info == nil {
		return d
	}
	system, from, shares := &s.info.Nextcloud.System, s.info.Nextcloud.Storage, s.info.Nextcloud.Shares
	d.Server.Webserver = plugin.Shorten(s.info.Server.Webserver, 80)
	d.Server.PHP, d.Server.MemoryLimit, d.Server.UploadLimit = plugin.Shorten(s.info.Server.PHP.Version, 40), s.info.Server.PHP.MemoryLimit, s.info.Server.PHP.UploadMaximum
	d.Server.Database, d.Server.Size = strings.TrimSpace(plugin.Shorten(s.info.Server.Database.Type, 20)+" "+plugin.Shorten(s.info.Server.Database.Version, 60)), s.info.Server.Database.Size
	d.Server.Local, d.Server.Distributed, d.Server.Locking = cache(system.Local), cache(system.Distributed), cache(system.Locking)
	d.Users = &users{
		All: from["num_users"], Disabled: from["num_disabled_users"], Now: s.info.Active["last5minutes"], Day: s.info.Active["last24hours"],
		Shares: shares["num_shares"], Links: shares["num_shares_link"], Open: shares["num_shares_link_no_password"],
	}
	d.Storage = &storage{Files: from["num_files"], Storages: from["num_storages"], Free: system.FreeSpace}
	d.Warnings = append(d.Warnings, s.info.warnings()...)
	return d
}

// cache is the name of a cache: its class is \OC\Memcache\APCu.
func cache(class string) string {
	return plugin.Shorten(class[strings.LastIndexByte(class, '\\')+1:], 40)
}

// warnings are what Nextcloud's own documentation advises against.
func (i *info) warnings() []warning {
	var found []warning
	system := &i.Nextcloud.System
	if cache(system.Local) == "none" {
		found = append(found, warning{"There is no memory cache", `set memcache.local in config.php, to \OC\Memcache\APCu for most`})
	}
	if locks, known := yes(system.FileLocking); cache(system.Locking) == "none" && (locks || !known) {
		found = append(found, warning{"Files are locked in the database", `set memcache.locking in config.php to \OC\Memcache\Redis`})
	}
	if locks, known := yes(system.FileLocking); known && !locks {
		found = append(found, warning{"Files are not locked", "set filelocking.enabled to true in config.php, or files may be damaged when two change them"})
	}
	if debug, _ := yes(system.Debug); debug {
		found = append(found, warning{"Debugging is on", "set debug to false in config.php: it is slow, and says too much"})
	}
	if c := i.Server.PHP.OPcache.Pointer(); c != nil && c.Enabled != nil && !*c.Enabled {
		found = append(found, warning{"OPcache is off", "set opcache.enable=1 for PHP"})
	}
	if c := i.Server.PHP.OPcache.Pointer(); c != nil && c.Full != nil && *c.Full {
		found = append(found, warning{"OPcache is full", "raise opcache.memory_consumption for PHP"})
	}
	return found
}

// tables show the parts of the snapshot.
func tables() []plugin.Table {
	text, number := plugin.TextColumn, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("state", "State").With(plugin.Levels{OK: []string{stateOK}, Warning: []string{stateMaintenance}, Critical: []string{stateUpgrade}}),
			text("version", "Version"), text("newer", "Newer"), text("edition", "Edition"), text("webserver", "Web server"), text("php", "PHP"),
			number("memory_limit", "PHP's memory", bytes), number("upload_limit", "Largest upload", bytes),
			text("database", "Database"), number("database_size", "Size", bytes),
			text("cache_local", "Cache"), text("cache_distributed", "Shared cache"), text("cache_locking", "Locks"),
		}},
		{Title: "What should be otherwise", Path: "warnings", Empty: "Nothing was found.", Columns: []plugin.Column{text("what", "What"), text("do", "What to do")}},
		{Title: "Users and shares", Path: "users", Empty: "Only a login is told of them.", Columns: []plugin.Column{
			number("all", "Users", none), number("disabled", "Disabled", none), number("active_5m", "Active in 5 minutes", none), number("active_24h", "Active in a day", none),
			number("shares", "Shares", none), number("links", "Public links", none), number("links_no_password", "Links without a password", none),
		}},
		{Title: "Files", Path: "storage", Empty: "Only a login is told of them.", Columns: []plugin.Column{
			number("files", "Files", none), number("storages", "Storages", none), number("free_bytes", "Free", bytes),
		}},
		{Title: "Updates of apps", Path: "updates.apps", Empty: "There are none, or they were not asked for.", Columns: []plugin.Column{text("app", "App"), text("version", "New version")}},
	}
}
