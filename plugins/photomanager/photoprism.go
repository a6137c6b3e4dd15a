package photomanager

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// partLog is the list of what went wrong in PhotoPrism.
const partLog = "the log"

// prismConfig is what PhotoPrism tells its own web page.
type prismConfig struct {
	Mode, Edition, Version string
	Public                 *bool
	Count                  map[string]number
	Usage                  struct{ FilesUsed, FilesFree, FilesTotal number }
}

// readPhotoPrism asks for everything that PhotoPrism says.
func (c *collector) readPhotoPrism(ctx context.Context, s *sight) error {
	said, err := c.known(ctx)
	if err != nil {
		return err
	}
	s.Version, s.Edition, s.Public = shorten(said.Version), shorten(said.Edition), said.Public
	if said.Mode != modeKnown {
		// Whoever is not known is told that there is nothing at all.
		return c.readFigures(ctx, s)
	}
	s.takeCounts(func(name string) *float64 { return said.Count[name].value })
	if total := said.Usage.FilesTotal.value; total != nil && *total > 0 { // all are 0 when it is switched off
		s.Usage = map[string]*float64{"all": said.Usage.FilesUsed.value}
		s.UsedBytes, s.Disk.Available = said.Usage.FilesUsed.value, said.Usage.FilesFree.value
	}
	c.part(s, partLog, "an administrator's app password", func() error { return c.readLog(ctx, s) })
	return nil
}

// known asks for the config as somebody who is logged in, where there is a user.
// A session that is over is answered with a refusal by old versions, and by new
// ones as if nobody asked.
func (c *collector) known(ctx context.Context) (said prismConfig, err error) {
	if c.config.Username == "" {
		return c.prismConfig(ctx)
	}
	if c.session != "" {
		said, err = c.prismConfig(ctx)
		if fault.Of(err) != fault.Auth && (err != nil || said.Mode == modeKnown) {
			return said, err
		}
	}
	if err := c.logIn(ctx); err != nil {
		return said, err
	}
	return c.prismConfig(ctx)
}

// modeKnown is the mode of the config for who is logged in.
const modeKnown = "user"

func (c *collector) prismConfig(ctx context.Context) (said prismConfig, err error) {
	err = c.prism(ctx, "/api/v1/config", &said)
	if err == nil && said.Version == "" {
		err = fault.New(fault.BadAnswer, "GET %s: the answer is not the config of PhotoPrism", c.URL("/api/v1/config"))
	}
	return said, err
}

// header is the login.
func (c *collector) header() (http.Header, error) {
	header := make(http.Header)
	token := c.session
	if token == "" && !c.config.Token.Empty() {
		var err error
		if token, err = c.config.Token.Reveal(); err != nil {
			return nil, fault.Wrap(err, "reading the token")
		}
	}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
		header.Set("X-Session-Id", token) // for versions before 2024
	}
	return header, nil
}

// prism asks with the login.
func (c *collector) prism(ctx context.Context, path string, into any) error {
	header, err := c.header()
	if err != nil {
		return err
	}
	return c.prismFault(c.JSON(ctx, fetch.Request{Path: path, Header: header}, into))
}

// prismFault says what a refusal means here.
func (c *collector) prismFault(err error) error {
	status := (*fetch.StatusError)(nil)
	switch {
	case errors.As(err, &status) && status.Status == http.StatusUnauthorized:
		return fault.As(fault.Auth, err, "the login is not taken").
			WithHint("see under Settings, Account, Apps and Devices, whether the app password is there and has the scope metrics or all")
	case errors.As(err, &status) && status.Status == http.StatusTooManyRequests:
		return fault.As(fault.RateLimited, err, "").WithHint("too many logins; wait some minutes")
	default:
		return starting(err)
	}
}

// logIn takes a session. The server keeps a row for each, so that it is used as
// long as it lasts.
func (c *collector) logIn(ctx context.Context) error {
	c.session = ""
	password, err := c.config.Password.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the password")
	}
	var said struct {
		AccessToken string `json:"access_token"`
		ID          string `json:"id"`
	}
	err = c.JSON(ctx, fetch.Request{
		Method: http.MethodPost, Path: "/api/v1/session", JSON: map[string]string{"username": c.config.Username, "password": password},
	}, &said)
	switch {
	case fault.Of(err) == fault.Auth, fault.Of(err) == fault.Permission:
		return fault.As(fault.Auth, err, "logging in as %s", c.config.Username).
			WithHint("check user and password; with two-factor authentication make an app password and enter it as token")
	case err != nil:
		return c.prismFault(err)
	}
	c.session = said.AccessToken
	if c.session == "" {
		c.session = said.ID
	}
	if c.session == "" {
		return fault.New(fault.BadAnswer, "POST %s: the answer holds no session", c.URL("/api/v1/session"))
	}
	return nil
}

// readFigures reads what PhotoPrism tells Prometheus, which is all that a token
// with the scope metrics may see.
func (c *collector) readFigures(ctx context.Context, s *sight) error {
	if c.config.Token.Empty() && c.session == "" {
		return fault.New(fault.Auth, "asking %s: PhotoPrism wants a login", c.URL("")).
			WithHint("make an app password with the scope metrics, and enter it as token")
	}
	header, err := c.header()
	if err != nil {
		return err
	}
	answer, err := c.Do(ctx, fetch.Request{Path: "/api/v1/metrics", Header: header})
	if err != nil {
		if fault.Of(err) == fault.Permission {
			return fault.As(fault.Auth, err, "the login may see nothing").WithHint("make an app password with the scope metrics, of an administrator")
		}
		return c.prismFault(err)
	}
	defer func() { _ = answer.Body.Close() }()
	figures, err := exposition.Read(answer.Body, func(name string) bool { return strings.HasPrefix(name, "photoprism_") })
	if err != nil {
		return fault.Wrap(err, "GET %s", c.URL("/api/v1/metrics"))
	}
	s.takeCounts(func(name string) *float64 { return figures.Sum("photoprism_statistics_media_count", "stat", name) })
	if used := figures.Sum("photoprism_usage_files_bytes", "state", "used"); used != nil {
		s.Usage, s.UsedBytes = map[string]*float64{"all": used}, used
		s.Disk.Available = figures.Sum("photoprism_usage_files_bytes", "state", "free")
	}
	if users := figures.Sum("photoprism_usage_accounts_active", "state", "users"); users != nil {
		s.Counts["photo_manager_users"] = users
	}
	if len(s.Items) == 0 {
		return fault.New(fault.BadAnswer, "GET %s: it says nothing of photos", c.URL("/api/v1/metrics"))
	}
	return nil
}

// takeCounts takes the counts by the names that PhotoPrism has for them.
func (s *sight) takeCounts(of func(name string) *float64) {
	s.Items, s.Counts = make(map[string]*float64), make(map[string]*float64)
	for kind, name := range map[string]string{"photo": "photos", "video": "videos", "live": "live", "audio": "audio", "document": "documents"} {
		if value := of(name); value != nil {
			s.Items[kind] = value
		}
	}
	for _, name := range []string{"albums", "people", "places", "files", "favorites", "archived", "review"} {
		if value := of(name); value != nil {
			s.Counts["photo_manager_"+name] = value
		}
	}
}

// logEntries is how much of the log is looked at.
const logEntries = 50

// logLevels are those that PhotoPrism keeps.
func logLevels() []string { return []string{"error", "warning"} }

func (c *collector) readLog(ctx context.Context, s *sight) error {
	var said []struct{ Time, Level, Message string }
	if err := c.prism(ctx, "/api/v1/errors?count=50", &said); err != nil {
		return err
	}
	s.LogSeen = true
	s.LogErrors = make(map[string]float64)
	for _, entry := range said[:min(len(said), logEntries)] {
		level := strings.ToLower(entry.Level)
		if level == "fatal" || level == "panic" {
			level = "error"
		}
		if !slices.Contains(logLevels(), level) {
			continue
		}
		s.LogErrors[level]++
		s.Errors = append(s.Errors, logEntry{Time: shorten(entry.Time), Level: level, Message: shorten(entry.Message)})
	}
	return nil
}

// sortedKeys are the keys of the map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
