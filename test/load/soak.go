package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/test/program"
)

const (
	soakRate    = 200 // requests a second
	soakSockets = 500
	// soakChange is how often some who watch go and others come.
	soakChange = 5 * time.Second
	soakGoing  = 10
	// soakInterval is short, so that what waits to be written is written several
	// times in half an hour.
	soakInterval = 2 * time.Second
	// heapProfiles is how many profiles of the heap are taken, but for the one at
	// the very end.
	heapProfiles = 12
)

// moment is how the program is doing at one time.
type moment struct {
	after      time.Duration
	resident   int64
	heap       float64
	goroutines float64
}

// soak loads the program steadily and looks how its memory develops.
func soak(ctx context.Context, s settings, p *program.Program) error {
	v, err := newVisitor(ctx, p)
	if err != nil {
		return err
	}
	c := &crowd{visitor: v}
	defer c.leave()
	if err := c.join(ctx, soakSockets, false); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.soak)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	var asked tally
	for n := range connections {
		group.Go(func() error { return steady(ctx, v, n, &asked) })
	}
	group.Go(func() error {
		for pause(ctx, soakChange) == nil {
			if err := c.change(ctx, soakGoing); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	var moments []moment
	group.Go(func() error {
		var err error
		moments, err = follow(ctx, p, min(10*time.Second, s.soak/20))
		return err
	})
	var inUse []int64
	if s.heaps != "" {
		group.Go(func() error {
			var err error
			inUse, err = followHeap(ctx, s.heaps, heapSocket(p.Data), s.soak/heapProfiles)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(moments) < 10 {
		return fmt.Errorf("%v is too short to say anything", s.soak)
	}
	if s.graph != "" {
		if err := os.WriteFile(s.graph, []byte(draw(moments)), 0o600); err != nil {
			return err
		}
	}
	how := fmt.Sprintf("%v of %d requests/s and %d clients that watch 100 sources at %v, of which 2 a second come and go; the first half without its first tenth, and the second",
		s.soak, soakRate, soakSockets, soakInterval)
	one, two := moments[len(moments)/10:len(moments)/2], moments[len(moments)/2:]
	halves := func(of func(moment) float64, unit string) string {
		return span(one, of, unit) + ", then " + span(two, of, unit)
	}
	row("resident memory under steady load", "no growth", halves(func(m moment) float64 { return float64(m.resident) / 1e6 }, "MB"), how)
	row("live heap under steady load", "no growth", halves(func(m moment) float64 { return m.heap / 1e6 }, "MB"),
		"the same; the samples that are not in the database yet are part of it")
	if len(inUse) > 0 {
		row("heap in use after a collection", "no growth", megabytes(inUse), fmt.Sprintf("the same, every %v", s.soak/heapProfiles))
	}
	row("goroutines under steady load", "no growth", halves(func(m moment) float64 { return m.goroutines }, ""), "the same")
	row("requests under steady load", "none fails", fmt.Sprintf("%d answered, p99 %s", len(asked.took), milliseconds(asked.took.at(99))), "the same")
	return nil
}

// follow looks again and again until ctx ends.
func follow(ctx context.Context, p *program.Program, every time.Duration) ([]moment, error) {
	var all []moment
	began := time.Now()
	for pause(ctx, every) == nil {
		switch m, err := look(ctx, p); {
		case err == nil:
			m.after = time.Since(began)
			all = append(all, m)
		case ctx.Err() == nil:
			return nil, err
		}
	}
	return all, nil
}

// tally is how long requests took.
type tally struct {
	mu   sync.Mutex
	took latencies
}

// steady asks for one thing after the other, its part of the rate.
func steady(ctx context.Context, v visitor, n int, asked *tally) error {
	c, err := v.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	paths := []func(int) string{of("/latest"), of(""), of("/runs?limit=20"), always("/api/v1/sources"), always("/api/v1/summary"), always("/api/v1/events")}
	for pause(ctx, time.Second*connections/soakRate/2+rand.N(time.Second*connections/soakRate)) == nil {
		n++
		path := paths[n%len(paths)](rand.N(100))
		begin := time.Now()
		status, _, err := c.get(path)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("GET %s: status %d", path, status)
		}
		asked.mu.Lock()
		asked.took = append(asked.took, time.Since(begin))
		asked.mu.Unlock()
	}
	return nil
}

// look asks the program how it is doing.
func look(ctx context.Context, p *program.Program) (moment, error) {
	m := moment{}
	var err error
	if m.resident, err = resident(p.PID()); err != nil {
		return m, err
	}
	var latest struct {
		Samples []struct {
			Name  string
			Value float64
		}
	}
	if err := p.Get(ctx, "/api/v1/sources/"+sources(1, 0)[0].id+"/latest", &latest); err != nil {
		return m, err
	}
	for _, sample := range latest.Samples {
		switch sample.Name {
		case "load_goroutines":
			m.goroutines = sample.Value
		case "load_heap_bytes":
			m.heap = sample.Value
		}
	}
	return m, nil
}
