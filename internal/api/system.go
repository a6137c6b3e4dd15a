package api

import (
	"context"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
)

// Summary is what the overview says first.
type Summary struct {
	Figures
	Hosts   int          `json:"hosts"`
	Sources SourceCounts `json:"sources"`
}

// SourceCounts counts the sources by status.
type SourceCounts struct {
	Total    int `json:"total"`
	Healthy  int `json:"healthy"`
	Degraded int `json:"degraded"`
	Failing  int `json:"failing"`
	Unknown  int `json:"unknown"`
	Paused   int `json:"paused"`
}

// Host is a machine that is watched.
type Host struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Platform string    `json:"platform"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen"`
}

func (s *server) registerSystem() {
	handle(s, operation("get-summary", http.MethodGet, "/summary", "System", "How everything is doing, in numbers"), s.getSummary)
	handle(s, operation("list-hosts", http.MethodGet, "/hosts", "System", "List the machines"), s.listHosts)
	handle(s, operation("get-database", http.MethodGet, "/database", "System", "What the database holds, and how it is doing"), s.getDatabase)
	handle(s, operation("check-database", http.MethodPost, "/database/check", "System", "Read everything in the database and say what is wrong with it"), s.checkDatabase)
}

func (s *server) getSummary(ctx context.Context, _ *struct{}) (*body[Summary], error) {
	summary := Summary{Figures: s.System.Figures(ctx)}
	watched := make(map[inventory.HostID]bool)
	for _, source := range s.Sources.List() {
		summary.Sources.add(s.statusOf(source).Status)
		watched[source.Host] = true
	}
	// While the database is away, the rest is still worth saying.
	summary.Hosts = len(watched)
	if hosts, err := s.History.Hosts(ctx); err == nil {
		summary.Hosts = len(hosts)
	}
	return &body[Summary]{Body: summary}, nil
}

func (c *SourceCounts) add(status inventory.Status) {
	c.Total++
	switch status {
	case inventory.Healthy:
		c.Healthy++
	case inventory.Degraded:
		c.Degraded++
	case inventory.Failing:
		c.Failing++
	case inventory.Paused:
		c.Paused++
	default:
		c.Unknown++
	}
}

func (s *server) listHosts(ctx context.Context, _ *struct{}) (*body[list[Host]], error) {
	hosts, err := s.History.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	var items []Host
	for _, host := range hosts {
		items = append(items, Host{
			ID: string(host.ID), Name: host.Name, Platform: host.Platform, Created: host.Created.UTC(), LastSeen: host.LastSeen.UTC(),
		})
	}
	return listOf(items), nil
}
