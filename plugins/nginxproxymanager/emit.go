package nginxproxymanager

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const day = 24 * time.Hour

func (s *state) emit(now time.Time, expiring int, out *plugin.Batch) {
	out.Add("npm_info", 1, "version", s.version)
	missing := 0
	for _, kind := range s.kinds {
		var enabled, disabled, tls, forced, offline float64
		for _, h := range s.hosts {
			if h.kind != kind {
				continue
			}
			if h.Certificate > 0 {
				tls++
				if s.known && s.find(h.Certificate) == nil {
					missing++
				}
			}
			if h.Forced {
				forced++
			}
			if !h.Enabled {
				disabled++
				continue
			}
			enabled++
			if h.Meta.Online != nil {
				out.AddBool("npm_host_nginx_online", bool(*h.Meta.Online), "kind", kind, "site", h.name())
				if !*h.Meta.Online {
					offline++
				}
			}
		}
		out.Add("npm_hosts", enabled, "kind", kind, "state", "enabled")
		out.Add("npm_hosts", disabled, "kind", kind, "state", "disabled")
		out.Add("npm_hosts_offline", offline, "kind", kind)
		out.Add("npm_hosts_with_tls", tls, "kind", kind)
		if kind != stream {
			out.Add("npm_hosts_tls_forced", forced, "kind", kind)
		}
	}
	for name, n := range map[string]*int{"npm_access_lists": s.lists, "npm_users": s.users} {
		if n != nil {
			out.Add(name, float64(*n))
		}
	}
	if s.known {
		out.Add("npm_host_certificate_missing", float64(missing))
		s.emitCertificates(now, expiring, out)
	}
}

func (s *state) emitCertificates(now time.Time, expiring int, out *plugin.Batch) {
	byProvider := map[string]float64{"letsencrypt": 0, "other": 0}
	var soon, over, unused float64
	for _, c := range s.certificates {
		provider := c.provider()
		byProvider[provider]++
		if len(c.usedBy) == 0 {
			unused++
		}
		if c.Expires.IsZero() {
			continue
		}
		left := c.Expires.Sub(now)
		switch {
		case left <= 0:
			over++
		case left < time.Duration(expiring)*day:
			soon++
		}
		out.Add("npm_certificate_expiry_timestamp_seconds", float64(c.Expires.Unix()), "name", c.label, "provider", provider)
		out.Add("npm_certificate_remaining_seconds", left.Seconds(), "name", c.label, "provider", provider)
	}
	for provider, n := range byProvider {
		out.Add("npm_certificates", n, "provider", provider)
	}
	out.Add("npm_certificates_expiring", soon)
	out.Add("npm_certificates_expired", over)
	if len(s.kinds) == kinds { // else it may be used by what may not be seen
		out.Add("npm_certificates_unused", unused)
	}
}

// kinds is how many kinds of host there are.
const kinds = 4

func (c *certificate) provider() string {
	if c.Provider == "letsencrypt" {
		return c.Provider
	}
	return "other"
}

// keySeen is where is kept how it was in the run before.
const keySeen = "seen"

// maxSeen bounds of how many hosts and certificates that is remembered.
const maxSeen = 500

// tell tells which hosts went and came back, and which certificates were renewed.
func (c *collector) tell(s *state, out *plugin.Batch) error {
	type seen struct {
		Online  map[string]bool `json:"online"`
		Expires map[id]int64    `json:"expires"`
	}
	was, _ := plugin.Recall[seen](c.host.State, keySeen)
	now := seen{Online: make(map[string]bool), Expires: make(map[id]int64)}
	for _, h := range s.hosts {
		if !h.Enabled || h.Meta.Online == nil || len(now.Online) >= maxSeen {
			continue
		}
		key, online := h.kind+" "+h.name(), bool(*h.Meta.Online)
		now.Online[key] = online
		before, known := was.Online[key]
		switch {
		case !known || before == online:
		case online:
			out.Event(plugin.Event{Kind: "host_online", Severity: plugin.Info, Title: "nginx serves " + h.name() + " again", Detail: map[string]string{"kind": h.kind, "host": h.name()}})
		default:
			out.Event(plugin.Event{
				Kind: "host_offline", Severity: plugin.Warning, Title: "nginx does not take the settings of " + h.name(),
				Detail: map[string]string{"kind": h.kind, "host": h.name(), "said": plugin.Shorten(h.Meta.Err, 200)},
			})
		}
	}
	for _, one := range s.certificates[:min(len(s.certificates), maxSeen)] {
		if one.Expires.IsZero() {
			continue
		}
		now.Expires[one.ID] = one.Expires.Unix()
		if before, known := was.Expires[one.ID]; known && one.Expires.Unix() > before {
			out.Event(plugin.Event{
				Kind: "certificate_renewed", Severity: plugin.Info, Title: "The certificate " + one.label + " was renewed",
				Detail: map[string]string{"certificate": one.label, "expires": one.Expires.Format(time.DateOnly)},
			})
		}
	}
	return plugin.Keep(c.host.State, keySeen, now)
}

// maxRows bounds the lists of the snapshot.
const maxRows = 500

// document is what a person sees.
type document struct {
	Summary      summary          `json:"summary"`
	Hosts        []hostRow        `json:"hosts"`
	Certificates []certificateRow `json:"certificates,omitempty"`
}

type summary struct {
	Version  string `json:"version"`
	Hosts    int    `json:"hosts"`
	Enabled  int    `json:"enabled"`
	Offline  int    `json:"offline"`
	TLS      int    `json:"tls"`
	Certs    *int   `json:"certificates,omitempty"`
	Expiring *int   `json:"expiring,omitempty"`
	Expired  *int   `json:"expired,omitempty"`
}

type hostRow struct {
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	Status      string   `json:"status"`
	Domains     []string `json:"domains,omitempty"`
	Target      string   `json:"target,omitempty"`
	Certificate string   `json:"certificate,omitempty"`
	Forced      *bool    `json:"ssl_forced,omitempty"`
	HTTP2       *bool    `json:"http2,omitempty"`
	HSTS        *bool    `json:"hsts,omitempty"`
	WebSockets  *bool    `json:"websockets,omitempty"`
	AccessList  string   `json:"access_list,omitempty"`
	Err         string   `json:"error,omitempty"`
	Modified    string   `json:"modified,omitempty"`
}

type certificateRow struct {
	Name     string     `json:"name"`
	Status   string     `json:"status"`
	Domains  []string   `json:"domains,omitempty"`
	Provider string     `json:"provider"`
	Expires  *time.Time `json:"expires,omitempty"`
	Left     *float64   `json:"remaining_seconds,omitempty"`
	UsedBy   []string   `json:"used_by,omitempty"`
}

func (s *state) document(now time.Time, expiring int) *document {
	d := &document{Summary: summary{Version: s.version, Hosts: len(s.hosts)}, Hosts: []hostRow{}}
	for _, h := range s.hosts {
		row := s.row(h)
		if h.Enabled {
			d.Summary.Enabled++
		}
		if h.Certificate > 0 {
			d.Summary.TLS++
		}
		if row.Status == "offline" {
			d.Summary.Offline++
		}
		if len(d.Hosts) < maxRows {
			d.Hosts = append(d.Hosts, row)
		}
	}
	if !s.known {
		return d
	}
	n, soon, over := len(s.certificates), 0, 0
	for _, c := range s.certificates {
		row := certificateRow{Name: c.label, Status: "unknown", Domains: c.Domains, Provider: c.provider(), UsedBy: c.usedBy}
		if !c.Expires.IsZero() {
			at, left := c.Expires.Time, c.Expires.Sub(now)
			seconds := left.Seconds()
			row.Expires, row.Left, row.Status = &at, &seconds, "valid"
			switch {
			case left <= 0:
				row.Status = "expired"
				over++
			case left < time.Duration(expiring)*day:
				row.Status = "expiring"
				soon++
			}
		}
		d.Certificates = append(d.Certificates, row)
	}
	d.Certificates = d.Certificates[:min(len(d.Certificates), maxRows)]
	d.Summary.Certs, d.Summary.Expiring, d.Summary.Expired = &n, &soon, &over
	return d
}

// row is a host as a person sees it.
func (s *state) row(h host) hostRow {
	row := hostRow{Kind: h.kind, Name: h.name(), Status: "disabled", Domains: h.Domains[:min(len(h.Domains), 20)], Err: plugin.Shorten(h.Meta.Err, 200), Modified: plugin.Shorten(h.Modified, 30)}
	if h.Enabled {
		row.Status = "enabled" // whether nginx took it is not told
		if h.Meta.Online != nil {
			row.Status = map[bool]string{true: "online", false: "offline"}[bool(*h.Meta.Online)]
		}
	}
	if h.AccessList != nil {
		row.AccessList = plugin.Shorten(h.AccessList.Name, 60)
	}
	if h.Certificate > 0 {
		row.Certificate = "missing"
		if !s.known {
			row.Certificate = "yes"
		} else if c := s.find(h.Certificate); c != nil {
			row.Certificate = c.label
		}
	}
	switch h.kind {
	case proxy:
		row.Target = plugin.Shorten(h.Scheme+"://"+h.Forward+":"+string(h.Port), 200)
		row.WebSockets = (*bool)(&h.WebSockets)
	case redirection:
		row.Target = plugin.Shorten(h.To+" ("+string(h.Code)+")", 200)
	case stream:
		row.Target = plugin.Shorten(h.ForwardHost+":"+string(h.ForwardTo), 200)
		for _, p := range []struct {
			on   flag
			name string
		}{{h.UDP, "UDP"}, {h.TCP, "TCP"}} {
			if p.on {
				row.Domains = slices.Insert(row.Domains, 0, p.name)
			}
		}
		return row
	}
	row.Forced, row.HTTP2, row.HSTS = (*bool)(&h.Forced), (*bool)(&h.HTTP2), (*bool)(&h.HSTS)
	return row
}
