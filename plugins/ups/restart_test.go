package ups_test

import (
	"encoding/json"
	"io"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ups"
)

func TestWhatWasSeenIsRememberedOverARestart(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := ups.Plugin()
	host := plugintest.LiveHost(t, p)
	open := func() plugin.Collector {
		c, err := p.Open(t.Context(), json.RawMessage(s.config(nil)), host)
		if err != nil {
			t.Fatal(err)
		}
		closer, ok := c.(io.Closer)
		if !ok {
			t.Fatal("the collector cannot be closed")
		}
		t.Cleanup(func() { _ = closer.Close() })
		return c
	}
	before := open()
	collect(t, before)
	s.play("ups.status", "OB DISCHRG")
	_, events := until(t, before, func(values map[string]float64) bool { return values[`ups_status{state="on_battery",ups="rack"}`] == 1 })
	wantEvent(t, events, "ups_on_battery")

	after := open()
	values, batch := collect(t, after)
	if len(batch.Events()) != 0 || values[`ups_transfers_total{ups="rack"}`] != 1 {
		t.Errorf("after a restart it tells %+v, and of %v transfers", batch.Events(), values[`ups_transfers_total{ups="rack"}`])
	}
	s.play("ups.status", "OL")
	_, events = until(t, after, func(values map[string]float64) bool { return values[`ups_status{state="online",ups="rack"}`] == 1 })
	wantEvent(t, events, "ups_on_mains")
}
