package log_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugins/log"
)

// sampleLog is text like that of a busy service: one line in fifty is a warning
// or worse.
func sampleLog(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	text.Grow(size + 200)
	for n := 0; text.Len() < size; n++ {
		fmt.Fprintf(&text, "2026-03-01T12:%02d:%02d.%03dZ ", n/60%60, n%60, n%1000)
		switch random.IntN(100) {
		case 0:
			fmt.Fprintf(&text, "ERROR request %d of user %d could not be answered: connection refused\n", n, random.IntN(1000))
		case 1:
			fmt.Fprintf(&text, "WARN request %d took %d ms\n", n, random.IntN(10000))
		default:
			fmt.Fprintf(&text, "INFO handled GET /api/v1/things/%d for 192.168.1.%d in %d ms with status 200\n", random.IntN(100000), random.IntN(255), random.IntN(300))
		}
	}
	return text.Bytes()
}

// five are patterns as a person may have them.
const five = `"default_patterns": false, "patterns": [
	{"name": "refused", "regex": "connection (refused|reset)", "severity": "error"},
	{"name": "slow", "regex": "took [0-9]{4,} ms", "severity": "warning"},
	{"name": "full", "regex": "no space left on device|disk full", "severity": "critical"},
	{"name": "memory", "regex": "out of memory|oom-kill", "severity": "critical"},
	{"name": "login", "regex": "login of (\\w+) failed", "severity": "warning"}
]`

// BenchmarkFollow reads 64 MiB of one file in one run.
func BenchmarkFollow(b *testing.B) {
	text := sampleLog(64 << 20)
	for name, patterns := range map[string]string{"five patterns": five, "usual patterns": `"default_patterns": true`} {
		b.Run(name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "app.log")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				b.Fatal(err)
			}
			config := json.RawMessage(fmt.Sprintf(`{"paths": [%q], "start_at": "beginning", %s}`, file, patterns))
			p := log.Plugin()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				c, err := p.Open(b.Context(), config, host(forgetful{}))
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Collect(b.Context(), plugin.NewBatch(p)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCollect is a run in which a hundred lines were added.
func BenchmarkCollect(b *testing.B) {
	file := filepath.Join(b.TempDir(), "app.log")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	text := sampleLog(10_000)
	p := log.Plugin()
	c, err := p.Open(b.Context(), json.RawMessage(fmt.Sprintf(`{"paths": [%q]}`, file)), host(newKept()))
	if err != nil {
		b.Fatal(err)
	}
	var batch *plugin.Batch
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		if err := add(file, text); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		batch = plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch.Samples())), "samples/op")
}

// add adds to a file.
func add(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.Close()
}

// host is this machine, with a state of the test's.
func host(state plugin.State) plugin.Host {
	return plugin.Host{
		Files: hostfs.New(hostfs.Options{}), Log: slog.New(slog.DiscardHandler), Now: time.Now, State: state,
	}
}

// forgetful keeps nothing.
type forgetful struct{}

func (forgetful) Get(string) json.RawMessage        { return nil }
func (forgetful) Set(string, json.RawMessage) error { return nil }

// kept is state of which a run's changes can be recorded or lost.
type kept struct{ recorded, changes map[string]json.RawMessage }

func newKept() *kept {
	return &kept{recorded: make(map[string]json.RawMessage), changes: make(map[string]json.RawMessage)}
}

func (k *kept) Get(key string) json.RawMessage {
	if value, ok := k.changes[key]; ok {
		return value
	}
	return k.recorded[key]
}

func (k *kept) Set(key string, value json.RawMessage) error {
	k.changes[key] = value
	return nil
}

// record makes the changes part of what survives.
func (k *kept) record() {
	for key, value := range k.changes {
		k.recorded[key] = value
	}
	clear(k.changes)
}

// lose forgets the changes, as when the program is killed.
func (k *kept) lose() { clear(k.changes) }
