package redis_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugin/record"
	"github.com/unity-homelab/unity/plugins/redis"
)

func TestARecordedCollectionHoldsTheAnswersAndNoPassword(t *testing.T) {
	t.Parallel()
	s := start(t, "requirepass "+password)
	p := redis.Plugin()
	recorder := record.New(plugintest.LiveHost(t, p))
	config := json.RawMessage(plugintest.Settings{"url": s.URL(), "password": password}.JSON(t))
	c, err := p.Open(t.Context(), config, recorder.Host())
	if err != nil {
		t.Fatal(err)
	}
	batch := plugin.NewBatch(p)
	err = c.Collect(recorder.Context(t.Context()), batch)
	closeIt(t, c)
	text := string(recorder.Case(p, config, batch, err))
	for _, part := range []string{
		"-- answer AUTH recorded-secret-1 --\n+OK\n", "-- answer PING --\n+PONG\n", "-- answer INFO all --\n# Server\nredis_version:",
		"-- answer SLOWLOG LEN --\n:0\n", "-- answer LATENCY LATEST --\n[]\n", "redis_role{state=\"primary\"} 1\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the recorded case does not have %q", part)
		}
	}
	if strings.Contains(text, password) {
		t.Error("the recorded case has the password")
	}
}
