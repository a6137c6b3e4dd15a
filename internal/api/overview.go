package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Overview is all that the first page shows, in one answer.
type Overview struct {
	Time    time.Time    `json:"time"`
	Sources SourceCounts `json:"sources"`
	// Worst is told first: what has to be looked at.
	Problems     []Trouble `json:"problems" nullable:"false" doc:"Sources that need somebody to look, the worst and longest first; 20 at most"`
	MoreProblems int       `json:"more_problems" doc:"How many are left out"`
	Overdue      []Trouble `json:"overdue" nullable:"false" doc:"Sources that are healthy by their last run, which is longer ago than it should be; 20 at most"`
	Hosts        []Host    `json:"hosts" nullable:"false"`
	Events       []Event   `json:"events" nullable:"false" doc:"The newest ones"`
	Figures
}

// Trouble is a source that somebody should look at.
type Trouble struct {
	Source      string           `json:"source"`
	Name        string           `json:"name"`
	Plugin      string           `json:"plugin"`
	Host        string           `json:"host"`
	Category    plugin.Category  `json:"category"`
	Icon        string           `json:"icon"`
	Status      inventory.Status `json:"status" enum:"unknown,healthy,degraded,failing,paused"`
	Since       *time.Time       `json:"since,omitempty" doc:"When it got this status"`
	LastSuccess *time.Time       `json:"last_success,omitempty"`
	Failures    int              `json:"failures"`
	Problem     *ProblemNote     `json:"problem,omitempty" doc:"What was wrong with the last run, and what can be done"`
}

// CategoryCounts says how many plugins and sources a category has.
type CategoryCounts struct {
	Category plugin.Category `json:"category"`
	Plugins  int             `json:"plugins"`
	Sources  SourceCounts    `json:"sources"`
}

const (
	maxTroubles = 20
	// overdueIntervals is how many intervals a run may be late before that is told.
	overdueIntervals = 3
	overviewEvents   = 10
)

func (s *server) registerOverview() {
	handle(s, operation("get-overview", http.MethodGet, "/overview", "System", "How everything is doing, and what is wrong since when"), s.getOverview)
	handle(s, operation("list-categories", http.MethodGet, "/categories", "Plugins", "List the categories with what is watched in each"), s.listCategories)
}

func (s *server) getOverview(ctx context.Context, _ *struct{}) (*body[Overview], error) {
	now, who := s.Now(), visitOf(ctx).who
	overview := Overview{
		Time: now.UTC(), Figures: s.System.Figures(ctx), Problems: []Trouble{}, Overdue: []Trouble{}, Hosts: []Host{}, Events: []Event{},
	}
	byHost := make(map[inventory.HostID]*SourceCounts)
	for _, source := range s.Sources.List() {
		if !who.Sees(string(source.ID)) {
			continue
		}
		state := s.stateOf(source)
		overview.Sources.add(state.Status)
		if byHost[source.Host] == nil {
			byHost[source.Host] = new(SourceCounts)
		}
		byHost[source.Host].add(state.Status)
		switch {
		case state.Status == inventory.Degraded || state.Status == inventory.Failing || state.Problem != nil && state.Status != inventory.Paused:
			overview.Problems = append(overview.Problems, s.troubleOf(source, state))
		case state.Status == inventory.Healthy && s.overdue(source, state, now):
			overview.Overdue = append(overview.Overdue, s.troubleOf(source, state))
		}
	}
	slices.SortStableFunc(overview.Problems, func(a, b Trouble) int {
		return cmp.Or(cmp.Compare(badness(b.Status), badness(a.Status)), earlier(a.Since, b.Since), cmp.Compare(a.Source, b.Source))
	})
	overview.MoreProblems = max(0, len(overview.Problems)-maxTroubles)
	overview.Problems = overview.Problems[:min(len(overview.Problems), maxTroubles)]
	overview.Overdue = overview.Overdue[:min(len(overview.Overdue), maxTroubles)]
	s.past(ctx, &overview, byHost)
	return &body[Overview]{Body: overview}, nil
}

// past adds what is in the database. While that is away, the rest is still worth
// saying.
func (s *server) past(ctx context.Context, overview *Overview, byHost map[inventory.HostID]*SourceCounts) {
	if hosts, err := s.History.Hosts(ctx); err == nil {
		for _, host := range hosts {
			shown := Host{
				ID: string(host.ID), Name: host.Name, Platform: host.Platform, Created: host.Created.UTC(), LastSeen: host.LastSeen.UTC(),
			}
			if counts := byHost[host.ID]; counts != nil {
				shown.Sources = *counts
			}
			overview.Hosts = append(overview.Hosts, shown)
		}
	}
	if events, err := s.History.Events(ctx, inventory.EventFilter{Limit: overviewEvents}); err == nil {
		for _, event := range events {
			if visitOf(ctx).who.Sees(string(event.Source)) {
				overview.Events = append(overview.Events, eventOf(event))
			}
		}
	}
}

func (s *server) troubleOf(source inventory.Source, state inventory.State) Trouble {
	status := statusNote(state)
	trouble := Trouble{
		Source: string(source.ID), Name: source.Name, Plugin: source.Plugin, Host: string(source.Host), Status: status.Status,
		Since: status.Since, LastSuccess: status.LastSuccess, Failures: status.Failures, Problem: status.Problem,
	}
	if p, err := s.Sources.Plugin(source.Plugin); err == nil {
		trouble.Category, trouble.Icon = p.Manifest().Category, p.Manifest().Icon
	}
	return trouble
}

// overdue reports whether a source should have been collected long ago.
func (s *server) overdue(source inventory.Source, state inventory.State, now time.Time) bool {
	return !state.LastRun.IsZero() && now.Sub(state.LastRun) > overdueIntervals*s.Sources.IntervalOf(source)+time.Minute
}

func earlier(a, b *time.Time) int {
	switch {
	case a == nil || b == nil:
		return 0
	default:
		return a.Compare(*b)
	}
}

func (s *server) listCategories(ctx context.Context, _ *struct{}) (*body[list[CategoryCounts]], error) {
	counts := make(map[plugin.Category]*CategoryCounts)
	var order []plugin.Category
	for _, category := range plugin.Categories() {
		counts[category] = &CategoryCounts{Category: category}
		order = append(order, category)
	}
	byPlugin := make(map[string]*CategoryCounts)
	for _, p := range s.Plugins {
		m := p.Manifest()
		if counts[m.Category] == nil {
			counts[m.Category] = &CategoryCounts{Category: m.Category}
			order = append(order, m.Category)
		}
		counts[m.Category].Plugins++
		byPlugin[m.ID] = counts[m.Category]
	}
	who := visitOf(ctx).who
	for _, source := range s.Sources.List() {
		if of := byPlugin[source.Plugin]; of != nil && who.Sees(string(source.ID)) {
			of.Sources.add(s.stateOf(source).Status)
		}
	}
	var items []CategoryCounts
	for _, category := range order {
		items = append(items, *counts[category])
	}
	return listOf(items), nil
}
