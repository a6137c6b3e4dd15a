package plugintest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"strings"
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
func LiveHost(tb testing.TB, p plugin.Plugin) plugin.Host {
	tb.Helper()
	name, err := os.Hostname()
	if err != nil {
		tb.Fatal(err)
	}
	var dialer net.Dialer
	return plugin.Host{
		Name:     name,
		Dial:     dialer.DialContext,
		Files:    hostfs.New(hostfs.FromEnv()),
		Commands: command.New(command.Options{Allowed: p.Manifest().Rights.Commands}),
		Log:      testLog(tb),
		Now:      time.Now,
		State:    new(memory),
	}
}

// Live opens a collector on the machine that the test runs on and closes it at
// the test's end.
func Live(tb testing.TB, p plugin.Plugin, config string) plugin.Collector {
	tb.Helper()
	return Open(tb, p, config, LiveHost(tb, p))
}

// Open opens a collector on a host and closes it at the test's end.
func Open(tb testing.TB, p plugin.Plugin, config string, host plugin.Host) plugin.Collector {
	tb.Helper()
	collector, err := p.Open(tb.Context(), json.RawMessage(config), host)
	if err != nil {
		tb.Fatal(err)
	}
	if closer, ok := collector.(io.Closer); ok {
		tb.Cleanup(func() {
			if err := closer.Close(); err != nil {
				tb.Errorf("closing the collector: %v", err)
			}
		})
	}
	return collector
}

// Collect collects once and fails the test when that fails. Partial problems
// are left to the test.
func Collect(tb testing.TB, p plugin.Plugin, c plugin.Collector) *plugin.Batch {
	tb.Helper()
	batch, err := Attempt(tb, p, c, max(patience, p.Manifest().Timeout))
	if err != nil {
		tb.Fatalf("%s: %v (%s)", fault.Of(err), err, fault.Hint(err))
	}
	return batch
}

// CollectAll collects once and wants no problems.
func CollectAll(tb testing.TB, p plugin.Plugin, c plugin.Collector) *plugin.Batch {
	tb.Helper()
	batch := Collect(tb, p, c)
	for _, problem := range batch.Problems() {
		tb.Errorf("problem: %s: %v (%s)", fault.Of(problem), problem, fault.Hint(problem))
	}
	return batch
}

// Attempt collects once within the time given and returns what came of it.
func Attempt(tb testing.TB, p plugin.Plugin, c plugin.Collector, within time.Duration) (*plugin.Batch, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), within)
	defer cancel()
	batch := plugin.NewBatch(p)
	return batch, c.Collect(ctx, batch)
}

// Until collects until the values are as wanted, for things that take their time:
// a handshake, a check, a program that starts. It returns the last values and the
// events of all runs, and wants no problems on the way.
func Until(tb testing.TB, p plugin.Plugin, c plugin.Collector, what string, right func(values map[string]float64) bool) (map[string]float64, []plugin.Event) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 2*patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var events []plugin.Event
	for {
		batch := CollectAll(tb, p, c)
		values := Values(batch)
		events = append(events, batch.Events()...)
		if right(values) {
			return values, events
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("it never happened that %s: %v", what, values)
		}
	}
}

// WantFault wants a fault of the kind whose text and hint hold these words.
func WantFault(tb testing.TB, err error, kind fault.Kind, text, hint string) {
	tb.Helper()
	if err == nil || fault.Of(err) != kind || !strings.Contains(err.Error(), text) || !strings.Contains(fault.Hint(err), hint) {
		tb.Errorf("got %s: %v (%s)\nwant %s: …%s… (…%s…)", fault.Of(err), err, fault.Hint(err), kind, text, hint)
	}
}

// InReadme wants a line to stand in the plugin's README as the test uses it.
func InReadme(tb testing.TB, line string) {
	tb.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.Contains("\n"+string(text), "\n"+line+"\n") {
		tb.Errorf("the README does not say: %s", line)
	}
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
