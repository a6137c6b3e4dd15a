package bitwarden

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// document is what a person sees.
type document struct {
	Kind       string    `json:"kind"`
	Version    string    `json:"version,omitempty"`
	Compatible string    `json:"compat_version,omitempty"`
	Checks     []check   `json:"checks"`
	Warnings   []warning `json:"warnings"`
	Settings   []setting `json:"settings,omitempty"`
	Users      *users    `json:"users,omitempty"`
	Storage    *data     `json:"storage,omitempty"`
	Admin      string    `json:"admin,omitempty"`
}

// warning is something that should be otherwise.
type warning struct {
	What string `json:"what"`
	Do   string `json:"do"`
}

func (s *sight) document() document {
	d := document{
		Kind: s.about.kind, Version: s.about.version, Compatible: s.about.compatible, Checks: s.checks, Warnings: append([]warning{}, s.warnings()...), Storage: s.data,
	}
	if s.admin != nil {
		d.Settings, d.Users = s.admin.settings, s.admin.users
		if s.admin.disabled {
			d.Admin = "disabled"
		}
	}
	return d
}

// warnings are what should be otherwise.
func (s *sight) warnings() []warning {
	var found []warning
	add := func(bad bool, what, do string) {
		if bad {
			found = append(found, warning{what, do})
		}
	}
	if open := s.open(); open != nil {
		add(*open, "Strangers may register", "set SIGNUPS_ALLOWED=false and invite users")
	}
	add(s.about.domain == "http://localhost", "The server does not know its address", "set DOMAIN: attachments, passkeys and links in mails need it")
	add(insecure(s.about.domain), "Its address begins with http", "clients log in over https only: put a proxy with a certificate in front, and set DOMAIN")
	add(s.plain && s.admin != nil && !s.admin.disabled, "Unity sends the token of the administrator without TLS", "use an address that begins with https, unless nobody is in between")
	if s.admin == nil {
		return found
	}
	flags := s.admin.flags
	add(flags["show_password_hint"], "Hints for passwords are shown to everybody", "set SHOW_PASSWORD_HINT=false")
	add(flags["disable_admin_token"], "The administration wants no login of its own", "take DISABLE_ADMIN_TOKEN away, unless a proxy in front wants a login")
	if u := s.admin.users; u != nil {
		add(u.Single > 0, "There are users without a second factor", "ask them to set one up, or enforce it for an organization")
	}
	return found
}

// tables show the parts of the snapshot.
func tables() []plugin.Table {
	text, number := plugin.TextColumn, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Parts", Path: "checks", Columns: []plugin.Column{
			text("name", "Part"), plugin.StatusColumn("status", "Status"), plugin.DurationColumn("seconds", "Took"), text("says", "Says"),
		}},
		{Title: "What should be otherwise", Path: "warnings", Empty: "Nothing was found.", Columns: []plugin.Column{text("what", "What"), text("do", "What to do")}},
		{Title: "Users", Path: "users", Empty: "Only the token of an administrator tells.", Columns: []plugin.Column{
			number("total", "All", metric.None), number("enabled", "Enabled", metric.None), number("disabled", "Disabled", metric.None), number("invited", "Invited", metric.None),
			number("without_2fa", "Without a second factor", metric.None), number("inactive", "Inactive", metric.None),
		}},
		{Title: "Settings", Path: "settings", Empty: "Only the token of an administrator tells.", Columns: []plugin.Column{plugin.CodeColumn("name", "Setting"), plugin.FlagColumn("on", "On")}},
		{Title: "Data folder", Path: "storage", Empty: "No folder is named.", Columns: []plugin.Column{
			number("database_bytes", "Database", metric.Bytes), number("attachments_bytes", "Attachments", metric.Bytes), number("sends_bytes", "Sends", metric.Bytes),
			number("icon_cache_bytes", "Icons", metric.Bytes), plugin.TimeColumn("backup", "Newest backup"), plugin.TimeColumn("key_made", "Key made"),
		}},
		{Title: "Entries", Path: "storage.counts", Empty: "The database is not read.", Columns: []plugin.Column{
			number("ciphers", "Entries", metric.None), number("ciphers_trashed", "In the trash", metric.None), number("organizations", "Organizations", metric.None),
			number("collections", "Collections", metric.None), number("devices", "Devices", metric.None), number("sends", "Sends", metric.None), number("attachments", "Attachments", metric.None),
		}},
	}
}
