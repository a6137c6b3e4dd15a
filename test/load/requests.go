package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/test/program"
)

const connections = 50

// requests measures single requests, each asked again and again.
func requests(ctx context.Context, s settings, p *program.Program) error {
	v, err := newVisitor(ctx, p)
	if err != nil {
		return err
	}
	for _, each := range []struct {
		what, bar   string
		path        func(n int) string
		connections int
		percent     float64
	}{
		{"latest values of a source", "≥ 8,000 requests/s, p99 ≤ 20 ms", of("/latest"), connections, 99},
		{"a source and its status", "≥ 8,000 requests/s, p99 ≤ 20 ms", of(""), connections, 99},
		{"list of 500 sources", "p95 ≤ 5 ms", always("/api/v1/sources"), 1, 95},
		{"overview", "p95 ≤ 5 ms", always("/api/v1/overview"), 1, 95},
	} {
		took, length, err := again(ctx, v, each.connections, s.length, each.path)
		if err != nil {
			return err
		}
		measured := fmt.Sprintf("p%.0f %s", each.percent, milliseconds(took.at(each.percent)))
		if each.connections > 1 {
			measured = fmt.Sprintf("%.0f requests/s, %s", float64(len(took))/s.length.Seconds(), measured)
		}
		row(each.what, each.bar, measured, fmt.Sprintf("%d connections, 500 sources, %d bytes each", each.connections, length))
	}
	return nil
}

// of is the path below sources, another one each time.
func of(part string) func(int) string {
	var all []string
	for _, s := range sources(500, 0) {
		all = append(all, "/api/v1/sources/"+s.id+part)
	}
	return func(n int) string { return all[n%len(all)] }
}

func always(path string) func(int) string { return func(int) string { return path } }

// again asks on several connections at once, each as fast as it is answered, and
// returns how long each answer took and how long the last one was.
func again(ctx context.Context, v visitor, connections int, length time.Duration, path func(n int) string) (latencies, int, error) {
	group, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	var all latencies
	bytes := 0
	for i := range connections {
		group.Go(func() error {
			c, err := v.connect(ctx)
			if err != nil {
				return err
			}
			defer c.close()
			warm, end := time.Now().Add(length/10), time.Now().Add(length+length/10)
			var took latencies
			size := 0
			for n := i * 7; ctx.Err() == nil; n++ {
				begin := time.Now()
				status, length, err := c.get(path(n))
				if err != nil {
					return err
				}
				if status != http.StatusOK {
					return fmt.Errorf("GET %s: status %d", path(n), status)
				}
				now := time.Now()
				if begin.After(warm) {
					took = append(took, now.Sub(begin))
				}
				if now.After(end) {
					break
				}
				size = length
			}
			mu.Lock()
			defer mu.Unlock()
			all, bytes = append(all, took...), size
			return nil
		})
	}
	err := group.Wait()
	return all, bytes, err
}
