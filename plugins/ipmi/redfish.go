package ipmi

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// redfishRoot is where every Redfish begins; the slash belongs to it.
const redfishRoot = "/redfish/v1/"

// Bounds of a run: controllers are slow, and their trees can be wide.
const (
	maxRequests = 250
	maxMembers  = 100
)

// storageEvery is how often drives are asked for one by one.
const storageEvery = 10 * time.Minute

// redfish asks a controller over HTTPS.
type redfish struct {
	config  config
	filter  filter
	host    plugin.Host
	client  *fetch.Client
	expands bool // members can be had together with their list

	header   http.Header // who we are in this run
	asked    int
	drives   []drive
	storage  string // the health of storage, as drives are
	drivesAt time.Time
}

func newRedfish(config config, f filter, host plugin.Host) (*redfish, error) {
	client, err := fetch.New(fetch.Config{URL: config.web(), Timeout: config.Timeout, TLS: config.TLS}, host)
	if err != nil {
		return nil, err
	}
	return &redfish{config: config, filter: f, host: host, client: client}, nil
}

// answers reports whether Redfish is there: a nil error, or the fault for which it
// is not.
func (r *redfish) answers(ctx context.Context) error {
	_, err := r.root(ctx)
	return err
}

// root reads the beginning, for which no login is needed.
func (r *redfish) root(ctx context.Context) (node, error) {
	r.asked, r.header = 0, nil
	root, err := r.get(ctx, redfishRoot)
	if err != nil {
		return nil, err
	}
	if root.text("RedfishVersion") == "" && root.link("Systems") == "" {
		return nil, fault.New(fault.WrongService, "GET %s: what answers is not Redfish", r.client.URL(redfishRoot)).WithHint("check the host")
	}
	r.expands = root.in("ProtocolFeaturesSupported", "ExpandQuery")["NoLinks"] == true
	return root, nil
}

// get reads a document.
func (r *redfish) get(ctx context.Context, path string) (node, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fault.New(fault.BadAnswer, "following a link of %s: it is no path", r.client.URL("/"))
	}
	if r.asked++; r.asked > maxRequests {
		return nil, fault.New(fault.Partial, "reading %s: it takes more than %d requests", r.client.URL("/"), maxRequests).
			WithHint("leave parts out with collect, storage first")
	}
	var document node
	err := r.client.JSON(ctx, fetch.Request{Path: path, Header: r.header, Anonymous: true}, &document)
	if fault.Of(err) == fault.Auth {
		return nil, fault.As(fault.Auth, err, "reading as %q", r.config.Username).WithHint("check user and password, and that the user has the role ReadOnly at least")
	}
	return document, err
}

// members reads the documents of a list.
func (r *redfish) members(ctx context.Context, path string) ([]node, error) {
	if path == "" {
		return nil, nil
	}
	asked := path
	if r.expands {
		asked += "?$expand=.($levels=1)"
	}
	list, err := r.get(ctx, asked)
	if err != nil && r.expands && fault.Of(err) != fault.Auth && fault.Of(err) != fault.Timeout && ctx.Err() == nil {
		r.expands = false // it only says that it can
		list, err = r.get(ctx, path)
	}
	if err != nil {
		return nil, err
	}
	return r.follow(ctx, list.list("Members"))
}

// follow reads the documents that a list links to, as far as it does not hold
// them already.
func (r *redfish) follow(ctx context.Context, links []node) ([]node, error) {
	all := make([]node, 0, len(links))
	var missed error
	for _, link := range links[:min(len(links), maxMembers)] {
		path, _ := link["@odata.id"].(string)
		if len(link) > 1 || path == "" {
			all = append(all, link)
			continue
		}
		document, err := r.get(ctx, path)
		switch {
		case err == nil:
			all = append(all, document)
		case ctx.Err() != nil, fault.Of(err) == fault.Auth, fault.Of(err) == fault.Timeout, fault.Of(err) == fault.Partial:
			return nil, err
		default:
			missed = err // a part that was pulled meanwhile, or a mistake of the maker
		}
	}
	if len(all) == 0 {
		return nil, missed
	}
	return all, nil
}

// login begins a session, and returns what ends it. Controllers without sessions
// take user and password with every request.
func (r *redfish) login(ctx context.Context, root node) (end func(), err error) {
	nothing := func() {}
	if r.config.Username == "" {
		return nothing, nil
	}
	password, err := r.config.Password.Reveal()
	if err != nil {
		return nil, fault.Wrap(err, "reading the password")
	}
	path := root.link("Links", "Sessions")
	if path == "" {
		path = redfishRoot + "SessionService/Sessions"
	}
	answer, err := r.client.Do(ctx, fetch.Request{
		Method: http.MethodPost, Path: path, Anonymous: true,
		JSON: struct{ UserName, Password string }{r.config.Username, password},
	})
	kind := fault.Of(err)
	switch {
	case kind == fault.NotFound, kind == fault.Unsupported:
		basic := base64.StdEncoding.EncodeToString([]byte(r.config.Username + ":" + password))
		r.header = http.Header{"Authorization": {"Basic " + basic}}
		return nothing, nil
	case kind == fault.Auth, refusedAs(err, http.StatusBadRequest), refusedAs(err, http.StatusForbidden):
		return nil, fault.As(fault.Auth, err, "logging in as %q", r.config.Username).
			WithHint("check user and password, that the account is not locked, and that it may use Redfish")
	case kind == fault.Unreachable && refusedAs(err, http.StatusServiceUnavailable):
		return nil, fault.As(fault.Unreachable, err, "logging in").
			WithHint("the controller is restarting, or has no free session")
	case err != nil:
		return nil, err
	}
	_ = answer.Body.Close()
	token := answer.Header.Get("X-Auth-Token")
	if token == "" {
		return nil, fault.New(fault.BadAnswer, "POST %s: the answer holds no session", r.client.URL(path))
	}
	r.header = http.Header{"X-Auth-Token": {token}}
	session := answer.Header.Get("Location")
	if at, err := url.Parse(session); err == nil {
		session = at.Path // some write a whole address
	}
	return func() { r.logout(ctx, session) }, nil
}

// logout ends the session, so that the controller has it free for others.
func (r *redfish) logout(ctx context.Context, session string) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if !strings.HasPrefix(session, "/") {
		return
	}
	answer, err := r.client.Do(ctx, fetch.Request{Method: http.MethodDelete, Path: session, Header: r.header, Anonymous: true})
	if err != nil {
		r.host.Log.DebugContext(ctx, "the session at the controller was not closed", "reason", err)
		return
	}
	_ = answer.Body.Close()
}

// refusedAs reports whether an answer had the status.
func refusedAs(err error, status int) bool {
	said := (*fetch.StatusError)(nil)
	return errors.As(err, &said) && said.Status == status
}

// read implements peer.
func (r *redfish) read(ctx context.Context) (*machine, error) {
	root, err := r.root(ctx)
	if err != nil {
		return nil, err
	}
	end, err := r.login(ctx, root)
	if err != nil {
		return nil, err
	}
	defer end()
	m := &machine{Protocol: protocolRedfish, Address: r.client.URL("/"), Health: make(map[string]string), Manufacturer: root.text("Vendor")}
	systems, err := r.members(ctx, root.link("Systems"))
	if err != nil {
		return nil, err
	}
	managers, err := r.members(ctx, root.link("Managers"))
	if err != nil && (ctx.Err() != nil || len(systems) == 0) {
		return nil, err
	}
	m.note(err)
	if len(systems)+len(managers) == 0 {
		return nil, fault.New(fault.BadAnswer, "reading %s: it has neither a system nor a manager", m.Address)
	}
	var system, manager node // a controller of several machines tells of its first
	if len(systems) > 0 {
		system = systems[0]
		r.readSystem(m, system)
	}
	if len(managers) > 0 {
		manager = managers[0]
		m.Firmware = manager.text("FirmwareVersion")
		m.health("manager", manager)
	}
	for _, step := range []struct {
		wanted bool
		read   func() error
	}{
		{r.wants(partSensors) || r.wants(partPower), func() error { return r.readChassis(ctx, m, root) }},
		{r.wants(partStorage), func() error { return r.readStorage(ctx, m, system) }},
		{r.wants(partLog), func() error { return r.readLogs(ctx, m, system, manager) }},
	} {
		if !step.wanted {
			continue
		}
		if err := step.read(); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			m.note(err)
		}
	}
	if r.wants(partSensors) && len(m.Sensors) == 0 {
		m.note(fault.New(fault.Partial, "reading %s: it has no sensors", m.Address).WithHint("it may be starting; a controller without sensors tells nothing of its machine"))
	}
	return m, nil
}

// note keeps what could not be had.
func (m *machine) note(err error) {
	if err != nil {
		m.problems = append(m.problems, err)
	}
}

func (r *redfish) wants(part string) bool { return slices.Contains(r.config.Collect, part) }

// check implements peer: a login is enough.
func (r *redfish) check(ctx context.Context) error {
	root, err := r.root(ctx)
	if err != nil {
		return err
	}
	end, err := r.login(ctx, root)
	if err != nil {
		return err
	}
	defer end()
	_, err = r.get(ctx, root.link("Systems"))
	return err
}

func (r *redfish) close() error { return r.client.Close() }

// health keeps how well a component is; the worst of several.
func (m *machine) health(component string, of node) {
	status := of.in("Status")
	state := healthOf(status.text("HealthRollup", "Health"))
	if state == "" {
		return
	}
	if known, ok := m.Health[component]; ok {
		state = worse(known, state)
	}
	m.Health[component] = state
}

// readSystem takes what a system says of itself.
func (r *redfish) readSystem(m *machine, system node) {
	if r.wants(partChassis) {
		switch strings.ToLower(system.text("PowerState")) {
		case "on", "poweringoff":
			on := true
			m.PowerOn = &on
		case "off", "poweringon":
			off := false
			m.PowerOn = &off
		}
	}
	m.health("system", system)
	m.health("processor", system.in("ProcessorSummary"))
	m.health("memory", system.in("MemorySummary"))
	if !r.wants(partInventory) {
		return
	}
	if maker := system.text("Manufacturer"); maker != "" {
		m.Manufacturer = maker
	}
	m.Model, m.Serial, m.BIOS = system.text("Model"), system.text("SerialNumber"), system.text("BiosVersion")
	m.Processors = system.in("ProcessorSummary").number("Count")
	if gib := system.in("MemorySummary").number("TotalSystemMemoryGiB"); gib != nil {
		m.MemoryBytes = value(*gib * (1 << 30))
	}
	m.Parts = append(m.Parts, part{Name: "machine", Manufacturer: m.Manufacturer, Product: m.Model, Number: system.text("PartNumber", "SKU"), Serial: m.Serial})
	if model := system.in("ProcessorSummary").text("Model"); model != "" {
		m.Parts = append(m.Parts, part{Name: "processor", Product: model})
	}
	for _, f := range []struct{ title, text string }{
		{"Last reset", system.text("LastResetTime")}, {"Boot", system.in("BootProgress").text("LastState")}, {"Light", system.text("LocationIndicatorActive", "IndicatorLED")},
	} {
		if f.text != "" {
			m.Chassis = append(m.Chassis, fact{f.title, f.text})
		}
	}
}
