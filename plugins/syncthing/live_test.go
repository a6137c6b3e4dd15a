package syncthing_test

import (
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/syncthing"
)

const docs = `{folder="docs",name="Documents"}`

// labels writes the labels of a device.
func (n *node) labels(name string) string {
	return `{device="` + strings.Split(n.id, "-")[0] + `",name="` + name + `"}`
}

func TestFiguresAreThoseOfSyncthing(t *testing.T) {
	t.Parallel()
	here, away := peers(t)
	c := here.hurried(nil)
	at := here.share(away, "sendreceive")
	here.write(at, "large.bin", 5_000_000)
	connected := "syncthing_device_connected" + away.labels("away")
	plugintest.Until(t, syncthing.Plugin(), c, "the devices connect", func(values map[string]float64) bool {
		return values[connected] == 1 && values["syncthing_folder_local_files"+docs] == 1
	})

	away.share(here, "receiveonly")
	sent, got := "syncthing_device_transmit_bytes_total"+away.labels("away"), away.hurried(nil)
	plugintest.Until(t, syncthing.Plugin(), got, "the file is on the other side", func(values map[string]float64) bool {
		return values["syncthing_folder_local_bytes"+docs] == 5_000_000 && values[`syncthing_folder_state{folder="docs",name="Documents",state="idle"}`] == 1
	})
	values, _ := plugintest.Until(t, syncthing.Plugin(), c, "the other side has said so", func(values map[string]float64) bool {
		return values["syncthing_device_need_bytes"+away.labels("away")] == 0 && values[sent] >= 5_000_000
	})

	var status map[string]any
	here.get("/rest/db/status?folder=docs", &status)
	var system map[string]any
	here.get("/rest/system/status", &system)
	var completion map[string]any
	here.get("/rest/db/completion?device="+away.id, &completion)
	var traffic struct {
		Total, Connections map[string]any
	}
	here.get("/rest/system/connections", &traffic)
	peer, _ := traffic.Connections[away.id].(map[string]any)
	for _, pair := range []struct {
		metric string
		says   any
		scale  float64
		slack  float64 // what moves between two questions
	}{
		{"syncthing_folder_global_bytes" + docs, status["globalBytes"], 1, 0},
		{"syncthing_folder_local_bytes" + docs, status["localBytes"], 1, 0},
		{"syncthing_folder_need_bytes" + docs, status["needBytes"], 1, 0},
		{"syncthing_folder_global_files" + docs, status["globalFiles"], 1, 0},
		{"syncthing_folder_local_files" + docs, status["localFiles"], 1, 0},
		{"syncthing_folder_need_items" + docs, status["needTotalItems"], 1, 0},
		{"syncthing_folder_errors" + docs, status["errors"], 1, 0},
		{"syncthing_uptime_seconds", system["uptime"], 1, 2},
		{"syncthing_goroutines", system["goroutines"], 1, 40},
		{"syncthing_memory_alloc_bytes", system["alloc"], 1, 64 << 20},
		{"syncthing_device_completion_ratio" + away.labels("away"), completion["completion"], 100, 0},
		{"syncthing_receive_bytes_total", traffic.Total["inBytesTotal"], 1, 5000},
		{"syncthing_transmit_bytes_total", traffic.Total["outBytesTotal"], 1, 5000},
		{"syncthing_device_receive_bytes_total" + away.labels("away"), peer["inBytesTotal"], 1, 5000},
		{sent, peer["outBytesTotal"], 1, 5000},
	} {
		want, known := pair.says.(float64)
		value, there := values[pair.metric]
		if !known || !there || math.Abs(value-want/pair.scale) > pair.slack {
			t.Errorf("%s is %v (%v), Syncthing says %v (%v)", pair.metric, value, there, want/pair.scale, known)
		}
	}
	if values[`syncthing_listener_ok{listener="tcp://127.0.0.2:`+strings.TrimPrefix(here.URL(), "http://127.0.0.1:")+`"}`] != 1 {
		t.Errorf("it does not say that it listens: %v", slices.Sorted(maps.Keys(values)))
	}
}

// wantEvents wants these among the events: kind, severity and title.
func wantEvents(t *testing.T, events []plugin.Event, wanted ...string) {
	t.Helper()
	var told []string
	for _, e := range events {
		told = append(told, e.Kind+" "+string(e.Severity)+" "+e.Title)
	}
	for _, want := range wanted {
		if n := len(told) - len(slices.DeleteFunc(slices.Clone(told), func(s string) bool { return s == want })); n != 1 {
			t.Errorf("%q was told %d times of %q", want, n, told)
		}
	}
}

func TestWhatGoesWrongIsSeen(t *testing.T) {
	t.Parallel()
	here, away := start(t), start(t)
	c := here.hurried(plugintest.Settings{"always_connected": []string{"away"}})
	plugintest.CollectAll(t, syncthing.Plugin(), c)
	until := func(what string, right func(map[string]float64) bool) []plugin.Event {
		t.Helper()
		_, events := plugintest.Until(t, syncthing.Plugin(), c, what, right)
		return events
	}

	away.know(here, "here")
	wantEvents(t, until("a stranger asks", func(v map[string]float64) bool { return v["syncthing_pending_devices"] == 1 }),
		"syncthing_device_asks info "+hostname(t)+" asks to be let in")
	here.know(away, "away")
	missing := "syncthing_device_missing" + away.labels("away")
	until("the stranger is let in", func(v map[string]float64) bool { return v[missing] == 0 && v["syncthing_pending_devices"] == 0 })
	source := away.share(here, "sendreceive")
	until("a folder is offered", func(v map[string]float64) bool { return v["syncthing_pending_folders"] == 1 })

	// No room for what the other side has, and a change where there should be none.
	at := here.share(away, "receiveonly")
	here.change(map[string]any{"minDiskFree": map[string]any{"value": 99.99, "unit": "%"}})
	away.write(source, "new.bin", 1000)
	here.write(at, "mine.txt", 10)
	until("a file has no room", func(v map[string]float64) bool {
		return v["syncthing_folder_errors"+docs] == 1 && v["syncthing_folder_need_bytes"+docs] == 1000 && v["syncthing_folder_receive_only_changed_items"+docs] == 1
	})
	snapshot := string(plugintest.CollectAll(t, syncthing.Plugin(), c).Snapshot())
	if !strings.Contains(snapshot, `"path":"new.bin","error":"syncing: insufficient space`) || !strings.Contains(snapshot, `"out of sync"`) {
		t.Errorf("it does not say which file, and why: %s", snapshot)
	}

	// The disk with the folder is gone.
	marker := filepath.Join(at, ".stfolder")
	if err := os.Rename(marker, marker+"-away"); err != nil {
		t.Fatal(err)
	}
	here.scan()
	state := func(name string) func(map[string]float64) bool {
		return func(v map[string]float64) bool {
			return v[`syncthing_folder_state{folder="docs",name="Documents",state="`+name+`"}`] == 1
		}
	}
	wantEvents(t, until("the folder stops", state("error")), "syncthing_folder_stopped critical Documents has stopped")
	if err := os.Rename(marker+"-away", marker); err != nil {
		t.Fatal(err)
	}
	here.change(map[string]any{"minDiskFree": map[string]any{"value": 0, "unit": "%"}})
	here.scan()
	wantEvents(t, until("the folder is synced again", func(v map[string]float64) bool {
		return v["syncthing_folder_need_bytes"+docs] == 0 && v["syncthing_folder_errors"+docs] == 0 && state("idle")(v)
	}), "syncthing_folder_runs info Documents is synced again")

	here.change(map[string]any{"paused": true})
	wantEvents(t, until("the folder is paused", state("paused")), "syncthing_folder_paused info Documents is paused")
	if _, there := plugintest.Values(plugintest.CollectAll(t, syncthing.Plugin(), c))["syncthing_folder_local_bytes"+docs]; there {
		t.Error("a folder that is paused has a size, though it does not say so")
	}

	away.Kill()
	wantEvents(t, until("the other one is missed", func(v map[string]float64) bool { return v[missing] == 1 }), "syncthing_device_left warning away is gone")
	if err := away.Start(); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, until("the other one is back", func(v map[string]float64) bool { return v[missing] == 0 }), "syncthing_device_connected info away connected")
}

// scan has the node look at its folder; that it cannot is no fault of the test.
func (n *node) scan() {
	n.t.Helper()
	_, _, _ = n.ask(http.MethodPost, "/rest/db/scan?folder=docs", nil)
}

func hostname(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestANodeThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	n := start(t)
	plugintest.ComeAndGo(t, syncthing.Plugin(), n, "GET "+n.URL()+"/rest/system/status: connection refused", func(timeout string) plugin.Collector {
		return n.collector(plugintest.Settings{"timeout": timeout})
	})
}

func TestAKeyThatIsNotTheRightOne(t *testing.T) {
	t.Parallel()
	n := start(t)
	attempt := func(c plugin.Collector) error {
		t.Helper()
		_, err := plugintest.Attempt(t, syncthing.Plugin(), c, syncthing.Plugin().Manifest().Timeout)
		return err
	}
	plugintest.WantFault(t, attempt(n.collector(plugintest.Settings{"token": ""})), fault.Auth, "Syncthing wants an API key", "Actions, Settings, General")
	plugintest.WantFault(t, attempt(n.collector(plugintest.Settings{"token": "wrong"})), fault.Auth, "does not know the API key", "check token")
	plugintest.WantFault(t, attempt(n.collector(plugintest.Settings{"headers": map[string]string{"Host": "nas.example"}})),
		fault.Config, "does not answer to this name", "insecureSkipHostcheck")

	// A key that is changed is taken up from the file without a new setting.
	given, found := n.collector(nil), n.collector(plugintest.Settings{"token": "", "config_file": filepath.Join(n.Folder(), "config.xml")})
	plugintest.CollectAll(t, syncthing.Plugin(), given)
	plugintest.CollectAll(t, syncthing.Plugin(), found)
	n.changeKey("another one")
	plugintest.WantFault(t, attempt(given), fault.Auth, "does not know the API key", "check token")
	plugintest.CollectAll(t, syncthing.Plugin(), found)
	plugintest.CollectAll(t, syncthing.Plugin(), n.collector(plugintest.Settings{"token": "another one"}))
}

// changeKey gives the node another key, as a person does in its file.
func (n *node) changeKey(to string) {
	n.t.Helper()
	if err := n.Stop(); err != nil {
		n.t.Fatal(err)
	}
	name := filepath.Join(n.Folder(), "config.xml")
	text, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, []byte(strings.ReplaceAll(string(text), key, to)), 0o600)
	}
	if err == nil {
		err = n.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// BenchmarkCollect is one run on a real node beside the test, which is asked
// everything each time.
func BenchmarkCollect(b *testing.B) {
	here, away := peers(b)
	here.write(here.share(away, "sendreceive"), "large.bin", 5_000_000)
	plugintest.Benchmark(b, syncthing.Plugin(), here.hurried(nil))
}
