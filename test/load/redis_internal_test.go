package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/unity-homelab/unity/test/program"
	"github.com/unity-homelab/unity/test/servers"
)

// redisRate is how many requests a second are asked while Redis is in trouble.
const redisRate = 500

// trouble is something that becomes of Redis, and what /ready says then.
type trouble struct {
	name string
	make func() error
	says string
}

func TestNoRequestFailsWhateverBecomesOfRedis(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.Redis())
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p, err := program.Start(ctx, program.Options{
		Binary: binary, Data: filepath.Join(t.TempDir(), "data"),
		Environ: []string{"UNITY_SCHEDULE_DETECT=false", "UNITY_CACHE_REDIS_URL=" + server.URL(), "UNITY_CACHE_GROUP=home"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	for n := range 10 {
		if err := p.Call(ctx, http.MethodPost, "/api/v1/sources", map[string]any{
			"plugin": "system_info", "id": fmt.Sprint("s", n), "interval_seconds": 1, "timeout_seconds": 0.9, "config": map[string]any{},
		}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Call(ctx, http.MethodPost, "/api/v1/sources/s0/run", nil, nil); err != nil {
		t.Fatal(err)
	}
	v, err := newVisitor(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	const there, away = "ready\n", "ready\nwithout Redis\n"
	for _, each := range []trouble{
		{"there", func() error { return nil }, there},
		{"killed", func() error { server.Kill(); return nil }, away},
		{"started again", server.Start, there},
		{"frozen", server.Pause, away},
		{"thawed", server.Resume, there},
		{"full", func() error { return configure(ctx, server, "maxmemory", "1") }, away},
		{"with room again", func() error { return configure(ctx, server, "maxmemory", "0") }, there},
	} {
		if err := each.make(); err != nil {
			t.Fatalf("%s: %v", each.name, err)
		}
		took, noticed, err := v.during(ctx, each.says)
		if err != nil {
			t.Fatalf("while Redis is %s: %v", each.name, err)
		}
		t.Logf("| %s | %.1f s | %d | 0 | %s | %s |", each.name, noticed.Seconds(), len(took), milliseconds(took.at(99)), milliseconds(took.at(100)))
	}
}

// configure changes a setting of a server.
func configure(ctx context.Context, server *servers.Server, name, value string) error {
	options, err := rueidis.ParseURL(server.URL())
	if err != nil {
		return err
	}
	options.DisableCache = true
	client, err := rueidis.NewClient(options)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Do(ctx, client.B().ConfigSet().ParameterValue().ParameterValue(name, value).Build()).Error()
}

// during asks for this and that at a steady rate until the program has noticed
// what became of Redis, and for some seconds at least. It returns how long the
// answers took, and how long noticing did. A request that fails is an error.
func (v visitor) during(ctx context.Context, says string) (latencies, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	asking, stop := context.WithCancel(ctx)
	defer stop()
	const askers = 20
	var asked tally
	failures := make(chan error, askers)
	var all sync.WaitGroup
	for n := range askers {
		all.Go(func() { failures <- v.keepAsking(asking, n, time.Second*askers/redisRate, &asked) })
	}
	noticed, err := v.notice(ctx, says)
	stop()
	all.Wait()
	for range askers {
		if failure := <-failures; err == nil {
			err = failure
		}
	}
	return asked.took, noticed, err
}

// notice waits until /ready says something, and for some seconds at least.
func (v visitor) notice(ctx context.Context, says string) (time.Duration, error) {
	began := time.Now()
	noticed := time.Duration(0)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		text, err := v.ready(ctx)
		if err != nil {
			return 0, err
		}
		if text == says && noticed == 0 {
			noticed = time.Since(began)
		}
		if noticed > 0 && time.Since(began) > 3*time.Second {
			return noticed, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("/ready never says %q, but %q: %w", says, text, ctx.Err())
		case <-ticker.C:
		}
	}
}

func (v visitor) ready(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.address+"/ready", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

func (v visitor) keepAsking(ctx context.Context, n int, every time.Duration, asked *tally) error {
	c, err := v.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	paths := []string{"/api/v1/sources/s0/latest", "/api/v1/sources", "/api/v1/overview", "/api/v1/sources/s1", "/api/v1/summary"}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		path, begin := paths[n%len(paths)], time.Now()
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
}
