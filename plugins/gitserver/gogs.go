package gitserver

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// gogsMark is how Gogs begins what it tells of its health. It has no path that
// tells its version.
const gogsMark = "* Database connection: "

// gogsHealth asks Gogs how it is: a line for each check. Up to 0.14 the status is
// 200 also when a check fails.
func gogsHealth(ctx context.Context, client *fetch.Client) (string, error) {
	text, err := client.Get(ctx, "/healthcheck")
	var status *fetch.StatusError
	if errors.As(err, &status) && status.Status == http.StatusServiceUnavailable {
		text, err = status.Body, nil
	}
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(string(text), gogsMark) {
		return "", fault.New(fault.NotFound, "GET %s: it is not Gogs that answers", client.URL("/healthcheck"))
	}
	return string(text), nil
}

// isGogs reports whether it is Gogs that answers.
func isGogs(ctx context.Context, client *fetch.Client) bool {
	_, err := gogsHealth(ctx, client)
	return err == nil
}

// readGogs reads what Gogs has: its health, and the repositories of the token's
// user in one answer.
func (c *collector) readGogs(ctx context.Context, s *sight) error {
	c.each(s, "health", "health: nothing answers at /healthcheck", func() error {
		text, err := gogsHealth(ctx, c.Client)
		if err != nil {
			return err
		}
		well := true
		for line := range strings.Lines(text) {
			check, said, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "* "), ": ")
			if !ok {
				continue
			}
			name, _, _ := strings.Cut(strings.ToLower(check), " ")
			s.addHealth(name, said == "OK")
			well = well && said == "OK"
		}
		s.addHealth("overall", well)
		s.sortHealth()
		return nil
	})
	var list []giteaRepository
	if err := c.ask(ctx, "/api/v1/user/repos", &list); err != nil {
		return err
	}
	// Those of others come in another order each time.
	slices.SortFunc(list, func(a, b giteaRepository) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.FullName, b.FullName))
	})
	total := float64(len(list))
	s.Total = &total
	for _, g := range list[:min(len(list), c.config.RepoLimit)] {
		if g.FullName == "" {
			continue
		}
		r := g.repository()
		r.Size = g.Size.Pointer() // in bytes, unlike Gitea's
		s.Repositories = append(s.Repositories, r)
	}
	s.leave("users, pull requests, tasks and runs: Gogs does not tell them")
	s.sumRepositories()
	return nil
}
