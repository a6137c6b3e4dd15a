package vpnmesh

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// sight is what is seen of a mesh. What is nil was not told.
type sight struct {
	provider, network, version, latest string

	state     string // of the program on this machine
	connected *bool
	self      *peer
	peers     []*peer
	// listed says that who is not among the peers any more was removed; without it,
	// the program forgets who is silent.
	listed  bool
	unknown []string // peers of the setting that are nowhere

	warnings []string
	services []serviceRow
	routes   *routeCount
	exitNode *bool
	update   *bool
	networks []networkRow
	names    []nameServers
	fallback *bool
	pending  *int
	figures  []figure

	now      time.Time // by the clock of what was asked
	problems []error
}

// peer is a machine of the mesh.
type peer struct {
	id, name, fqdn string
	short          string // the name, when others have it, too
	ips            []string
	os, version    string
	user           string
	tags           []string
	routes, wait   []string // into other networks: approved, and not yet
	exitNode       bool
	shared         bool

	online         *bool
	path           string // one of the paths, or empty when it is not told
	through        string // the relay, or the address when it is direct
	latency        *float64
	received, sent *float64
	seen           time.Time
	handshake      time.Time
	keyEnds        time.Time
	expired        bool
	pending        bool // waits to be let in
	expected       bool
}

// The ways that traffic takes.
const (
	pathDirect = "direct"
	pathRelay  = "relay"
	pathIdle   = "idle"
)

// isOnline reports whether the peer is known to be online.
func (p *peer) isOnline() bool { return p.online != nil && *p.online }

// ends is how long the key is still good, and whether that is known.
func (p *peer) ends(now time.Time) (left time.Duration, known bool) {
	if p.keyEnds.IsZero() {
		return 0, false
	}
	return p.keyEnds.Sub(now), true
}

// isOver reports whether the key or the login of the peer is over.
func (p *peer) isOver(now time.Time) bool {
	left, known := p.ends(now)
	return p.expired || known && left <= 0
}

// named reports whether a person may have meant this peer.
func (p *peer) named(word string) bool {
	return strings.EqualFold(word, p.short) || strings.EqualFold(word, p.name) || strings.EqualFold(word, p.fqdn) || word == p.id || slices.Contains(p.ips, word)
}

// routeCount counts routes into other networks.
type routeCount struct{ advertised, approved, unapproved float64 }

// figure is one that a program tells by itself.
type figure struct {
	name   string
	labels []string
	value  float64
}

// states are the words that the program of a provider has for its state.
func states(provider string) []string {
	switch provider {
	case tailscale:
		return []string{"no_state", "in_use_other_user", "needs_login", "needs_machine_auth", "stopped", "starting", "running"}
	case netbird:
		return []string{"idle", "connecting", "connected", "needs_login", "login_failed", "session_expired"}
	case zerotier:
		return []string{"online", "offline"}
	default:
		return nil
	}
}

// stateWord makes needs_login of NeedsLogin.
func stateWord(camel string) string {
	var b strings.Builder
	for i, r := range camel {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return plugin.Shorten(b.String(), 40)
}

// serves notes whether a service that the mesh needs is connected.
func (s *sight) serves(service string, connected bool, address, detail string) {
	row := serviceRow{Service: service, Status: "not connected", Address: plugin.Shorten(address, 200), Detail: plugin.Shorten(detail, 200), connected: connected}
	if connected {
		row.Status = "connected"
	}
	s.services = append(s.services, row)
}

// settle brings names and order into what was told, and leaves out what is not
// wanted.
func (s *sight) settle(config config) {
	s.peers = slices.DeleteFunc(s.peers, func(p *peer) bool {
		return p.id == "" || p.shared && !config.Shared || p.isOver(s.now) && !config.Expired
	})
	slices.SortStableFunc(s.peers, func(a, b *peer) int { return cmp.Compare(a.id, b.id) })
	s.peers = slices.CompactFunc(s.peers, func(a, b *peer) bool { return a.id == b.id })
	if s.self != nil {
		s.self.tidy()
	}
	count := make(map[string]int, len(s.peers))
	for _, p := range s.peers {
		p.tidy()
		count[p.name]++
	}
	taken := make(map[string]bool, len(s.peers))
	for _, p := range s.peers {
		if p.short = p.name; count[p.name] > 1 { // two machines with one name
			p.name += " (" + string([]rune(p.id)[:min(len([]rune(p.id)), 10)]) + ")"
		}
		for taken[p.name] { // somebody means mischief
			p.name += "+"
		}
		taken[p.name] = true
	}
	for _, word := range config.Expected {
		found := false
		for _, p := range s.peers {
			if p.named(word) {
				p.expected, found = true, true
			}
		}
		if !found && !slices.Contains(s.unknown, word) {
			s.unknown = append(s.unknown, word)
		}
	}
	slices.SortStableFunc(s.peers, func(a, b *peer) int { return cmp.Compare(a.name, b.name) })
}

// tidy bounds what is shown and gives a name to a peer that has none.
func (p *peer) tidy() {
	p.id, p.fqdn = plugin.Shorten(p.id, 100), plugin.Shorten(strings.TrimSuffix(p.fqdn, "."), 200)
	first, _, _ := strings.Cut(p.fqdn, ".")
	p.name = plugin.Shorten(cmp.Or(p.name, first, p.id), 60)
	p.os, p.version, p.user = plugin.Shorten(p.os, 60), plugin.Shorten(p.version, 60), plugin.Shorten(p.user, 100)
	p.through = plugin.Shorten(p.through, 100)
	for _, list := range []*[]string{&p.ips, &p.tags, &p.routes, &p.wait} {
		*list = short(*list)
	}
	if !p.isOnline() {
		p.path, p.through = "", ""
	}
}

// maxList bounds lists within a row.
const maxList = 50

func short(list []string) []string {
	list = slices.Clone(list[:min(len(list), maxList)])
	for i := range list {
		list[i] = plugin.Shorten(list[i], 100)
	}
	return list
}

// known is a time that is one, else zero: the year 1 and 1970 stand for never.
func known(at time.Time) time.Time {
	if at.Year() <= 1970 {
		return time.Time{}
	}
	return at.UTC()
}

// sinceEpoch is a time in milliseconds, as ZeroTier has it; 0 is never.
func sinceEpoch(milliseconds float64) time.Time {
	const latest = 253402300799000 // the end of the year 9999
	if milliseconds <= 0 || milliseconds > latest {
		return time.Time{}
	}
	return known(time.UnixMilli(int64(milliseconds)))
}

// amount is a figure that makes sense, or nothing.
func amount(value float64) *float64 {
	if value < 0 || value > 1e18 {
		return nil
	}
	return &value
}
