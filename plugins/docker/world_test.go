package docker_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// memory is a state whose values are kept by commit only, as those of a run
// are.
type memory struct {
	mu           sync.Mutex
	kept, unkept map[string]json.RawMessage
}

func newMemory() *memory {
	return &memory{kept: make(map[string]json.RawMessage), unkept: make(map[string]json.RawMessage)}
}

// Get implements plugin.State.
func (m *memory) Get(key string) json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	if value, ok := m.unkept[key]; ok {
		return value
	}
	return m.kept[key]
}

// Set implements plugin.State.
func (m *memory) Set(key string, value json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unkept[key] = value
	return nil
}

// end keeps or forgets what the run has set.
func (m *memory) end(keep bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, value := range m.unkept {
		if keep {
			m.kept[key] = value
		}
	}
	clear(m.unkept)
}

// realHost touches this machine.
func realHost(state plugin.State) plugin.Host {
	return plugin.Host{
		Name: "test", Dial: (&net.Dialer{}).DialContext, Files: hostfs.New(hostfs.Options{}),
		Log: slog.New(slog.DiscardHandler), Now: time.Now, State: state,
	}
}

// source is a collector with what it has kept.
type source struct {
	t         testing.TB
	collector plugin.Collector
	state     *memory
}

// opened opens a source, and closes it when the test ends.
func opened(t testing.TB, host plugin.Host, state *memory, config map[string]any) *source {
	t.Helper()
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	host.State = state
	collector, err := bare().Open(t.Context(), raw, host)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	s := &source{t: t, collector: collector, state: state}
	t.Cleanup(s.close)
	return s
}

func (s *source) close() {
	if closer, ok := s.collector.(interface{ Close() error }); ok {
		if err := closer.Close(); err != nil {
			s.t.Errorf("closing: %v", err)
		}
	}
}

// collect makes one run that has to succeed, and keeps its state.
func (s *source) collect() *plugin.Batch {
	s.t.Helper()
	batch, err := s.try()
	if err != nil {
		s.t.Fatalf("collecting: %v", err)
	}
	return batch
}

// try makes one run.
func (s *source) try() (*plugin.Batch, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	batch := plugin.NewBatch(bare())
	err := s.collector.Collect(ctx, batch)
	s.state.end(err == nil)
	return batch, err
}
