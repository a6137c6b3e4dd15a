package process_test

import (
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/process"
)

// thisMachine is the host that the test runs on.
func thisMachine(tb testing.TB) plugin.Host {
	tb.Helper()
	return plugin.Host{
		Name:     "here",
		Dial:     (&net.Dialer{}).DialContext,
		Files:    hostfs.New(hostfs.Options{}),
		Commands: command.New(command.Options{}),
		Log:      slog.New(slog.DiscardHandler),
		Now:      time.Now,
		State:    nothing{},
	}
}

type nothing struct{}

func (nothing) Get(string) json.RawMessage        { return nil }
func (nothing) Set(string, json.RawMessage) error { return nil }

func openHere(tb testing.TB, config string) plugin.Collector {
	tb.Helper()
	collector, err := process.Plugin().Open(tb.Context(), json.RawMessage(config), thisMachine(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return collector
}

// answer is what one collection gave.
type answer struct {
	values   map[string]float64
	problems []string
	snapshot struct {
		Summary struct {
			Total int `json:"total"`
		} `json:"summary"`
		Processes []row `json:"processes"`
		Zombies   []struct {
			PID    int    `json:"pid"`
			Parent string `json:"parent"`
		} `json:"zombies"`
		Watches []struct {
			Name   string `json:"name"`
			Status string `json:"status"`
			PIDs   []int  `json:"pids"`
		} `json:"watches"`
	}
}

type row struct {
	PID     int       `json:"pid"`
	Name    string    `json:"name"`
	User    string    `json:"user"`
	State   string    `json:"state"`
	CPU     float64   `json:"cpu_ratio"`
	RSS     uint64    `json:"rss_bytes"`
	Files   *int      `json:"fds"`
	Read    *float64  `json:"read_bps"`
	Written *float64  `json:"write_bps"`
	Started time.Time `json:"started"`
	Cmdline string    `json:"cmdline"`
}

func (a answer) row(pid int) (row, bool) {
	for _, r := range a.snapshot.Processes {
		if r.PID == pid {
			return r, true
		}
	}
	return row{}, false
}

func collect(tb testing.TB, collector plugin.Collector) answer {
	tb.Helper()
	batch := plugin.NewBatch(process.Plugin())
	if err := collector.Collect(tb.Context(), batch); err != nil {
		tb.Fatal(err)
	}
	a := answer{values: make(map[string]float64)}
	for _, problem := range batch.Problems() {
		a.problems = append(a.problems, problem.Error())
	}
	for _, sample := range batch.Samples() {
		a.values[strings.TrimSuffix(sample.Name+sample.Labels.String(), "{}")] = sample.Value
	}
	if err := json.Unmarshal(batch.Snapshot(), &a.snapshot); err != nil {
		tb.Fatal(err)
	}
	return a
}

// start starts a program that ends with the test.
func start(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		plugintest.Skip(t, "%s is not installed", name)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// called copies a program under another name, which is then the name of its
// process.
func called(t *testing.T, program, name string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		plugintest.Skip(t, "%s is not installed", program)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), name)
	plugintest.Program(t, copied, data)
	return copied
}

func TestAWatchFollowsAProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, watch string }{
		{"by its odd name", `{"name":"w","pattern":"a) b (c"}`},
		{"by its file", `{"name":"w","field":"exe","match":"glob","pattern":"*/a) b (c"}`},
		{"by its command line", `{"name":"w","field":"cmdline","match":"regex","pattern":"/a\\) b \\(c 4242$"}`},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			program := called(t, "sleep", "a) b (c")
			collector := openHere(t, `{"watch":[`+strings.Replace(c.watch, `"w"`, `"w","max":9`, 1)+`]}`)
			before := collect(t, collector).values[`process_watch_count{name="w"}`]
			child := start(t, program, "4242")
			during := collect(t, collector)
			if got := during.values[`process_watch_count{name="w"}`]; got < 1 {
				t.Errorf("%v processes while it runs, %v before", got, before)
			}
			if got := during.values[`process_watch_ok{name="w"}`]; got != 1 {
				t.Errorf("the watch is not right while the process runs: %v", got)
			}
			if !contains(during.snapshot.Watches[0].PIDs, child.Process.Pid) {
				t.Errorf("process %d is not among %v", child.Process.Pid, during.snapshot.Watches[0].PIDs)
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait()
			if after := collect(t, collector); contains(after.snapshot.Watches[0].PIDs, child.Process.Pid) {
				t.Error("the process is seen after its end")
			}
		})
	}
}

func contains(pids []int, pid int) bool {
	for _, p := range pids {
		if p == pid {
			return true
		}
	}
	return false
}

func TestAMissingProcessIsMissed(t *testing.T) {
	t.Parallel()
	pidfile := filepath.Join(t.TempDir(), "d.pid")
	child := start(t, "sleep", "4243")
	if err := os.WriteFile(pidfile, []byte(strconv.Itoa(child.Process.Pid)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	collector := openHere(t, `{"watch":[{"name":"d","field":"pidfile","pattern":"`+pidfile+`"}]}`)
	if got := collect(t, collector).values[`process_watch_ok{name="d"}`]; got != 1 {
		t.Fatalf("the process of the file runs, but ok is %v", got)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	after := collect(t, collector)
	if ok, known := after.values[`process_watch_ok{name="d"}`]; !known || ok != 0 || after.snapshot.Watches[0].Status != "missing" {
		t.Errorf("the process is gone, but ok is %v and the status %q", ok, after.snapshot.Watches[0].Status)
	}
}

func TestZombiesAndStoppedProcessesAreTold(t *testing.T) {
	t.Parallel()
	collector := openHere(t, `{}`)
	before := collect(t, collector)

	dead := start(t, "true")
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, dead.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	halted := start(t, "sleep", "4244")
	if err := halted.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, halted.Process.Pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}

	during := collect(t, collector)
	found := false
	for _, z := range during.snapshot.Zombies {
		found = found || z.PID == dead.Process.Pid
		if z.PID == dead.Process.Pid && !strings.HasPrefix(z.Parent, "process.test") {
			t.Errorf("the zombie's parent is %q", z.Parent)
		}
	}
	if !found {
		t.Errorf("process %d is not among the zombies %v", dead.Process.Pid, during.snapshot.Zombies)
	}
	for _, state := range []string{"zombie", "stopped"} {
		key := `processes_count{state="` + state + `"}`
		if during.values[key] < 1 {
			t.Errorf("%s is %v, before %v", key, during.values[key], before.values[key])
		}
	}
}

// ticks returns the processor time of a process in seconds, read without the
// code under test.
func ticks(t *testing.T, pid int) float64 {
	t.Helper()
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

func TestFiguresAgreeWithPSUnderLoad(t *testing.T) {
	t.Parallel()
	program := called(t, "sh", "unity-busy")
	busy := start(t, program, "-c", "while :; do :; done")
	pid := busy.Process.Pid
	collector := openHere(t, `{"watch":[{"name":"busy","pattern":"unity-busy"}],"include_cmdline":true}`)
	// Unity looks somewhere between the looks of the test, which may be far apart on
	// a busy machine: its figure is at least the least of them, and at most the most.
	outside, widest := ticks(t, pid), time.Now()
	collect(t, collector)
	inside, narrowest := ticks(t, pid), time.Now()
	wait(t, 2*time.Second)
	inside, within := ticks(t, pid)-inside, time.Since(narrowest).Seconds()
	got := collect(t, collector)
	outside, around := ticks(t, pid)-outside, time.Since(widest).Seconds()
	least, most := inside/around, outside/within

	r, ok := got.row(pid)
	if !ok {
		t.Fatalf("the busy process is not in the list %+v", got.snapshot.Processes)
	}
	fields := strings.Fields(output(t, "ps", "-o", "rss=,nlwp=,user=,etimes=", "-p", strconv.Itoa(pid)))
	rss, _ := strconv.ParseFloat(fields[0], 64)
	seconds, _ := strconv.Atoi(fields[3])
	t.Logf("CPU   Unity %.4f   /proc/PID/stat %.4f to %.4f", r.CPU, least, most)
	t.Logf("RSS   Unity %d   ps %.0f", r.RSS, rss*1024)
	t.Logf("count Unity %v   ps %v", got.values["processes_total_count"], len(strings.Split(strings.TrimSpace(output(t, "ps", "-e", "-o", "pid=")), "\n")))
	if r.CPU < least-0.02 || r.CPU > most+0.02 { // it is counted in hundredths of a second
		t.Errorf("CPU is %v, %v to %v by /proc/PID/stat", r.CPU, least, most)
	}
	if diff := got.values[`process_group_cpu_usage_ratio{group="busy"}`] - r.CPU; diff > 0.001 || diff < -0.001 {
		t.Errorf("the group of one uses %v more than its member", diff)
	}
	if diff := float64(r.RSS) - rss*1024; diff > 64<<10 || diff < -64<<10 {
		t.Errorf("RSS is %d, by ps %v", r.RSS, rss*1024)
	}
	if r.User != fields[2] {
		t.Errorf("the user is %q, by ps %q", r.User, fields[2])
	}
	if age := time.Since(r.Started); age < time.Duration(seconds-2)*time.Second || age > time.Duration(seconds+3)*time.Second {
		t.Errorf("started %v ago, by ps %d s", age, seconds)
	}
	if !strings.HasSuffix(r.Cmdline, "-c while :; do :; done") {
		t.Errorf("the command line is %q", r.Cmdline)
	}
}

// wait lets real time go by, which is what these tests measure.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		plugintest.Skip(t, "%s is not installed", name)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

func TestOpenFilesAreCounted(t *testing.T) {
	t.Parallel()
	const many = 500
	for range many {
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
	}
	own, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	name, err := json.Marshal(strings.TrimSpace(string(own)))
	if err != nil {
		t.Fatal(err)
	}
	pidfile := filepath.Join(t.TempDir(), "self.pid")
	if err := os.WriteFile(pidfile, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		t.Fatal(err)
	}
	got := collect(t, openHere(t, `{"sort_by":"fds","watch":[{"name":"self","field":"pidfile","pattern":"`+pidfile+`"}]}`))
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	open := got.values[`process_group_open_fds{group="self"}`]
	t.Logf("open files of %s: Unity %v, /proc/self/fd %d", name, open, len(entries))
	if open < many || open > many+200 {
		t.Errorf("%v open files, of %d at least and %d just now", open, many, len(entries))
	}
	if r, ok := got.row(os.Getpid()); !ok || r.Files == nil || *r.Files < many {
		t.Errorf("the list sorted by open files shows %+v for the process that has most", r)
	}
	if share := got.values[`process_group_max_fd_ratio{group="self"}`]; share <= 0 || share > 1 {
		t.Errorf("the share of its limit is %v", share)
	}
}

func TestAnotherUsersProcessIsNamedByUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "only root may start a process as another user")
	}
	program := called(t, "sleep", "unity-other")
	openTo(t, filepath.Dir(program))
	cmd := exec.CommandContext(t.Context(), program, "4245")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if err := cmd.Start(); err != nil {
		plugintest.Skip(t, "starting a process as another user: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	got := collect(t, openHere(t, `{"top_processes_count":100,"group_by":"user"}`))
	if got.values[`process_group_count{group="nobody"}`] < 1 {
		t.Errorf("nobody has no process in %v", got.values)
	}
}

func TestWhatAnotherUserMayNotSeeIsLeftOut(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "only root can become another user")
	}
	// A child that has given up its rights collects for this test.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "process.test")
	plugintest.Program(t, copied, data)
	openTo(t, dir)
	cmd := exec.CommandContext(t.Context(), copied, "-test.run=^TestAsAnybody$", "-test.v")
	cmd.Env = append(os.Environ(), "UNITY_TEST_ANYBODY=1")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}

// openTo lets every user into a temporary folder.
func openTo(t *testing.T, dir string) {
	t.Helper()
	for at := dir; at != os.TempDir() && len(at) > 1; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAsAnybody is run by the test above, without rights.
func TestAsAnybody(t *testing.T) {
	t.Parallel()
	if os.Getenv("UNITY_TEST_ANYBODY") == "" || os.Getuid() == 0 {
		return // it is run again by another test
	}
	collector := openHere(t, `{"watch":[
		{"name":"first","field":"exe","match":"glob","pattern":"/no/such/*"},
		{"name":"named","field":"comm","match":"glob","pattern":"*","min":1}]}`)
	got := collect(t, collector)
	if _, known := got.values[`process_watch_ok{name="first"}`]; known {
		t.Error("a watch by file is decided although files cannot be read")
	}
	if got.values[`process_watch_ok{name="named"}`] != 1 {
		t.Error("a watch by name does not work")
	}
	if _, known := got.values[`process_group_read_bytes_total{group="named"}`]; known {
		t.Error("the traffic of a group is given although parts of it cannot be read")
	}
	if got.values["processes_total_count"] < 2 {
		t.Error("processes are not counted")
	}
	if len(got.problems) != 2 {
		t.Errorf("want a problem for the watch and one for the rights, got %q", got.problems)
	}
	if again := collect(t, collector); len(again.problems) != 1 {
		t.Errorf("want the rights told once only, got %q", again.problems)
	}
}

func TestCounterOfAGroupSurvivesItsMembers(t *testing.T) {
	t.Parallel()
	program := called(t, "sh", "unity-mortal")
	spin := func() *exec.Cmd { return start(t, program, "-c", "while :; do :; done") }
	collector := openHere(t, `{"watch":[{"name":"m","pattern":"unity-mortal"}]}`)
	collect(t, collector)
	awaitUse := func(busy *exec.Cmd) { // in which nobody knows how long it takes
		for ticks(t, busy.Process.Pid) < 0.1 {
			wait(t, 20*time.Millisecond)
		}
	}
	first := spin()
	awaitUse(first)
	before := collect(t, collector)
	key := `process_group_cpu_seconds_total{group="m",mode="user"}`
	if before.values[key] <= 0 {
		t.Fatalf("a busy process used %v", before.values[key])
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	if gone := collect(t, collector); gone.values[key] < before.values[key] || gone.values[`process_group_count{group="m"}`] != 0 {
		t.Errorf("after its end %v, before %v", gone.values[key], before.values[key])
	}
	awaitUse(spin())
	if grown := collect(t, collector); grown.values[key] <= before.values[key] {
		t.Errorf("with a new member %v, before %v", grown.values[key], before.values[key])
	}
}

func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, process.Plugin(), openHere(b, `{}`))
}

// BenchmarkCollectThousand collects with a thousand processes more.
func BenchmarkCollectThousand(b *testing.B) {
	const many = 1000
	for range many {
		cmd := exec.CommandContext(b.Context(), "sleep", "600")
		if err := cmd.Start(); err != nil {
			plugintest.Skip(b, "starting %d processes: %v", many, err)
		}
		b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	}
	for _, c := range []struct{ name, config string }{
		{"defaults", `{}`},
		{"grouped by unit", `{"group_by":"unit"}`},
		{"watched by command line", `{"watch":[{"name":"s","field":"cmdline","match":"regex","pattern":"^nosuch"}]}`},
		{"sorted by traffic", `{"sort_by":"io"}`},
		{"sorted by open files", `{"sort_by":"fds"}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			collector := openHere(b, c.config)
			collect(b, collector)
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				batch := plugin.NewBatch(process.Plugin())
				if err := collector.Collect(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			// Unlike the time on the clock this does not depend on who else is busy.
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime returns what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
