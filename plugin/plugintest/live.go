package plugintest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// LiveHost returns the machine that the test runs on, as Unity gives it to the
// plugin's collectors. What is logged goes to the test's log.
func LiveHost(t *testing.T, p plugin.Plugin) plugin.Host {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	return plugin.Host{
		Name:     name,
		Dial:     dialer.DialContext,
		Files:    hostfs.New(hostfs.FromEnv()),
		Commands: command.New(command.Options{Allowed: p.Manifest().Rights.Commands}),
		Log:      testLog(t),
		Now:      time.Now,
		State:    new(memory),
	}
}

// Live opens a collector on the machine that the test runs on and closes it at
// the test's end.
func Live(t *testing.T, p plugin.Plugin, config string) plugin.Collector {
	t.Helper()
	collector, err := p.Open(t.Context(), json.RawMessage(config), LiveHost(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if closer, ok := collector.(io.Closer); ok {
		t.Cleanup(func() {
			if err := closer.Close(); err != nil {
				t.Errorf("closing the collector: %v", err)
			}
		})
	}
	return collector
}

// Collect collects once and fails the test when that fails. Partial problems
// are left to the test.
func Collect(t *testing.T, p plugin.Plugin, c plugin.Collector) *plugin.Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), p.Manifest().Timeout)
	defer cancel()
	batch := plugin.NewBatch(p)
	if err := c.Collect(ctx, batch); err != nil {
		t.Fatalf("%s: %v (%s)", fault.Of(err), err, fault.Hint(err))
	}
	return batch
}

// Values returns the samples of a batch by name and labels, written as in a
// case: cpu_seconds_total{mode="user"}.
func Values(b *plugin.Batch) map[string]float64 {
	values := make(map[string]float64, len(b.Samples()))
	for _, sample := range b.Samples() {
		key := sample.Name
		if len(sample.Labels) > 0 {
			key += sample.Labels.String()
		}
		values[key] = sample.Value
	}
	return values
}

// memory is state that lasts as long as the test.
type memory struct {
	mu     sync.Mutex
	values map[string]json.RawMessage
}

// Get implements plugin.State.
func (m *memory) Get(key string) json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key]
}

// Set implements plugin.State.
func (m *memory) Set(key string, value json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = make(map[string]json.RawMessage)
	}
	m.values[key] = value
	return nil
}
