package api

import (
	"context"
	"net/http"

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

func (s *server) registerSystem() {
	handle(s, operation("get-summary", http.MethodGet, "/summary", "System", "How everything is doing, in numbers"), s.getSummary)
	handle(s, operation("get-system", http.MethodGet, "/system", "System", "How the parts of Unity are doing"), s.getSystem)
	handle(s, operation("get-database", http.MethodGet, "/database", "System", "What the database holds, and how it is doing"), s.getDatabase)
	handle(s, operation("check-database", http.MethodPost, "/database/check", "System", "Read everything in the database and say what is wrong with it"), s.checkDatabase)
}

func (s *server) getSummary(ctx context.Context, _ *struct{}) (*body[Summary], error) {
	summary := Summary{Figures: s.System.Figures(ctx)}
	watched := make(map[inventory.HostID]bool)
	for _, source := range s.Sources.List() {
		summary.Sources.add(s.stateOf(source).Status)
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
