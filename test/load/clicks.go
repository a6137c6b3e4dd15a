package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/test/program"
)

const (
	users = 50
	// thought is how long somebody looks at a page, on average.
	thought = time.Second
)

// page is what the interface asks for when somebody comes to a page of it.
type page func(source string, now time.Time) []string

// pages are those of the interface.
func pages() []page {
	return []page{
		func(string, time.Time) []string { // overview
			return []string{"/api/v1/summary", "/api/v1/sources?spark=true", "/api/v1/events?limit=20", "/api/v1/hosts"}
		},
		func(string, time.Time) []string { // sources
			return []string{"/api/v1/plugins", "/api/v1/sources?spark=true"}
		},
		func(source string, now time.Time) []string { // a source
			history := fmt.Sprintf("/history?metric=load_level_ratio&from=%s&to=%s&step=15&func=avg",
				now.Add(-time.Hour).UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
			return []string{
				"/api/v1/sources/" + source, "/api/v1/plugins/load_monitor", "/api/v1/sources/" + source + "/latest",
				"/api/v1/sources/" + source + history, "/api/v1/sources/" + source + "/runs?limit=20",
				"/api/v1/events?source=" + source,
			}
		},
		func(string, time.Time) []string { // events
			return []string{"/api/v1/events?limit=100"}
		},
	}
}

// clicks measures users who go from page to page.
func clicks(ctx context.Context, s settings, p *program.Program) error {
	v, err := newVisitor(ctx, p)
	if err != nil {
		return err
	}
	// One login for all of them: so many from one address are refused.
	if v, err = v.signedIn(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	var all latencies
	for range users {
		group.Go(func() error {
			took, err := click(ctx, v, s.length)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	row("requests of the interface", "p95 ≤ 50 ms", fmt.Sprintf("p95 %s, p99 %s", milliseconds(all.at(95)), milliseconds(all.at(99))),
		fmt.Sprintf("%d users who go to another page every second, %.0f requests/s", users, float64(len(all))/s.length.Seconds()))
	return nil
}

// click goes from page to page. A browser keeps several connections; what it
// asks at once goes one after another here.
func click(ctx context.Context, who visitor, length time.Duration) (latencies, error) {
	c, err := who.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var took latencies
	for end := time.Now().Add(length); time.Now().Before(end); {
		if err := pause(ctx, thought/2+rand.N(thought)); err != nil {
			return nil, err
		}
		at := pages()[rand.N(len(pages()))]
		for _, path := range at(fmt.Sprintf("load-%03d", rand.N(100)), time.Now()) {
			begin := time.Now()
			status, _, err := c.get(path)
			if err != nil {
				return nil, err
			}
			if status != http.StatusOK {
				return nil, fmt.Errorf("GET %s: status %d", path, status)
			}
			took = append(took, time.Since(begin))
		}
	}
	return took, nil
}
