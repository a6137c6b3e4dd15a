package systeminfo_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/systeminfo"
)

// thisMachine is the host that the test runs on.
func thisMachine(tb testing.TB) plugin.Host {
	tb.Helper()
	name, err := os.Hostname()
	if err != nil {
		tb.Fatal(err)
	}
	return plugin.Host{
		Name:     name,
		Dial:     (&net.Dialer{}).DialContext,
		Files:    hostfs.New(hostfs.Options{}),
		Commands: command.New(command.Options{Allowed: systeminfo.Plugin().Manifest().Rights.Commands}),
		Log:      slog.New(slog.DiscardHandler),
		Now:      time.Now,
		State:    state{},
	}
}

type state map[string]json.RawMessage

func (s state) Get(key string) json.RawMessage { return s[key] }

func (s state) Set(key string, value json.RawMessage) error {
	s[key] = value
	return nil
}

// openHere opens a collector on this machine.
func openHere(tb testing.TB, config string, host plugin.Host) plugin.Collector {
	tb.Helper()
	collector, err := systeminfo.Plugin().Open(tb.Context(), json.RawMessage(config), host)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		closer, ok := collector.(io.Closer)
		if !ok {
			tb.Fatal("the collector cannot be closed")
		}
		if err := closer.Close(); err != nil {
			tb.Error(err)
		}
	})
	return collector
}

// values collects once and returns the samples by name and labels.
func values(tb testing.TB, collector plugin.Collector) (map[string]float64, *plugin.Batch) {
	tb.Helper()
	batch := plugin.NewBatch(systeminfo.Plugin())
	if err := collector.Collect(tb.Context(), batch); err != nil {
		tb.Fatal(err)
	}
	for _, problem := range batch.Problems() {
		tb.Errorf("problem: %v", problem)
	}
	found := make(map[string]float64)
	for _, sample := range batch.Samples() {
		key := sample.Name
		if len(sample.Labels) > 0 {
			key += sample.Labels.String()
		}
		if _, twice := found[key]; twice {
			tb.Errorf("%s was given twice", key)
		}
		found[key] = sample.Value
	}
	return found, batch
}

// near reports a difference of more than the tolerance, a share of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	t.Logf("%-28s Unity %16.4f   tool %16.4f   difference %+.4f %%", what, got, want, 100*(got-want)/max(want, 1))
	if diff := max(got, want) - min(got, want); diff > tolerance*max(want, 1) {
		t.Errorf("%s: Unity says %v, the tool %v", what, got, want)
	}
}

// run returns what a program prints, or skips the test where it is missing.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		plugintest.Skip(t, "%s is not installed", name)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// busy loads one processor until the test ends.
func busy(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			_ = n
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
}

func TestMemoryAgreesWithFree(t *testing.T) {
	t.Parallel()
	collector := openHere(t, `{}`, thisMachine(t))
	// 256 MiB that were not in use before show that the figures follow.
	held := make([]byte, 256<<20)
	for i := 0; i < len(held); i += os.Getpagesize() {
		held[i] = 1
	}
	values(t, collector)
	before := free(t)
	got, _ := values(t, collector)
	after := free(t)
	runtime.KeepAlive(held)
	for _, c := range []struct {
		row, column int
		what        string
		got         float64
	}{
		{1, 1, "memory total", got["system_memory_total_bytes"]},
		{1, 3, "memory free", got["system_memory_free_bytes"]},
		{1, 4, "memory shared", got["system_memory_shared_bytes"]},
		{1, 5, "memory buffers and cache", got["system_memory_buffers_bytes"] + got["system_memory_cached_bytes"]},
		{1, 6, "memory available", got["system_memory_available_bytes"]},
		{2, 1, "swap total", got["system_swap_total_bytes"]},
		{2, 2, "swap used", got["system_swap_used_bytes"]},
	} {
		between(t, c.what, c.got, number(t, before[c.row][c.column]), number(t, after[c.row][c.column]),
			0.03*got["system_memory_total_bytes"])
	}
}

// free returns the words of what free -b prints.
func free(t *testing.T) (words [][]string) {
	t.Helper()
	for line := range strings.Lines(run(t, "free", "-b")) {
		words = append(words, strings.Fields(line))
	}
	return words
}

// between reports a figure outside of what the tool said just before and just
// after, with some slack for what others do meanwhile.
func between(t *testing.T, what string, got, before, after, slack float64) {
	t.Helper()
	t.Logf("%-28s Unity %14.0f   tool %14.0f before, %14.0f after", what, got, before, after)
	if got < min(before, after)-slack || got > max(before, after)+slack {
		t.Errorf("%s: Unity says %.0f, the tool %.0f before and %.0f after", what, got, before, after)
	}
}

// cpuLine returns the busy and the whole time of /proc/stat, in ticks, read
// without the code under test.
func cpuLine(t *testing.T) (busy, all float64) {
	t.Helper()
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	for i, field := range strings.Fields(first)[1:9] {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		all += ticks
		if i != 3 && i != 4 {
			busy += ticks
		}
	}
	return busy, all
}

func TestProcessorUseAgreesWithProcStatUnderLoad(t *testing.T) {
	t.Parallel()
	collector := openHere(t, `{"per_cpu":true}`, thisMachine(t))
	busy(t)
	// Unity looks somewhere between the looks of the test, which may be far apart on
	// a busy machine: its figure is at least the least of them, and at most the most.
	busyAround, allAround := cpuLine(t)
	values(t, collector)
	busyWithin, allWithin := cpuLine(t)
	wait(t, 2*time.Second)
	busyNow, allNow := cpuLine(t)
	busyWithin, allWithin = busyNow-busyWithin, allNow-allWithin
	got, _ := values(t, collector)
	busyNow, allNow = cpuLine(t)
	busyAround, allAround = busyNow-busyAround, allNow-allAround
	between(t, "processor in use, in thousandths", 1000*got["system_cpu_usage_ratio"], 1000*busyWithin/allAround, 1000*min(1, busyAround/allWithin), 10)
	if floor := 0.9 / float64(runtime.NumCPU()); got["system_cpu_usage_ratio"] < floor {
		t.Errorf("one processor is kept busy, but only %v of all is in use", got["system_cpu_usage_ratio"])
	}
	near(t, "logical processors", got["system_cpu_logical_count"], number(t, run(t, "nproc", "--all")), 0)
	sum := 0.0
	for cpu := range runtime.NumCPU() {
		sum += got[`system_cpu_core_usage_ratio{cpu="`+strconv.Itoa(cpu)+`"}`]
	}
	near(t, "mean of the processors", sum/float64(runtime.NumCPU()), got["system_cpu_usage_ratio"], 0.02)
	sum = 0.0
	for _, mode := range []string{"user", "system", "nice", "irq", "steal"} {
		sum += got[`system_cpu_mode_ratio{mode="`+mode+`"}`]
	}
	near(t, "sum of the modes", sum, got["system_cpu_usage_ratio"], 0.001)
}

// wait lets real time go by, which is what these tests measure.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUptimeAndLoadAgreeWithTheKernel(t *testing.T) {
	t.Parallel()
	collector := openHere(t, `{}`, thisMachine(t))
	got, _ := values(t, collector)
	uptime := strings.Fields(run(t, "cat", "/proc/uptime"))
	near(t, "uptime", got["system_uptime_seconds"], number(t, uptime[0]), 0.01)
	started, err := time.ParseInLocation(time.DateTime, strings.TrimSpace(run(t, "uptime", "-s")), time.Local)
	if err != nil {
		t.Fatal(err)
	}
	if diff := time.Unix(int64(got["system_boot_timestamp_seconds"]), 0).Sub(started).Abs(); diff > 2*time.Second {
		t.Errorf("the start differs from that of uptime by %v", diff)
	}
	before := strings.Fields(run(t, "cat", "/proc/loadavg"))
	got, _ = values(t, collector)
	after := strings.Fields(run(t, "cat", "/proc/loadavg"))
	between(t, "load over 15 minutes", got["system_load15"], number(t, before[2]), number(t, after[2]), 0.05)
}

func TestNetworkTotalsAgreeWithTheInterfaces(t *testing.T) {
	t.Parallel()
	collector := openHere(t, `{}`, thisMachine(t))
	got, _ := values(t, collector)
	devices, err := filepath.Glob("/sys/class/net/*/device")
	if err != nil || len(devices) == 0 {
		t.Skip("unavoidable: no physical interface")
	}
	want := 0.0
	for _, device := range devices {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(device), "statistics/rx_bytes"))
		if err != nil {
			t.Fatal(err)
		}
		want += number(t, string(data))
	}
	near(t, "received", got["system_network_receive_bytes_total"], want, 0.05)
}

func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, systeminfo.Plugin(), openHere(b, `{}`, thisMachine(b)))
}
