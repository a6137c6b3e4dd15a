package smart_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/smart"
)

// machine answers in place of smartctl. A device whose answer is a function
// calls it.
type machine struct {
	mu      sync.Mutex
	answers map[string]func(ctx context.Context) string
	asked   []string
	state   map[string]json.RawMessage
}

// Find implements plugin.Runner.
func (m *machine) Find(name string) (string, error) { return "/usr/sbin/" + name, nil }

// Run implements plugin.Runner.
func (m *machine) Run(ctx context.Context, c plugin.Command) (plugin.Output, error) {
	m.mu.Lock()
	line := strings.Join(c.Args, " ")
	answer := m.answers[c.Args[len(c.Args)-1]]
	m.asked = append(m.asked, line)
	m.mu.Unlock()
	said := answer(ctx)
	if ctx.Err() != nil {
		return plugin.Output{}, fault.New(fault.Timeout, "running smartctl: it did not end in time and was killed")
	}
	return plugin.Output{Stdout: []byte(said)}, nil
}

// Get implements plugin.State.
func (m *machine) Get(key string) json.RawMessage { return m.state[key] }

// Set implements plugin.State.
func (m *machine) Set(key string, value json.RawMessage) error {
	if m.state == nil {
		m.state = make(map[string]json.RawMessage)
	}
	m.state[key] = value
	return nil
}

func (m *machine) open(t *testing.T, config string) plugin.Collector {
	t.Helper()
	collector, err := smart.Plugin().Open(t.Context(), json.RawMessage(config), plugin.Host{
		Commands: m, State: m, Now: time.Now, Log: slog.New(slog.DiscardHandler), Files: hostfs.New(hostfs.Options{Root: t.TempDir()}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return collector
}

func collect(t *testing.T, c plugin.Collector) (*plugin.Batch, error) {
	t.Helper()
	batch := plugin.NewBatch(smart.Plugin())
	return batch, c.Collect(t.Context(), batch)
}

const healthy = `{"smartctl": {"version": [7, 3], "exit_status": 0}, "device": {"type": "sat", "protocol": "ATA"},
	"model_name": "Example", "serial_number": "S1", "rotation_rate": 5400, "smart_status": {"passed": true},
	"temperature": {"current": 30}, "power_on_time": {"hours": 1}}`

const sleeping = `{"smartctl": {"version": [7, 3], "exit_status": 2, "messages": [{"string": "Device is in STANDBY mode, exit(2)", "severity": "information"}]}}`

func says(text string) func(context.Context) string {
	return func(context.Context) string { return text }
}

func TestADiskThatHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		m := &machine{answers: map[string]func(context.Context) string{
			"/dev/sda": says(healthy),
			"/dev/sdb": func(ctx context.Context) string { <-ctx.Done(); return "" },
			// The kernel holds this one: killing it ends nothing.
			"/dev/sdc": func(context.Context) string { <-let; return healthy },
		}}
		c := m.open(t, `{"devices": [{"path": "/dev/sdc"}, {"path": "/dev/sdb"}, {"path": "/dev/sda"}], "concurrency": 1, "device_timeout": "10s"}`)
		began := time.Now()
		batch, err := collect(t, c)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 23*time.Second {
			t.Errorf("it took %v, want 10 s for each that hangs and 3 s of grace", took)
		}
		wantProblems(t, batch, "cannot be ended", "was killed")
		if values := plugintest.Values(batch); values[`smart_device_healthy{device="Example_S1"}`] != 1 {
			t.Errorf("the disk that answers is not there: %v", values)
		}

		batch, err = collect(t, c)
		if err != nil {
			t.Fatal(err)
		}
		wantProblems(t, batch, "an earlier question is still without an answer", "was killed")

		close(let)
		synctest.Wait()
		m.mu.Lock()
		m.answers["/dev/sdb"], m.answers["/dev/sdc"] = says(healthy), says(healthy)
		m.mu.Unlock()
		if batch, err = collect(t, c); err != nil {
			t.Fatal(err)
		}
		wantProblems(t, batch)
	})
}

// wantProblems checks that there are these problems, in this order.
func wantProblems(t *testing.T, batch *plugin.Batch, parts ...string) {
	t.Helper()
	problems := batch.Problems()
	if len(problems) != len(parts) {
		t.Fatalf("problems %v, want %d", problems, len(parts))
	}
	for i, part := range parts {
		if fault.Of(problems[i]) != fault.Timeout || !strings.Contains(problems[i].Error(), part) {
			t.Errorf("problem %s: %v, want timeout: %s", fault.Of(problems[i]), problems[i], part)
		}
	}
}

func TestASleepingDiskKeepsItsFiguresOverARestart(t *testing.T) {
	t.Parallel()
	m := &machine{answers: map[string]func(context.Context) string{"/dev/sda": says(healthy)}}
	const config = `{"devices": [{"path": "/dev/sda"}]}`
	if _, err := collect(t, m.open(t, config)); err != nil {
		t.Fatal(err)
	}
	m.answers["/dev/sda"] = says(sleeping)
	batch, err := collect(t, m.open(t, config))
	if err != nil {
		t.Fatal(err)
	}
	values := plugintest.Values(batch)
	const disk = `{device="Example_S1"}`
	if values["smart_device_standby"+disk] != 1 || values["smart_device_healthy"+disk] != 1 || values["smart_device_power_on_seconds_total"+disk] != 3600 {
		t.Errorf("it is not known any more: %v", values)
	}
	if _, there := values["smart_device_temperature_celsius"+disk]; there {
		t.Error("a sleeping disk has a temperature")
	}
	for _, line := range m.asked {
		if !strings.Contains(line, "--nocheck=standby") {
			t.Errorf("it would have been woken: smartctl %s", line)
		}
	}
}
