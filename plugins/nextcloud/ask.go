package nextcloud

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

const (
	statusPath = "/status.php"
	infoPath   = "/ocs/v2.php/apps/serverinfo/api/v1/info"
	// rest is how long serverinfo is left alone that is not there, and a server
	// that shut Unity out.
	rest = time.Hour
)

// status is what Nextcloud tells everybody.
type status struct {
	Installed   *bool  `json:"installed"`
	Maintenance bool   `json:"maintenance"`
	NeedsUpdate bool   `json:"needsDbUpgrade"`
	Version     string `json:"versionstring"`
	Full        string `json:"version"`
	Edition     string `json:"edition"`
	Product     string `json:"productname"`
	Extended    *bool  `json:"extendedSupport"`
}

// status asks whether this is a Nextcloud, and how it is. No login is sent.
func (c *collector) status(ctx context.Context) (*status, error) {
	return askStatus(ctx, c.Client)
}

func askStatus(ctx context.Context, client *fetch.Client) (*status, error) {
	said := new(status)
	err := client.JSON(ctx, fetch.Request{Path: statusPath}, said)
	refused := (*fetch.StatusError)(nil)
	switch {
	case maintenance(err):
		// Some versions and proxies say it like this as well.
		return &status{Maintenance: true}, nil
	case errors.As(err, &refused) && refused.Status == http.StatusBadRequest && strings.Contains(string(refused.Body), "rusted domain"):
		return nil, fault.As(fault.Permission, err, "this address is not one of its trusted domains").
			WithHint("add the host of url to trusted_domains in config.php, or use an address that is there")
	case fault.Of(err) == fault.NotFound:
		return nil, fault.As(fault.WrongService, err, "this is no Nextcloud").WithHint("check the address; many are at a path, such as /nextcloud")
	case err != nil:
		return nil, err
	case said.Installed == nil || said.Full == "":
		return nil, fault.New(fault.WrongService, "GET %s: the answer is not that of a Nextcloud", client.URL(statusPath)).WithHint("check the address; many are at a path, such as /nextcloud")
	case said.Product == "ownCloud":
		return nil, fault.New(fault.WrongService, "GET %s: it is an ownCloud that answers", client.URL(statusPath)).WithHint("ownCloud has no serverinfo; watch it as a web service")
	case !*said.Installed:
		return nil, fault.New(fault.WrongService, "GET %s: the server is not set up yet", client.URL(statusPath)).WithHint("finish its installation in the browser")
	}
	return said, nil
}

// maintenance reports whether an answer says that Nextcloud is in maintenance.
func maintenance(err error) bool {
	refused := (*fetch.StatusError)(nil)
	return errors.As(err, &refused) && refused.Status == http.StatusServiceUnavailable && refused.Header.Get("X-Nextcloud-Maintenance-Mode") == "1"
}

// canAsk reports whether there is a login.
func (c *collector) canAsk() bool { return !c.config.Token.Empty() || c.config.Username != "" }

// envelope is around every answer of the API.
type envelope struct {
	OCS struct {
		Meta struct {
			Status  string         `json:"status"`
			Code    lenient.Number `json:"statuscode"`
			Message string         `json:"message"`
		} `json:"meta"`
		Data lenient.Part[info] `json:"data"`
	} `json:"ocs"`
}

// What the API says in place of HTTP, in its first version.
const (
	ocsUnauthorised = 997
	ocsNotFound     = 998
)

// info asks the app serverinfo, with updates or without. A login that was refused
// is left alone for a while: Nextcloud lets those wait who try often, and then
// shuts them out.
func (c *collector) info(ctx context.Context, updates bool) (*info, error) {
	now := c.host.Now()
	if err := c.guard.Refused(now); err != nil {
		return nil, err
	}
	if now.Before(c.until) {
		return nil, c.absent
	}
	header, err := c.login()
	if err != nil {
		return nil, err
	}
	query := "?format=json&skipApps=" + word(!updates || !c.config.AppUpdates) + "&skipUpdate=" + word(!updates || !c.config.ServerUpdate)
	var said envelope
	err = c.JSON(ctx, fetch.Request{Path: infoPath + query, Header: header}, &said)
	if err == nil {
		err = c.meant(&said)
	}
	switch err = c.explain(err); fault.Of(err) {
	case fault.Timeout:
		if c.doubted && ctx.Err() == nil {
			err = fault.As(fault.Auth, err, "after a refused login").WithHint("Nextcloud lets those wait whose login it refused; %s", c.advice())
		}
	case fault.RateLimited, fault.NotFound, fault.Unsupported:
		c.absent, c.until = err, now.Add(rest)
	}
	switch fault.Of(err) {
	case "":
		c.doubted = false
	case fault.Auth:
		c.doubted = true
	}
	if err := c.guard.Note(err, now); err != nil {
		return nil, err
	}
	return said.OCS.Data.Pointer(), nil
}

// login is the header with the login. The token counts more than a user.
func (c *collector) login() (http.Header, error) {
	header := http.Header{"Accept": {"application/json"}, "Ocs-Apirequest": {"true"}}
	if !c.config.Token.Empty() {
		token, err := c.config.Token.Reveal()
		header.Set("NC-Token", token)
		return header, fault.Wrap(err, "reading the token")
	}
	password, err := c.config.Password.Reveal()
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.config.Username+":"+password)))
	return header, fault.Wrap(err, "reading the password")
}

// meant says what an answer with status 200 means.
func (c *collector) meant(said *envelope) error {
	code := said.OCS.Meta.Code.Or(0)
	what := "GET " + c.URL(infoPath)
	switch {
	case code == ocsUnauthorised || code == http.StatusUnauthorized:
		return fault.New(fault.Auth, "%s: the API says %v", what, code)
	case code == ocsNotFound || code == http.StatusNotFound:
		return fault.New(fault.NotFound, "%s: the API says %v", what, code)
	case code == http.StatusTooManyRequests:
		return fault.New(fault.RateLimited, "%s: the API says %v", what, code)
	case said.OCS.Data.Pointer() == nil || said.OCS.Meta.Status != "ok":
		return fault.New(fault.BadAnswer, "%s: the answer tells nothing of the server", what)
	}
	return nil
}

// explain says what a refusal means here.
func (c *collector) explain(err error) error {
	switch fault.Of(err) {
	case fault.Auth, fault.Permission:
		return fault.As(fault.Auth, err, "%s", c.refusal()).WithHint("%s", c.advice())
	case fault.NotFound:
		return fault.As(fault.NotFound, err, "the app serverinfo is not there").WithHint("occ app:enable serverinfo; it is asked for again in an hour")
	case fault.RateLimited:
		return fault.As(fault.RateLimited, err, "it has shut out this address for refused logins").
			WithHint("%s; occ security:bruteforce:reset with the address of Unity ends it, and it is asked again in an hour", c.advice())
	default:
		return err
	}
}

func (c *collector) refusal() string {
	if c.config.Token.Empty() {
		return "the user or the app password is refused"
	}
	return "the token is refused"
}

func (c *collector) advice() string {
	if c.config.Token.Empty() {
		return "the user must be in the group admin, and the password an app password of theirs"
	}
	return "compare the token with occ config:app:get serverinfo token"
}

// word is how the API writes yes and no in an address.
func word(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}
