package emailserver

import (
	"cmp"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// document is what a person wants to see.
type document struct {
	Server    serverRow     `json:"server"`
	Endpoints []endpointRow `json:"endpoints,omitempty"`
	Queue     *queueDoc     `json:"queue,omitempty"`
	// Deliveries are what became of messages within the last hour.
	Deliveries map[string]int64 `json:"deliveries,omitempty"`
	Dovecot    []sessionRow     `json:"dovecot,omitempty"`
	Rspamd     []actionRow      `json:"rspamd,omitempty"`
	Mailcow    *mailcowDoc      `json:"mailcow,omitempty"`
	DNSBL      []listing        `json:"dnsbl,omitempty"`
}

// serverRow says what was found.
type serverRow struct {
	MTA     string `json:"mta,omitempty"`
	Version string `json:"version,omitempty"`
	Rspamd  string `json:"rspamd,omitempty"`
	Mailcow string `json:"mailcow,omitempty"`
}

// endpointRow is one endpoint.
type endpointRow struct {
	Name     string   `json:"name"`
	Protocol string   `json:"protocol"`
	At       string   `json:"at"`
	State    string   `json:"state"`
	Seconds  float64  `json:"seconds"`
	Banner   string   `json:"banner,omitempty"`
	Auth     []string `json:"auth,omitempty"`
	// Version, Issuer, Certificate and Ends are what was shown over TLS.
	Version     string     `json:"tls_version,omitempty"`
	Issuer      string     `json:"issuer,omitempty"`
	Certificate string     `json:"certificate,omitempty"`
	Ends        *time.Time `json:"not_after,omitempty"`
	Error       string     `json:"error,omitempty"`
	Hint        string     `json:"hint,omitempty"`
}

// queueDoc is what waits.
type queueDoc struct {
	ByQueue    []queueRow `json:"by_queue"`
	TopDomains []waiting  `json:"top_domains,omitempty"`
	Messages   []message  `json:"messages,omitempty"`
}

// queueRow is one of the queues.
type queueRow struct {
	Queue    string   `json:"queue"`
	Messages int      `json:"messages"`
	Bytes    *float64 `json:"bytes,omitempty"`
	Oldest   *float64 `json:"oldest_seconds,omitempty"`
}

// sessionRow are the sessions of a service.
type sessionRow struct {
	Service  string  `json:"service"`
	Sessions float64 `json:"sessions"`
}

// actionRow is what rspamd did with messages.
type actionRow struct {
	Action   string  `json:"action"`
	Messages float64 `json:"messages"`
}

// mailcowDoc is what mailcow says.
type mailcowDoc struct {
	Containers []container `json:"containers"`
	Mailboxes  []mailbox   `json:"mailboxes,omitempty"`
}

// document makes the snapshot.
func (s *survey) document() document {
	var d document
	for _, e := range s.endpoints {
		d.Endpoints = append(d.Endpoints, rowOf(e))
	}
	if q := s.queue; q != nil {
		d.Server.MTA, d.Server.Version = q.mta, q.version
		d.Queue = &queueDoc{ByQueue: q.byQueue(), TopDomains: q.topDomains(), Messages: q.messages}
	}
	if s.log != nil {
		d.Deliveries = s.log.lastHour()
	}
	if s.sessions != nil {
		d.Dovecot = s.sessions.rows()
	}
	if s.filter != nil {
		d.Server.Rspamd, d.Rspamd = plugin.Shorten(s.filter.Version, 40), s.filter.rows()
	}
	if s.cow != nil {
		d.Server.Mailcow = s.cow.version
		d.Mailcow = &mailcowDoc{Containers: s.cow.containers, Mailboxes: s.cow.fullest}
	}
	d.DNSBL = s.listings
	return d
}

// rows are the sessions by service, the most first.
func (s *sessions) rows() []sessionRow {
	var rows []sessionRow
	for service, n := range s.Services {
		rows = append(rows, sessionRow{service, n})
	}
	if s.total != nil {
		rows = append(rows, sessionRow{"all", *s.total})
	}
	slices.SortFunc(rows, func(a, b sessionRow) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Service, b.Service))
	})
	return rows
}

// rows are what rspamd did, most often first.
func (f *filter) rows() []actionRow {
	var rows []actionRow
	for action, n := range f.Actions {
		rows = append(rows, actionRow{plugin.Shorten(action, 30), n})
	}
	slices.SortFunc(rows, func(a, b actionRow) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Action, b.Action))
	})
	return rows[:min(len(rows), maxActions)]
}

func rowOf(s seen) endpointRow {
	row := endpointRow{
		Name: s.endpoint.Name, Protocol: s.endpoint.Protocol, At: s.endpoint.at(), State: s.state, Seconds: s.took.Seconds(), Banner: s.banner,
	}
	if s.can != nil {
		row.Auth = s.can.auth
	}
	if s.shown != nil {
		row.Version, row.Issuer, row.Ends, row.Certificate = s.shown.version, s.shown.issuer, &s.shown.ends, "valid"
		if s.shown.wrong != "" {
			row.Certificate = s.shown.wrong
		}
	}
	if s.err != nil {
		row.Error, row.Hint = plugin.Shorten(s.err.Error(), 300), fault.Hint(s.err)
	}
	return row
}
