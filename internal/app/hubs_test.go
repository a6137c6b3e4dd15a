package app_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/test/servers"
)

func TestWhoWatchesOneHubHearsWhatAnotherMeasures(t *testing.T) {
	t.Parallel()
	redis := servers.Start(t, servers.Redis())
	share := func(c *config.Config) {
		c.Cache.RedisURL, c.Cache.Group, c.Schedule.Detect = redis.URL(), "home", false
	}
	one, two := start(t, filepath.Join(t.TempDir(), "data"), share), start(t, filepath.Join(t.TempDir(), "data"), share)
	for _, hub := range []*server{one, two} {
		hub.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"mine","interval_seconds":3600}`, nil)
	}
	const request = `{"type":"subscribe","id":"1","sources":["mine"],"topics":["metrics"]}`
	far, near := two.live(t, request), one.live(t, request)
	next(t, far, "subscribed")
	next(t, near, "subscribed")

	// The hub that is told may not listen yet; then it is told again.
	heard := make(chan string, 1)
	go func() { heard <- told(t, far) }()
	runs := 0
	var message string
	for message == "" {
		one.must(t, http.MethodPost, "/api/v1/sources/mine/run", "", nil)
		runs++
		select {
		case message = <-heard:
		default:
		}
	}
	var m struct {
		Source  string
		Samples []struct{ Value float64 }
	}
	if err := json.Unmarshal([]byte(message), &m); err != nil || m.Source != "mine" || len(m.Samples) != 1 {
		t.Fatalf("heard %s: %v", message, err)
	}
	var latest struct{ Samples []struct{ Value float64 } }
	two.must(t, http.MethodGet, "/api/v1/sources/mine/latest", "", &latest)
	if len(latest.Samples) != 1 || latest.Samples[0].Value < m.Samples[0].Value {
		t.Errorf("the latest of the other hub is %+v after %s", latest, message)
	}

	// Whoever told it hears each run once.
	previous := 0.0
	for previous < float64(runs) {
		if err := json.Unmarshal([]byte(told(t, near)), &m); err != nil {
			t.Fatal(err)
		}
		if m.Samples[0].Value <= previous {
			t.Fatalf("heard %v after %v", m.Samples[0].Value, previous)
		}
		previous = m.Samples[0].Value
	}
}

// told returns the next message about metrics; empty at the end.
func told(t *testing.T, connection *websocket.Conn) string {
	t.Helper()
	for {
		_, message, err := connection.Read(t.Context())
		if err != nil {
			return ""
		}
		if strings.Contains(string(message), `"type":"metrics"`) {
			return string(message)
		}
	}
}
