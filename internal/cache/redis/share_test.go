package redis_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/cache/redis"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/test/servers"
)

// hub is a mirror of a group, and what it hears of the others.
type hub struct {
	*redis.Mirror

	heard chan inventory.Report
	said  chan string
}

func join(t *testing.T, server *servers.Server, group string) *hub {
	t.Helper()
	h := &hub{heard: make(chan inventory.Report, 1000), said: make(chan string, 1000)}
	var err error
	h.Mirror, err = redis.New(redis.Settings{
		Address: server.URL(), Group: group, Others: func(r inventory.Report) { h.heard <- r }, Log: slog.New(logTo{lines: h.said}),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
}

// hears waits until the hub hears of a source; until then another one tells of
// it again, for nobody knows when the first one listens.
func (h *hub) hears(t *testing.T, of inventory.SourceID, from *hub) inventory.Report {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(patience)
	for {
		from.Committed(report(of, 7, "told"))
		select {
		case r := <-h.heard:
			if r.Source.ID == of {
				return r
			}
		case <-ticker.C:
		case <-limit:
			t.Fatalf("%s is not heard of", of)
		}
	}
}

func TestHubsOfAGroupTellEachOtherAndNobodyElse(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.Redis())
	one, two, stranger := join(t, server, "home"), join(t, server, "home"), join(t, server, "garage")
	got := two.hears(t, "fans", one)
	if diff := cmp.Diff(report("fans", 7, "told").Samples, got.Samples); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if got.State.Status != inventory.Healthy || got.State.Source != "fans" || got.Run.Outcome != inventory.Success ||
		len(got.Events) != 1 || got.Events[0].Title != "told" || got.Time == 0 {
		t.Errorf("the report is %+v", got)
	}
	one.hears(t, "ups", two)
	for _, other := range []*hub{one, stranger} {
		for len(other.heard) > 0 {
			if r := <-other.heard; r.Source.ID == "fans" {
				t.Errorf("somebody hears the own words, or those of another group: %+v", r)
			}
		}
	}
}

func TestHubsHearEachOtherAgainWhenRedisReturns(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.Redis())
	one, two := join(t, server, "home"), join(t, server, "home")
	two.hears(t, "fans", one)
	server.Kill()
	next(t, two.said, "other hubs are not heard")
	if p := two.Problem(); p == nil || p.Kind == fault.Internal {
		t.Errorf("the problem is %+v", p)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	next(t, two.said, "other hubs are heard again")
	two.hears(t, "ups", one)
}

func TestWhatCannotBeUnderstoodIsSaidAndPassedOver(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.Redis())
	one, two := join(t, server, "home"), join(t, server, "home")
	two.hears(t, "fans", one)
	b := &bench{server: server}
	b.connect(t)
	for _, message := range []string{"nonsense", `{"origin":"x","group":"home","samples":[{"name":"a"}],"time":"2026-01-01T00:00:00Z"}`, `{"origin":"x","group":"home"}`} {
		if err := b.client.Do(t.Context(), b.client.B().Publish().Channel("unity:live").Message(message).Build()).Error(); err != nil {
			t.Fatal(err)
		}
		next(t, two.said, "cannot be understood")
	}
	two.hears(t, "ups", one)
}
