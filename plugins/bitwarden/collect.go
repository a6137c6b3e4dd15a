package bitwarden

import (
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// sight is all that one collection saw.
type sight struct {
	about  *about
	checks []check
	admin  *admin
	data   *data
	// plain is whether Unity itself asks without TLS.
	plain bool
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	s := &sight{plain: insecure(c.config.URL)}
	var err error
	told := c.check(partAPI, func() (string, error) {
		s.about, err = identify(ctx, c.Client, c.config.ServerType)
		return "", err
	})
	if err != nil {
		return err
	}
	s.checks = c.parts(ctx, s.about)
	if s.about.kind == vaultwarden {
		s.checks = append(s.checks, told)
		if s.admin = c.administration(ctx); s.admin != nil {
			out.Problem(s.admin.problem)
			if !s.admin.disabled {
				s.checks = append(s.checks, s.admin.check)
			}
		}
	}
	if s.data = c.folder(ctx); s.data != nil {
		for _, problem := range s.data.problems {
			out.Problem(problem)
		}
	}
	if err := ctx.Err(); err != nil {
		return fault.As(fault.Of(err), err, "looking at %s", c.URL(""))
	}
	s.emit(out)
	out.Problem(tell(c.host.State, s, out))
	out.SetSnapshot(s.document())
	return nil
}

// open reports whether strangers may register; nil where it is not known.
func (s *sight) open() *bool {
	if s.about.closed != nil {
		open := !*s.about.closed
		return &open
	}
	if s.admin != nil {
		if open, known := s.admin.flags["signups_allowed"]; known {
			return &open
		}
	}
	return nil
}

// emit makes samples of what was seen.
func (s *sight) emit(out *plugin.Batch) {
	info := []string{"kind", s.about.kind}
	if s.about.version != "" {
		info = append(info, "version", s.about.version)
	}
	out.Add("vaultwarden_info", 1, info...)
	for _, one := range s.checks {
		out.AddBool("vaultwarden_check_up", one.Status == statusOK, "check", one.Name)
		if one.Status == statusOK {
			out.Add("vaultwarden_check_response_seconds", one.Seconds, "check", one.Name)
		}
	}
	if open := s.open(); open != nil {
		out.AddBool("vaultwarden_registration_open", *open)
	}
	if s.admin != nil && s.admin.users != nil {
		u := s.admin.users
		out.Add("vaultwarden_users", float64(u.Enabled), "status", "enabled")
		out.Add("vaultwarden_users", float64(u.Disabled), "status", "disabled")
		out.Add("vaultwarden_users", float64(u.Invited), "status", "invited")
		out.Add("vaultwarden_users_without_2fa", float64(u.Single))
		if u.Inactive != nil {
			out.Add("vaultwarden_users_inactive", float64(*u.Inactive))
		}
	}
	if s.data != nil {
		s.data.emit(out)
	}
}

func (d *data) emit(out *plugin.Batch) {
	for name, value := range map[string]*float64{
		"vaultwarden_database_bytes": d.Database, "vaultwarden_attachments_bytes": d.Attachments, "vaultwarden_sends_bytes": d.Sends, "vaultwarden_icon_cache_bytes": d.Icons,
	} {
		if value != nil {
			out.Add(name, *value)
		}
	}
	if d.Backup != nil {
		out.Add("vaultwarden_database_backup_timestamp_seconds", float64(d.Backup.Unix()))
	}
	if n := d.Counts; n != nil {
		out.Add("vaultwarden_ciphers", n.Ciphers)
		out.Add("vaultwarden_ciphers_trashed", n.Trashed)
		out.Add("vaultwarden_organizations", n.Organizations)
		out.Add("vaultwarden_collections", n.Collections)
		out.Add("vaultwarden_devices", n.Devices)
		out.Add("vaultwarden_sends", n.Sends)
		out.Add("vaultwarden_attachments", n.Attachments)
	}
}
