package gitserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// readGitea reads Gitea, Forgejo or Gogs.
func (c *collector) readGitea(ctx context.Context, s *sight) error {
	if s.Kind == kindGogs {
		return c.readGogs(ctx, s)
	}
	c.each(s, "health", "health: this version has no /api/healthz", func() error { return c.giteaHealth(ctx, s) })
	if err := c.giteaRepositories(ctx, s); err != nil {
		return err
	}
	const admin = "users, organizations and tasks: a token of an administrator with the scope read:admin"
	for _, one := range []struct {
		part, path, needs string
		into              **float64
	}{
		{"issues", "/api/v1/repos/issues/search?type=issues&state=open&limit=1", "open issues: the scope read:issue", &s.Issues},
		{"pulls", "/api/v1/repos/issues/search?type=pulls&state=open&limit=1", "open issues: the scope read:issue", &s.Pulls},
		{"users", "/api/v1/admin/users?limit=1", admin, &s.Users},
		{"orgs", "/api/v1/admin/orgs?limit=1", admin, &s.Organizations},
	} {
		c.each(s, one.part, one.needs, func() (err error) { *one.into, err = c.total(ctx, one.path, "X-Total-Count"); return err })
	}
	c.each(s, "cron", admin, func() error { return c.giteaCron(ctx, s) })
	c.each(s, "notifications", "unread notifications: the scope read:notification", func() error {
		var said struct{ New lenient.Amount }
		err := c.ask(ctx, "/api/v1/notifications/new", &said)
		s.Unread = said.New.Pointer()
		return err
	})
	if c.config.CI {
		c.each(s, "actions", "actions: Gitea 1.22 or newer", func() error { return c.giteaActions(ctx, s) })
		c.each(s, "runners", "runners: Gitea 1.24 or newer, and a token of an administrator with the scope read:admin", func() error { return c.giteaRunners(ctx, s) })
	}
	if !c.config.MetricsToken.Empty() {
		c.each(s, "metrics", "totals: /metrics, and the token that app.ini has for it", func() error { return c.giteaMetrics(ctx, s) })
	}
	return nil
}

// giteaHealth reads the checks, which come also with the status of a server that
// is not well.
func (c *collector) giteaHealth(ctx context.Context, s *sight) error {
	var said struct {
		Status string
		Checks map[string][]struct{ Status string }
	}
	err := c.JSON(ctx, fetch.Request{Path: "/api/healthz", Anonymous: true}, &said)
	var status *fetch.StatusError
	if errors.As(err, &status) && json.Unmarshal(status.Body, &said) == nil && said.Status != "" {
		err = nil
	}
	if err != nil {
		return err
	}
	s.addHealth("overall", said.Status == "pass")
	for name, results := range said.Checks {
		well := !slices.ContainsFunc(results, func(r struct{ Status string }) bool { return r.Status != "pass" })
		name, _, _ = strings.Cut(name, ":")
		s.addHealth(name, well)
	}
	s.sortHealth()
	return nil
}

const maxChecks = 30

func (s *sight) addHealth(check string, well bool) {
	row := healthRow{Check: plugin.Shorten(check, 40), Status: "failed"}
	if well {
		row.Status = "ok"
	}
	twice := slices.ContainsFunc(s.Health, func(h healthRow) bool { return h.Check == row.Check })
	if len(s.Health) < maxChecks && !twice {
		s.Health = append(s.Health, row)
	}
}

func (s *sight) sortHealth() {
	slices.SortFunc(s.Health, func(a, b healthRow) int { return strings.Compare(a.Check, b.Check) })
}

// giteaRepository is one of the list; its size is in KiB.
type giteaRepository struct {
	FullName string `json:"full_name"`
	Private  bool
	Internal bool
	Archived bool
	Mirror   bool
	Empty    bool
	Mirrored time.Time `json:"mirror_updated"`
	Size     lenient.Amount
	Stars    lenient.Amount `json:"stars_count"`
	Issues   lenient.Amount `json:"open_issues_count"`
	Pulls    lenient.Amount `json:"open_pr_counter"`
	Updated  time.Time      `json:"updated_at"`
	Branch   string         `json:"default_branch"`
	Actions  *bool          `json:"has_actions"`
}

func (g giteaRepository) repository() *repository {
	r := &repository{
		Name: plugin.Shorten(g.FullName, 120), Visibility: "public", Stars: g.Stars.Or(0), Issues: g.Issues.Pointer(), Pulls: g.Pulls.Pointer(),
		Mirror: g.Mirror, Archived: g.Archived, Empty: g.Empty, Updated: g.Updated, branch: g.Branch, runs: (g.Actions == nil || *g.Actions) && !g.Empty,
	}
	switch {
	case g.Private:
		r.Visibility = "private"
	case g.Internal:
		r.Visibility = "internal"
	}
	if g.Mirror {
		r.Mirrored = known(g.Mirrored)
	}
	if size, known := g.Size.Get(); known {
		size *= 1024
		r.Size = &size
	}
	return r
}

// giteaPage is how many repositories a page has; more than 50 the server cuts.
const giteaPage = 50

func (c *collector) giteaRepositories(ctx context.Context, s *sight) error {
	for page := 1; len(s.Repositories) < c.config.RepoLimit; page++ {
		var said struct{ Data []giteaRepository }
		header, err := c.page(ctx, fmt.Sprintf("/api/v1/repos/search?limit=%d&page=%d&sort=updated&order=desc", giteaPage, page), &said)
		if err != nil {
			return err
		}
		for _, g := range said.Data {
			if len(s.Repositories) < c.config.RepoLimit && g.FullName != "" {
				s.Repositories = append(s.Repositories, g.repository())
			}
		}
		if n, err := strconv.ParseUint(header.Get("X-Total-Count"), 10, 40); err == nil {
			total := float64(n)
			s.Total = &total
		}
		if len(said.Data) == 0 || s.Total != nil && float64(page*giteaPage) >= *s.Total || s.Total == nil && len(said.Data) < giteaPage {
			break
		}
	}
	s.sumRepositories()
	return nil
}

// sumRepositories adds up what is stored.
func (s *sight) sumRepositories() {
	for _, r := range s.Repositories {
		if r.Size != nil {
			s.Storage["repository"] += *r.Size
		}
	}
}

func (c *collector) giteaCron(ctx context.Context, s *sight) error {
	var tasks []struct {
		Name       string
		Next, Prev time.Time
	}
	if err := c.ask(ctx, "/api/v1/admin/cron?limit=50", &tasks); err != nil {
		return err
	}
	for _, t := range tasks {
		row := cronRow{Name: plugin.Shorten(t.Name, 60), Next: known(t.Next), Prev: known(t.Prev)}
		// What is due for long was not done.
		row.Overdue = row.Next != nil && s.now.Sub(t.Next) > 15*time.Minute
		s.Cron = append(s.Cron, row)
	}
	return nil
}

func (c *collector) giteaActions(ctx context.Context, s *sight) error {
	for _, r := range c.ciOf(s) {
		owner, name, _ := strings.Cut(r.Name, "/")
		var said struct {
			Runs []struct {
				Name    string
				Branch  string `json:"head_branch"`
				Status  string
				URL     string    `json:"url"`
				Created time.Time `json:"created_at"`
				Updated time.Time `json:"updated_at"`
			} `json:"workflow_runs"`
		}
		err := c.ask(ctx, "/api/v1/repos/"+url.PathEscape(owner)+"/"+url.PathEscape(name)+"/actions/tasks?limit=20", &said)
		if fault.Of(err) == fault.NotFound && s.CISeen {
			continue // it has no actions
		}
		if err != nil {
			return err
		}
		s.CISeen = true
		for _, one := range said.Runs {
			s.Runs = append(s.Runs, run{
				Repo: r.Name, Workflow: plugin.Shorten(one.Name, 80), Branch: plugin.Shorten(one.Branch, 80), Status: runState(one.Status),
				Started: one.Created, URL: one.URL, main: one.Branch == r.branch,
			})
		}
	}
	return nil
}

func (c *collector) giteaRunners(ctx context.Context, s *sight) error {
	var said struct {
		Runners []struct {
			Name     string
			Status   string
			Busy     bool
			Disabled bool
		}
	}
	if err := c.ask(ctx, "/api/v1/admin/actions/runners?limit=50", &said); err != nil {
		return err
	}
	s.RunnersSeen = true
	for _, r := range said.Runners {
		row := runnerRow{Name: plugin.Shorten(r.Name, 60), Status: "offline", Busy: r.Busy || r.Status == "active"}
		switch {
		case r.Disabled:
			row.Status = "paused"
		case r.Status == "online" || r.Status == "idle" || r.Status == "active":
			row.Status = "online"
		}
		s.Runners = append(s.Runners, row)
	}
	return nil
}

// giteaMetrics takes totals that the token could not see.
func (c *collector) giteaMetrics(ctx context.Context, s *sight) error {
	token, err := c.config.MetricsToken.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading metrics_token")
	}
	answer, err := c.Do(ctx, fetch.Request{Path: "/metrics", Header: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	figures, err := exposition.Read(answer.Body, func(name string) bool { return strings.HasPrefix(name, "gitea_") })
	if err != nil {
		return err
	}
	for name, into := range map[string]**float64{
		"gitea_users": &s.Users, "gitea_organizations": &s.Organizations, "gitea_issues_open": &s.Issues, "gitea_repositories": &s.Total,
	} {
		if value := figures.Sum(name); value != nil && (*into == nil || name == "gitea_repositories") {
			*into = value
		}
	}
	return nil
}
