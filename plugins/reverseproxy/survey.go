package reverseproxy

import (
	"slices"
	"time"
)

// survey is what one run learned, whichever proxy it is of. What the proxy does
// not say is nil.
type survey struct {
	kind, version string
	now           time.Time

	uptime      *float64
	limit       *float64 // connections at most
	open        *float64 // connections now
	accepted    *float64 // connections ever
	dropped     *float64 // connections that were accepted and not handled
	idle        *float64 // share of the time
	reloads     *float64
	reloadGood  *float64
	reloadedAt  *float64
	connections map[string]float64 // of the whole proxy, by state

	frontends    []*frontend
	backends     []*backend
	routes       []*route
	routed       []count // routes by protocol and state
	offered      []count // services by protocol and state
	certificates []certificate
	notes        []string
	problems     []error // what could not be had, while the rest is good
}

// frontend is where requests come in: an entry point, a server, a frontend.
type frontend struct {
	name        string
	addresses   []string
	mode        string
	tls         bool
	status      string
	requests    map[string]float64 // by class of status code
	seconds     *float64           // spent on them
	inFlight    *float64
	received    *float64
	sent        *float64
	connections *float64
	limit       *float64
}

// backend is what requests are handed to: a service with its servers.
type backend struct {
	name     string
	protocol string
	status   string
	up       *bool
	requests map[string]float64
	response *float64 // seconds, as the proxy has it
	seconds  *float64 // spent on requests, from which it can be had
	timed    *float64 // how many those were
	queue    *float64
	errors   map[string]float64
	servers  []*server
	usedBy   []string
}

// server is one machine behind the proxy.
type server struct {
	name     string
	address  string
	state    string // one of serverStates
	says     string // the proxy's own word
	weight   *float64
	failures *float64
	downtime *float64
	changed  *float64 // seconds ago
	check    string
	sessions *float64
}

// The states of a server. Nobody checks one that is unchecked.
const (
	stateUp        = "up"
	stateDown      = "down"
	stateMaint     = "maint"
	stateDrain     = "drain"
	stateUnchecked = "unchecked"
)

func serverStates() []string {
	return []string{stateUp, stateDown, stateMaint, stateDrain, stateUnchecked}
}

// known reports whether somebody checks the server. One in maintenance was taken
// out on purpose.
func (s *server) known() bool { return s.state == stateUp || s.state == stateDown }

// usable reports whether at least one server can take requests, and whether that
// is known: it is not where nobody checks any.
func (b *backend) usable() (up, known bool) {
	if b.up != nil {
		return *b.up, true
	}
	for _, s := range b.servers {
		known = known || s.state != stateUnchecked
		up = up || s.state == stateUp || s.state == stateUnchecked
	}
	return up, known
}

// route says which requests go where.
type route struct {
	name        string
	protocol    string
	hosts       []string
	paths       []string
	rule        string
	entryPoints []string
	service     string
	tls         bool
	resolver    string
	middlewares []string
	status      string // enabled, warning or error
	errors      []string
	requests    map[string]float64
}

// count is how many there are of something.
type count struct {
	protocol, state string
	n               float64
}

// certificate is one that the proxy shows.
type certificate struct {
	name    string
	names   []string
	expires time.Time
}

// frontend returns the one with the name, which is made if there is none.
func (s *survey) frontend(name string) *frontend {
	for _, f := range s.frontends {
		if f.name == name {
			return f
		}
	}
	f := &frontend{name: name}
	s.frontends = append(s.frontends, f)
	return f
}

// backend returns the one with the name, which is made if there is none.
func (s *survey) backend(name string) *backend {
	for _, b := range s.backends {
		if b.name == name {
			return b
		}
	}
	b := &backend{name: name}
	s.backends = append(s.backends, b)
	return b
}

// server returns the one with the address, which is made if there is none.
func (b *backend) server(address string) *server {
	for _, s := range b.servers {
		if s.address == address {
			return s
		}
	}
	s := &server{name: short(address), address: address, state: stateUnchecked}
	b.servers = append(b.servers, s)
	return s
}

// note keeps what a person should know, once.
func (s *survey) note(text string) {
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// codeClasses are the classes of status codes.
func codeClasses() []string { return []string{"1xx", "2xx", "3xx", "4xx", "5xx", "other"} }

// classOf is the class of a status code: 2xx.
func classOf(code string) string {
	if len(code) == 3 && code[0] >= '1' && code[0] <= '5' {
		return code[:1] + "xx"
	}
	return "other"
}

// tally adds to a count that may not be there yet.
func tally(counts *map[string]float64, key string, value float64) {
	if *counts == nil {
		*counts = make(map[string]float64)
	}
	(*counts)[key] += value
}

// add adds to a sum that may be absent.
func add(sum **float64, value float64) {
	if *sum == nil {
		*sum = new(float64)
	}
	**sum += value
}

// total is the sum of all classes, or nil.
func total(counts map[string]float64) *float64 {
	if counts == nil {
		return nil
	}
	sum := 0.0
	for _, n := range counts {
		sum += n
	}
	return &sum
}
