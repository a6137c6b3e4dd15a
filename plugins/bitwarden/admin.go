package bitwarden

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// admin is what an administrator of Vaultwarden may see.
type admin struct {
	// disabled is whether the server has no administration at all.
	disabled bool
	check    check
	users    *users
	settings []setting
	flags    map[string]bool
	problem  error
}

// users are how many there are, and never who.
type users struct {
	Total    int  `json:"total"`
	Enabled  int  `json:"enabled"`
	Disabled int  `json:"disabled"`
	Invited  int  `json:"invited"`
	Single   int  `json:"without_2fa"`
	Inactive *int `json:"inactive,omitempty"`
}

// user is all that is taken of one. The answer has keys and addresses as well,
// which are not read.
type user struct {
	Status  int             `json:"_status"`
	Enabled *bool           `json:"userEnabled"`
	Second  bool            `json:"twoFactorEnabled"`
	Created string          `json:"createdAt"`
	Active  json.RawMessage `json:"lastActive"`
}

// setting is one that matters for security.
type setting struct {
	Name string `json:"name"`
	On   bool   `json:"on"`
}

const (
	cookieName = "VW_ADMIN"
	// sessionLife is how long Vaultwarden keeps a session where it is not told.
	sessionLife = 20 * time.Minute
	// limited is how long Vaultwarden wants to be left alone after three logins.
	limited = 5 * time.Minute
	// invited is the status of a user without a password.
	invited = 1
)

// administration asks what only an administrator may see, now and then, and
// returns what was seen last in between.
func (c *collector) administration(ctx context.Context) *admin {
	if c.config.AdminToken.Empty() {
		return nil
	}
	now := c.host.Now()
	if c.admin != nil && now.Before(c.nextAdmin) {
		return c.admin
	}
	if err := c.guard.Refused(now); err != nil {
		return &admin{problem: err, check: check{Name: partAdmin, Status: statusFailed, Says: plugin.Shorten(err.Error(), 300)}}
	}
	// What is answered has secrets in it, so that it is not recorded.
	ctx = fetch.Observe(ctx, func(fetch.Exchange) {})
	fresh := new(admin)
	fresh.check = c.check(partAdmin, func() (string, error) {
		fresh.problem = c.askAdmin(ctx, now, fresh)
		return "", fresh.problem
	})
	c.nextAdmin = now.Add(c.config.Slow.Std())
	if fresh.problem != nil {
		c.nextAdmin = now.Add(limited)
	}
	c.admin = fresh
	return fresh
}

// askAdmin asks with the session of an administrator, and logs in again, once,
// when it is not taken any more.
func (c *collector) askAdmin(ctx context.Context, now time.Time, into *admin) error {
	fresh, err := c.enter(ctx, now, into)
	if err != nil || into.disabled {
		return err
	}
	err = c.readUsers(ctx, now, into)
	if fault.Of(err) == fault.Auth && !fresh {
		c.session = ""
		if _, err = c.enter(ctx, now, into); err == nil && !into.disabled {
			err = c.readUsers(ctx, now, into)
		}
	}
	if err != nil {
		return err
	}
	return c.readSettings(ctx, into)
}

// enter makes sure that there is a session, and reports whether it is a new one.
func (c *collector) enter(ctx context.Context, now time.Time, into *admin) (fresh bool, err error) {
	if c.session != "" && now.Add(time.Minute).Before(c.ends) {
		return false, nil
	}
	c.session = ""
	token, err := c.config.AdminToken.Reveal()
	if err != nil {
		return false, fault.Wrap(err, "reading the token")
	}
	answer, err := c.Do(ctx, fetch.Request{
		Method: http.MethodPost, Path: "/admin", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body: []byte(url.Values{"token": {token}}.Encode()),
	})
	if fault.Of(err) == fault.NotFound && c.hasNoAdmin(ctx) {
		into.disabled = true
		return false, c.guard.Note(nil, now)
	}
	if err == nil {
		// The page has every setting in it, secrets as well, and is not read.
		defer func() { _ = answer.Body.Close() }()
		err = c.keep(answer.Header, now)
	}
	return true, c.guard.Note(c.explain(err), now)
}

// keep takes the cookie of a login.
func (c *collector) keep(header http.Header, now time.Time) error {
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		if cookie.Name != cookieName || cookie.Value == "" {
			continue
		}
		life := sessionLife
		if cookie.MaxAge > 0 {
			life = time.Duration(cookie.MaxAge) * time.Second
		}
		c.session, c.ends = cookie.Value, now.Add(life)
		return nil
	}
	return fault.New(fault.Unsupported, "POST %s: the login gives no session", c.URL("/admin")).
		WithHint("Vaultwarden 1.28 or later is needed; a proxy may also take the cookie away")
}

// hasNoAdmin reports whether the server says that nobody can administer it.
func (c *collector) hasNoAdmin(ctx context.Context) bool {
	answer, err := c.Do(ctx, fetch.Request{Path: "/admin"})
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 512))
	return err == nil && strings.Contains(string(text), "admin panel is disabled")
}

// explain says what a refusal means here.
func (c *collector) explain(err error) error {
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) {
		return err
	}
	switch status.Status {
	case http.StatusUnauthorized:
		return fault.As(fault.Auth, err, "the token of the administrator is refused").WithHint("give the ADMIN_TOKEN in clear, not the hash that may stand in its place")
	case http.StatusForbidden:
		return fault.As(fault.Permission, err, "a proxy keeps Unity from the administration").WithHint("let the address of Unity through to /admin, or leave admin_token empty")
	case http.StatusTooManyRequests:
		return fault.As(fault.RateLimited, err, "there were too many logins of administrators").WithHint("Vaultwarden takes one in five minutes then; it is asked again after that")
	case http.StatusNotFound:
		return fault.As(fault.NotFound, err, "there is no administration").WithHint("set ADMIN_TOKEN for Vaultwarden, or leave admin_token empty; Bitwarden's own administration cannot be asked")
	default:
		return err
	}
}

func (c *collector) asAdmin(path string) fetch.Request {
	return fetch.Request{Path: path, Header: http.Header{"Accept": {"application/json"}, "Cookie": {cookieName + "=" + c.session}}}
}

// readUsers counts users while they arrive.
func (c *collector) readUsers(ctx context.Context, now time.Time, into *admin) error {
	counted, told := new(users), false
	inactive := 0
	err := c.Stream(ctx, c.asAdmin("/admin/users"), fetch.Stream{Lists: fetch.Lists{"": fetch.Each(func(one user) {
		told = told || len(one.Active) > 0
		if counted.count(one) && c.inactive(one, now) {
			inactive++
		}
	})}})
	if err != nil {
		return c.explain(err)
	}
	if told || counted.Total == 0 {
		counted.Inactive = &inactive
	}
	into.users = counted
	return nil
}

// count counts a user, and reports whether it can log in.
func (u *users) count(one user) bool {
	u.Total++
	switch {
	case one.Status == invited:
		u.Invited++
		return false
	case one.Enabled != nil && !*one.Enabled:
		u.Disabled++
		return false
	}
	u.Enabled++
	if !one.Second {
		u.Single++
	}
	return true
}

// inactive reports whether a user was not there for long. One who was never there
// counts from the day of the registration.
func (c *collector) inactive(one user, now time.Time) bool {
	var last string
	_ = json.Unmarshal(one.Active, &last) // null, or not told
	seen, known := moment(last)
	if !known {
		seen, known = moment(one.Created)
	}
	return known && now.Sub(seen) > time.Duration(c.config.Inactive)*24*time.Hour
}

// moment reads a time such as 2026-01-02 03:04:05 UTC. The zone is a name that may
// mean anything; it is not needed to count days.
func moment(text string) (time.Time, bool) {
	if len(text) < len(time.DateTime) {
		return time.Time{}, false
	}
	at, err := time.Parse(time.DateTime, text[:len(time.DateTime)])
	return at, err == nil
}

// watchedSettings are those that matter for security, by how Vaultwarden calls
// them.
func watchedSettings() []string {
	return []string{
		"signups_allowed", "signups_verify", "invitations_allowed", "show_password_hint", "require_device_email", "emergency_access_allowed", "sends_allowed",
		"org_events_enabled", "enable_websocket", "push_enabled", "web_vault_enabled", "sso_enabled", "sso_only", "disable_admin_token", "_enable_email_2fa",
	}
}

// readSettings reads the settings of the server that matter here. Secrets come
// masked, and are not taken.
func (c *collector) readSettings(ctx context.Context, into *admin) error {
	var said map[string]json.RawMessage
	if err := c.JSON(ctx, c.asAdmin("/admin/diagnostics/config"), &said); err != nil {
		return c.explain(err)
	}
	into.flags = make(map[string]bool)
	for _, name := range watchedSettings() {
		raw, known := said[name]
		if text := string(raw); !known || text == "null" {
			continue
		}
		var on lenient.Flag
		_ = on.UnmarshalJSON(raw) // reads anything
		into.flags[name] = bool(on)
		into.settings = append(into.settings, setting{Name: name, On: bool(on)})
	}
	return nil
}
