package gitserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// readGitLab reads GitLab.
func (c *collector) readGitLab(ctx context.Context, s *sight) error {
	c.each(s, "health", "health: put the address of Unity on the list of monitoring_whitelist", func() error { return c.gitlabHealth(ctx, s) })
	if err := c.gitlabProjects(ctx, s); err != nil {
		return err
	}
	const admin = "users, queues and all runners: a token of an administrator"
	for _, one := range []struct {
		part, path string
		into       **float64
	}{
		{"issues", "/api/v4/issues?state=opened&scope=all&per_page=1", &s.Issues},
		{"pulls", "/api/v4/merge_requests?state=opened&scope=all&per_page=1", &s.Pulls},
	} {
		c.each(s, one.part, "open issues and merge requests: the scope read_api", func() (err error) {
			*one.into, err = c.total(ctx, one.path, "X-Total")
			return err
		})
	}
	c.each(s, "statistics", admin, func() error { return c.gitlabStatistics(ctx, s) })
	c.each(s, "sidekiq", admin, func() error { return c.gitlabQueues(ctx, s) })
	if c.config.CI {
		c.each(s, "pipelines", "pipelines: the scope read_api", func() error { return c.gitlabPipelines(ctx, s) })
		c.each(s, "runners", admin, func() error { return c.gitlabRunners(ctx, s, "/api/v4/runners/all?per_page=100") })
		if !s.RunnersSeen {
			c.each(s, "own runners", "", func() error { return c.gitlabRunners(ctx, s, "/api/v4/runners?per_page=100") })
		}
	}
	return nil
}

// gitlabHealth reads the checks, which come also with the status of a server
// that is not ready.
func (c *collector) gitlabHealth(ctx context.Context, s *sight) error {
	var said map[string]json.RawMessage
	err := c.JSON(ctx, fetch.Request{Path: "/-/readiness?all=1", Anonymous: true}, &said)
	var status *fetch.StatusError
	if errors.As(err, &status) && json.Unmarshal(status.Body, &said) == nil && len(said["status"]) > 0 {
		err = nil
	}
	if err != nil {
		return err
	}
	for name, raw := range said {
		var word string
		var results []struct{ Status string }
		switch {
		case name == "status" && json.Unmarshal(raw, &word) == nil:
			s.addHealth("overall", word == "ok")
		case json.Unmarshal(raw, &results) == nil:
			well := !slices.ContainsFunc(results, func(r struct{ Status string }) bool { return r.Status != "ok" })
			s.addHealth(checkName(name), well)
		}
	}
	s.sortHealth()
	return nil
}

// checkName takes what every name has off: db_check is database.
func checkName(name string) string {
	const end = "_check"
	if len(name) > len(end) && name[len(name)-len(end):] == end {
		name = name[:len(name)-len(end)]
	}
	if name == "db" {
		return "database"
	}
	return name
}

// gitlabProject is one of the list; the sizes are there for who may see them.
type gitlabProject struct {
	ID         int64
	Name       string `json:"path_with_namespace"`
	Visibility string
	Archived   bool
	Empty      bool           `json:"empty_repo"`
	Mirror     bool           `json:"mirror"`
	Stars      lenient.Amount `json:"star_count"`
	Issues     lenient.Amount `json:"open_issues_count"`
	Updated    time.Time      `json:"last_activity_at"`
	Branch     string         `json:"default_branch"`
	Builds     string         `json:"builds_access_level"`
	Statistics *struct {
		Repository lenient.Amount `json:"repository_size"`
		LFS        lenient.Amount `json:"lfs_objects_size"`
		Artifacts  lenient.Amount `json:"job_artifacts_size"`
		Packages   lenient.Amount `json:"packages_size"`
		Registry   lenient.Amount `json:"container_registry_size"`
		Storage    lenient.Amount `json:"storage_size"`
	}
}

func (c *collector) gitlabProjects(ctx context.Context, s *sight) error {
	for page := "1"; page != "" && len(s.Repositories) < c.config.RepoLimit; {
		var list []gitlabProject
		header, err := c.page(ctx, "/api/v4/projects?statistics=true&order_by=last_activity_at&per_page=100&page="+url.QueryEscape(page), &list)
		if err != nil {
			return err
		}
		for _, p := range list {
			if p.Name != "" && len(s.Repositories) < c.config.RepoLimit {
				s.addProject(p)
			}
		}
		if n, err := strconv.ParseUint(header.Get("X-Total"), 10, 40); err == nil {
			total := float64(n)
			s.Total = &total
		}
		page = header.Get("X-Next-Page")
		if len(list) == 0 {
			break
		}
	}
	return nil
}

func (s *sight) addProject(p gitlabProject) {
	r := &repository{
		Name: plugin.Shorten(p.Name, 120), Visibility: p.Visibility, Stars: p.Stars.Or(0), Issues: p.Issues.Pointer(), Mirror: p.Mirror,
		Archived: p.Archived, Empty: p.Empty, Updated: p.Updated, id: p.ID, branch: p.Branch, runs: !p.Empty && p.Builds != "disabled",
	}
	if !slices.Contains(visibilities(), r.Visibility) {
		r.Visibility = "private"
	}
	if p.Statistics != nil {
		r.Size = p.Statistics.Storage.Pointer()
		for part, size := range map[string]lenient.Amount{
			"repository": p.Statistics.Repository, "lfs": p.Statistics.LFS, "artifacts": p.Statistics.Artifacts,
			"packages": p.Statistics.Packages, "registry": p.Statistics.Registry,
		} {
			if bytes, known := size.Get(); known {
				s.Storage[part] += bytes
			}
		}
	}
	s.Repositories = append(s.Repositories, r)
}

func (c *collector) gitlabStatistics(ctx context.Context, s *sight) error {
	var said struct {
		Users  lenient.Amount
		Active lenient.Amount `json:"active_users"`
		Groups lenient.Amount
	}
	err := c.ask(ctx, "/api/v4/application/statistics", &said)
	s.Users, s.ActiveUsers, s.Organizations = said.Users.Pointer(), said.Active.Pointer(), said.Groups.Pointer()
	return err
}

// maxQueues bounds the queues that become series.
const maxQueues = 50

func (c *collector) gitlabQueues(ctx context.Context, s *sight) error {
	var said struct {
		Queues map[string]struct{ Backlog, Latency lenient.Amount }
		Jobs   struct{ Failed lenient.Amount }
	}
	if err := c.ask(ctx, "/api/v4/sidekiq/compound_metrics", &said); err != nil {
		return err
	}
	for name, q := range said.Queues {
		if backlog, known := q.Backlog.Get(); known && len(s.Queues) < maxQueues {
			s.Queues[plugin.Shorten(name, 60)] = queue{Backlog: backlog, Latency: q.Latency.Or(0)}
		}
	}
	s.JobsFailed = said.Jobs.Failed.Pointer()
	return nil
}

func (c *collector) gitlabPipelines(ctx context.Context, s *sight) error {
	since := url.QueryEscape(s.now.Add(-recent).UTC().Format(time.RFC3339))
	for _, r := range c.ciOf(s) {
		var list []struct {
			Status  string
			Ref     string
			Source  string
			URL     string    `json:"web_url"`
			Created time.Time `json:"created_at"`
			Updated time.Time `json:"updated_at"`
		}
		err := c.ask(ctx, fmt.Sprintf("/api/v4/projects/%d/pipelines?updated_after=%s&per_page=50", r.id, since), &list)
		if fault.Of(err) == fault.Permission || fault.Of(err) == fault.NotFound {
			continue // pipelines are off, or not for this token
		}
		if err != nil {
			return err
		}
		s.CISeen = true
		for _, p := range list {
			at := p.Created
			if at.IsZero() {
				at = p.Updated
			}
			s.Runs = append(s.Runs, run{
				Repo: r.Name, Workflow: plugin.Shorten(p.Source, 80), Branch: plugin.Shorten(p.Ref, 80), Status: runState(p.Status), Started: at, URL: p.URL, main: p.Ref == r.branch,
			})
		}
	}
	return nil
}

func (c *collector) gitlabRunners(ctx context.Context, s *sight, path string) error {
	var list []struct {
		ID          int64
		Description string
		Status      string
		Paused      bool
	}
	if err := c.ask(ctx, path, &list); err != nil {
		return err
	}
	s.RunnersSeen = true
	for _, r := range list {
		row := runnerRow{Name: plugin.Shorten(r.Description, 60), Status: "offline"}
		if row.Name == "" {
			row.Name = "runner " + strconv.FormatInt(r.ID, 10)
		}
		switch {
		case r.Paused || r.Status == "paused":
			row.Status = "paused"
		case r.Status == "online":
			row.Status = "online"
		}
		s.Runners = append(s.Runners, row)
	}
	return nil
}
