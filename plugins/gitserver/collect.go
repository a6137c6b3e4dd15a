package gitserver

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// collector watches one server.
type collector struct {
	*fetch.Client

	config config
	host   plugin.Host
	kind   string // once it is known
	// resting are parts that the server does not have or the token may not see;
	// they are asked for again after a while.
	resting lockout.Parts[string]
}

const (
	// rest is how long a part is left alone.
	rest = time.Hour
	// ciRepos is how many repositories are looked at for what ran.
	ciRepos = 20
	// recent is what counts as having run lately.
	recent = 24 * time.Hour
)

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	s, err := c.identify(ctx)
	if err != nil {
		return err
	}
	s.now = c.host.Now()
	if s.Kind == kindGitLab {
		err = c.readGitLab(ctx, s)
	} else {
		err = c.readGitea(ctx, s)
	}
	if err != nil {
		return err
	}
	for _, problem := range s.problems {
		out.Problem(problem)
	}
	s.judgeCI()
	s.emit(c.config, out)
	out.Problem(tell(c.host.State, s, out))
	out.SetSnapshot(s.document())
	return nil
}

// identify finds out what answers, and its version.
func (c *collector) identify(ctx context.Context) (*sight, error) {
	before := c.kind
	s, err := c.meet(ctx)
	switch {
	case err == nil:
		c.kind = s.Kind
	case different(err):
		c.kind = "" // it may be another one by now
	default:
		c.kind = before
	}
	return s, err
}

// meet asks what answers, in the words of the kind that it was or has to be.
func (c *collector) meet(ctx context.Context) (*sight, error) {
	kind := c.config.Type
	if kind == kindAuto {
		kind = c.kind
	}
	var said struct{ Version string }
	var refused error
	if kind != kindGitLab {
		c.kind = kindGitea // for the form of the token
		err := c.ask(ctx, "/api/v1/version", &said)
		switch {
		case err == nil && said.Version != "" && c.config.Type == kindGogs:
			return nil, fault.New(fault.WrongService, "asking %s: it is Gitea or Forgejo that answers, not Gogs", c.URL("")).WithHint("set server_type to auto")
		case err == nil && said.Version != "":
			return c.isGitea(ctx, kind, said.Version), nil
		case kind == kindGogs && fault.Of(err) == fault.NotFound:
			return newSight(kindGogs, ""), nil
		case kind == "":
			if !different(err) {
				return nil, err
			}
			refused = err
		default:
			return nil, c.notThis(ctx, kind, err)
		}
	}
	c.kind = kindGitLab
	err := c.ask(ctx, "/api/v4/metadata", &said)
	if fault.Of(err) == fault.NotFound {
		err = c.ask(ctx, "/api/v4/version", &said) // before 15.2
	}
	switch {
	case err == nil && said.Version != "":
		return newSight(kindGitLab, said.Version), nil
	case fault.Of(refused) == fault.NotFound && different(err) && isGogs(ctx, c.Client):
		return newSight(kindGogs, ""), nil
	case err == nil, kind != kindGitLab && (different(err) || fault.Of(refused) == fault.WrongService):
		if refused == nil || fault.Of(refused) == fault.NotFound {
			refused = err
		}
		return nil, c.notThis(ctx, "a server of Git", refused)
	case fault.Of(err) == fault.Auth && c.config.Token.Empty():
		return nil, fault.New(fault.Auth, "GET %s: GitLab wants a token", c.URL("/api/v4/metadata")).
			WithHint("make one with the scope read_api, of an administrator for statistics and runners, and enter it as token")
	}
	return nil, err
}

// different reports whether the answer is that of another kind of server.
func different(err error) bool {
	switch fault.Of(err) {
	case "", fault.NotFound, fault.WrongService, fault.BadAnswer:
		return !starting(err)
	default:
		return false
	}
}

// starting reports whether a proxy says that the server behind it is not there.
func starting(err error) bool {
	var status *fetch.StatusError
	return errors.As(err, &status) && status.Status >= 500
}

// notThis says why the answer is not what was expected.
func (c *collector) notThis(ctx context.Context, what string, err error) error {
	if err != nil && !different(err) {
		return err
	}
	if c.config.Type != kindAuto && isGogs(ctx, c.Client) {
		return fault.New(fault.WrongService, "asking %s: it is Gogs that answers, not %s", c.URL(""), what).WithHint("set server_type to auto")
	}
	page, pageErr := c.Get(ctx, "/")
	if text := strings.ToLower(string(page[:min(len(page), 64<<10)])); pageErr == nil && (strings.Contains(text, "page-content install") || strings.Contains(text, `class="install"`)) {
		return fault.New(fault.WrongService, "asking %s: the server is not set up yet", c.URL("")).WithHint("finish its installation in the browser")
	}
	return fault.New(fault.WrongService, "asking %s: it is not %s that answers", c.URL(""), what).WithHint("check the address, with the path if it is behind a proxy")
}

// isGitea tells Gitea and Forgejo apart; kind is what it was, if that is known.
func (c *collector) isGitea(ctx context.Context, kind, version string) *sight {
	s := newSight(kindGitea, version)
	var said struct{ Version string }
	switch {
	case c.config.Type != kindAuto:
		s.Kind = c.config.Type
	case strings.Contains(version, "+gitea"), kind == kindForgejo:
		s.Kind = kindForgejo
	case c.want("forgejo") && c.optional(s, "forgejo", "", c.ask(ctx, "/api/forgejo/v1/version", &said)) && said.Version != "":
		s.Kind = kindForgejo
	}
	return s
}

// header is the login in the form that the server wants.
func (c *collector) header() (http.Header, error) {
	header := make(http.Header)
	if c.config.Token.Empty() {
		return header, nil
	}
	token, err := c.config.Token.Reveal()
	if err != nil {
		return nil, fault.Wrap(err, "reading the token")
	}
	if c.kind == kindGitLab {
		header.Set("Private-Token", token)
	} else {
		header.Set("Authorization", "token "+token)
	}
	return header, nil
}

// ask reads an answer with the login.
func (c *collector) ask(ctx context.Context, path string, into any) error {
	header, err := c.header()
	if err != nil {
		return err
	}
	return c.plain(c.JSON(ctx, fetch.Request{Path: path, Header: header}, into), path)
}

// page reads one page of a list, and returns what its header says.
func (c *collector) page(ctx context.Context, path string, into any) (http.Header, error) {
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	header.Set("Accept", "application/json")
	answer, err := c.Do(ctx, fetch.Request{Path: path, Header: header})
	if err != nil {
		return nil, c.plain(err, path)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.Header, decode(answer.Body, into, c.URL(path))
}

// total is the length of a list, which its header tells.
func (c *collector) total(ctx context.Context, path, name string) (*float64, error) {
	header, err := c.page(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(header.Get(name), 10, 40)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // GitLab does not count beyond 10,000
	}
	value := float64(n)
	return &value, nil
}

// plain says what a refusal means here.
func (c *collector) plain(err error, path string) error {
	var status *fetch.StatusError
	if !errors.As(err, &status) {
		return err
	}
	path, _, _ = strings.Cut(path, "?")
	said := strings.ToLower(string(status.Body))
	switch {
	case (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden) && c.config.Token.Empty() && c.config.Username == "":
		return fault.As(fault.Auth, err, "without a token").WithHint("make a token and enter it; Set-up says which scopes it needs")
	case status.Status == http.StatusUnauthorized:
		return fault.As(fault.Auth, err, "the token is not taken").WithHint("see whether it was deleted or is over, and make a new one")
	case status.Status == http.StatusForbidden && strings.Contains(said, "scope"):
		return fault.As(fault.Permission, err, "the token lacks a scope").WithHint("make a token with the scope %s", scopeOf(c.kind, path))
	case status.Status == http.StatusBadGateway && strings.Contains(said, "gitlab"):
		return fault.As(fault.Unreachable, err, "GitLab is starting").WithHint("wait some minutes; gitlab-ctl status")
	default:
		return err
	}
}

// scopeOf is the scope that a path needs.
func scopeOf(kind, path string) string {
	switch {
	case kind == kindGitLab:
		return "read_api"
	case strings.Contains(path, "/admin/"):
		return "read:admin"
	case strings.Contains(path, "/notifications"):
		return "read:notification"
	case strings.Contains(path, "/issues"):
		return "read:issue"
	default:
		return "read:repository"
	}
}

// want reports whether a part that the server may not have is asked for now.
func (c *collector) want(part string) bool {
	_, left := c.resting.Left(part, c.host.Now())
	return !left
}

// optional reports whether a part was there. One that is missing, or that the
// token may not see, is left alone for a while and named as left out.
func (c *collector) optional(s *sight, part, needs string, err error) bool {
	switch fault.Of(err) {
	case "":
		return true
	case fault.NotFound, fault.Permission, fault.Auth, fault.WrongService:
		c.resting.Leave(part, c.host.Now().Add(rest), needs)
		s.leave(needs)
	default:
		s.problems = append(s.problems, err)
	}
	return false
}

// each asks for a part unless it rests.
func (c *collector) each(s *sight, part, needs string, ask func() error) {
	if needs, left := c.resting.Left(part, c.host.Now()); left {
		s.leave(needs)
		return
	}
	c.optional(s, part, needs, ask())
}

// ciOf returns the repositories whose actions are looked at.
func (c *collector) ciOf(s *sight) []*repository {
	var chosen []*repository
	for _, r := range s.Repositories {
		if len(c.config.CIRepos) > 0 {
			if slices.Contains(c.config.CIRepos, r.Name) {
				chosen = append(chosen, r)
			}
			continue
		}
		if r.runs && !r.Archived && len(chosen) < ciRepos {
			chosen = append(chosen, r)
		}
	}
	return chosen
}
