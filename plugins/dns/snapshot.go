package dns

import "time"

// document is the snapshot.
type document struct {
	Type      string     `json:"type"`
	Version   string     `json:"version,omitempty"`
	Status    string     `json:"status,omitempty"`
	Summary   summary    `json:"summary"`
	Domains   []counted  `json:"top_domains,omitempty"`
	Blocked   []counted  `json:"top_blocked,omitempty"`
	Clients   []counted  `json:"top_clients,omitempty"`
	Upstreams []upstream `json:"upstreams,omitempty"`
	Filters   []filter   `json:"filters,omitempty"`
	Messages  []message  `json:"messages,omitempty"`
	Updates   []update   `json:"updates,omitempty"`
	Probes    []probeRow `json:"probes"`
}

// summary is what a person looks at first.
type summary struct {
	Queries       *float64   `json:"queries,omitempty"`
	Blocked       *float64   `json:"blocked,omitempty"`
	BlockedRatio  *float64   `json:"blocked_ratio,omitempty"`
	Window        string     `json:"window,omitempty"`
	Clients       *float64   `json:"clients,omitempty"`
	Blocklist     *float64   `json:"blocklist_domains,omitempty"`
	ListsUpdated  *time.Time `json:"blocklist_updated,omitempty"`
	UptimeSeconds *float64   `json:"uptime_seconds,omitempty"`
	CacheHitRatio *float64   `json:"cache_hit_ratio,omitempty"`
	// Extended is false where Unbound was not told to count more.
	Extended *bool `json:"extended_statistics,omitempty"`
}

// counted is a name in a list, and how often it came.
type counted struct {
	Name  string  `json:"name"`
	Count float64 `json:"count"`
}

// upstream is a server that is asked for what is not known.
type upstream struct {
	Name     string   `json:"name"`
	Queries  *float64 `json:"queries,omitempty"`
	Failures *float64 `json:"failures,omitempty"`
	Seconds  *float64 `json:"seconds,omitempty"`
}

// filter is a list of what is blocked.
type filter struct {
	Name    string     `json:"name"`
	Enabled bool       `json:"enabled"`
	Rules   float64    `json:"rules"`
	Updated *time.Time `json:"updated,omitempty"`
}

// message is something that the server wants to be known.
type message struct {
	Kind string     `json:"kind"`
	Text string     `json:"text"`
	At   *time.Time `json:"at,omitempty"`
}

// update is a part of the server and its versions.
type update struct {
	Component string `json:"component"`
	Current   string `json:"current"`
	Latest    string `json:"latest,omitempty"`
	Available bool   `json:"available"`
}

// probeRow is what a probe found.
type probeRow struct {
	Name      string   `json:"name"`
	Query     string   `json:"query"`
	Type      string   `json:"record_type"`
	Server    string   `json:"server"`
	Transport string   `json:"transport"`
	Status    string   `json:"status"`
	Rcode     string   `json:"rcode,omitempty"`
	Answers   []string `json:"answers"`
	Message   string   `json:"message,omitempty"`
}

func number(v float64) *float64 { return &v }

// moment is a time in seconds since 1970, unless there is none.
func moment(seconds float64) *time.Time {
	const most = 1 << 33 // the year 2242
	if seconds <= 0 || seconds > most {
		return nil
	}
	at := time.Unix(int64(seconds), 0).UTC()
	return &at
}
