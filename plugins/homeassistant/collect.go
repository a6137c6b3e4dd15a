package homeassistant

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// restFor is for how long a part is left alone that is not there or not allowed.
const restFor = time.Hour

// maxEntries bounds the integrations that are looked at.
const maxEntries = 2000

// sight is what one collection sees. What was not told is nil.
type sight struct {
	now      time.Time
	settings settings
	core     coreState
	entities *entities
	entries  []entry
	known    bool // the entries
	talk     talk
	leftOut  []string
	problems []error
}

// settings are what Home Assistant says of itself. Where the home is it says as
// well; that is not read.
type settings struct {
	Version    string       `json:"version"`
	State      string       `json:"state"`
	Name       string       `json:"location_name"`
	Safe       lenient.Flag `json:"safe_mode"`
	Recovery   lenient.Flag `json:"recovery_mode"`
	Components []string     `json:"components"`
}

// coreState is how the core is, in newer versions.
type coreState struct {
	State    string `json:"state"`
	Recorder *struct {
		Migrating lenient.Flag `json:"migration_in_progress"`
	} `json:"recorder_state"`
}

// entry is an integration that somebody set up.
type entry struct {
	Domain   string       `json:"domain"`
	Title    lenient.Text `json:"title"`
	State    string       `json:"state"`
	Reason   lenient.Text `json:"reason"`
	Disabled lenient.Text `json:"disabled_by"`
	Source   string       `json:"source"`
}

// The states of an integration.
func entryStates() []string {
	return []string{"loaded", "setup_error", "setup_retry", "migration_error", "not_loaded", "failed_unload", "setup_in_progress", "unload_in_progress", "other"}
}

// broken reports whether the integration does not work and will not by itself.
func (e entry) broken() bool {
	return e.State == "setup_error" || e.State == "migration_error" || e.State == "failed_unload"
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	if err := c.guard.Refused(now); err != nil {
		return err
	}
	s := &sight{now: now}
	if err := c.guard.Note(c.begin(ctx, s), now); err != nil {
		return err
	}
	var err error
	if s.entities, err = c.readEntities(ctx, now); err != nil {
		return err
	}
	c.part(s, "the state of the core", func() error { return c.ask(ctx, "/api/core/state", &s.core) })
	s.known = c.part(s, "integrations", func() error { return c.readEntries(ctx, s) })
	if c.config.WebSocket {
		c.converse(ctx, s)
	}
	s.entities.nameAddOns(c.addOns)
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, "asking %s", c.URL(""))
	}
	for _, problem := range s.problems {
		out.Problem(problem)
	}
	c.emit(s, out)
	out.Problem(c.tell(s, out))
	out.SetSnapshot(c.document(s))
	return nil
}

// begin finds out whether it is Home Assistant that answers, and takes the token.
func (c *collector) begin(ctx context.Context, s *sight) error {
	if c.config.Token.Empty() {
		return fault.New(fault.Auth, "asking %s: no token is given", c.URL("")).WithHint("make a long-lived access token as Set-up shows, and enter it")
	}
	var said struct {
		Message string `json:"message"`
	}
	if err := c.ask(ctx, "/api/", &said); err != nil {
		return err
	}
	if !strings.HasPrefix(said.Message, "API running") {
		return fault.New(fault.WrongService, "GET %s: it is not Home Assistant that answers", c.URL("/api/")).
			WithHint("check the address, without /api")
	}
	if err := c.ask(ctx, "/api/config", &s.settings); err != nil {
		return err
	}
	if s.settings.Version == "" {
		return fault.New(fault.BadAnswer, "GET %s: it tells no version", c.URL("/api/config"))
	}
	return nil
}

// ask reads an answer.
func (c *collector) ask(ctx context.Context, path string, into any) error {
	return explain(c.GetJSON(ctx, path, into))
}

// explain says what a refusal means here.
func explain(err error) error {
	var status *fetch.StatusError
	if !errors.As(err, &status) {
		return err
	}
	switch status.Status {
	case http.StatusUnauthorized:
		return fault.As(fault.Auth, err, "the token is not taken").WithHint("create a new long-lived access token and enter it")
	case http.StatusForbidden:
		return fault.As(fault.Permission, err, "the address of Unity is shut out").
			WithHint("it was banned after wrong logins: remove it from ip_bans.yaml and restart Home Assistant")
	case http.StatusBadRequest:
		return fault.As(fault.Config, err, "the proxy in between is not trusted").
			WithHint("add the proxy to trusted_proxies, under http in configuration.yaml, or use the server's own address")
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return fault.As(fault.Unreachable, err, "").WithHint("it is starting, or does not run behind its proxy")
	default:
		return err
	}
}

// readEntries reads the integrations.
func (c *collector) readEntries(ctx context.Context, s *sight) error {
	return explain(c.Stream(ctx, fetch.Request{Path: "/api/config/config_entries/entry"}, fetch.Stream{Lists: fetch.Lists{"": fetch.Each(s.addEntry)}}))
}

// addEntry looks at one integration.
func (s *sight) addEntry(one entry) {
	if one.Disabled != "" || one.Source == "ignore" || one.Domain == "" || len(s.entries) >= maxEntries {
		return
	}
	if !slices.Contains(entryStates(), one.State) {
		one.State = "other"
	}
	s.entries = append(s.entries, one)
}

// part asks for something that may not be there or not be allowed, and reports
// whether it was had. The rest goes on without it.
func (c *collector) part(s *sight, name string, ask func() error) bool {
	told, left := c.resting.Left(name, s.now)
	if !left {
		switch err := ask(); fault.Of(err) {
		case "":
			return true
		case fault.NotFound, fault.Unsupported:
		case fault.Permission, fault.Auth:
			told = name + ": the token of an administrator is needed"
		default:
			s.problems = append(s.problems, fault.Wrap(err, "asking for %s", name))
			return false
		}
		c.resting.Leave(name, s.now.Add(restFor), told)
	}
	if told != "" {
		s.leftOut = append(s.leftOut, told)
	}
	return false
}

// state is how the core is, in lower case.
func (s *sight) state() string { return strings.ToLower(s.settings.State) }

// coreStates are the states of the core.
func coreStates() []string {
	return []string{"not_running", "starting", "running", "stopping", "final_write"}
}
