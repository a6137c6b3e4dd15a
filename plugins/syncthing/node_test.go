package syncthing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/syncthing"
	"github.com/unity-homelab/unity/test/servers"
)

// settingsFile has a Syncthing talk to nobody but those it is told of, at once.
const settingsFile = `<configuration version="35">
<gui enabled="true" tls="false"><address>127.0.0.1:{{port}}</address><apikey>` + key + `</apikey></gui>
<options>
<listenAddress>tcp://127.0.0.2:{{port}}</listenAddress>
<globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
<relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><urAccepted>-1</urAccepted>
<crashReportingEnabled>false</crashReportingEnabled><reconnectionIntervalS>1</reconnectionIntervalS>
</options>
</configuration>`

const key = "only-for-tests"

// node is a real Syncthing.
type node struct {
	*servers.Server
	t  testing.TB
	id string
}

func start(t testing.TB) *node {
	t.Helper()
	n := &node{Server: servers.Start(t, servers.Syncthing(), settingsFile), t: t}
	var status struct{ MyID string }
	n.get("/rest/system/status", &status)
	n.id = status.MyID
	return n
}

// peers starts two nodes, away and here, of which here knows away.
func peers(t testing.TB) (here, away *node) {
	t.Helper()
	here, away = start(t), start(t)
	away.know(here, "here")
	here.know(away, "away")
	return here, away
}

// call asks the node without Unity, and wants it to go well.
func (n *node) call(method, path string, question any) []byte {
	n.t.Helper()
	status, text, err := n.ask(method, path, question)
	if err != nil || status > 299 {
		n.t.Fatalf("%s %s: %d %s %v", method, path, status, text, err)
	}
	return text
}

func (n *node) ask(method, path string, question any) (status int, text []byte, err error) {
	n.t.Helper()
	body, err := json.Marshal(question)
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(n.t.Context()), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, n.URL()+path, bytes.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	request.Header.Set("X-Api-Key", key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

func (n *node) get(path string, into any) {
	n.t.Helper()
	if err := json.Unmarshal(n.call(http.MethodGet, path, nil), into); err != nil {
		n.t.Fatal(err)
	}
}

// know lets another node in.
func (n *node) know(other *node, name string) {
	n.t.Helper()
	n.call(http.MethodPut, "/rest/config/devices/"+other.id, map[string]any{
		"deviceID": other.id, "name": name, "addresses": []string{strings.Replace(other.URL(), "http://127.0.0.1", "tcp://127.0.0.2", 1)},
	})
}

// share shares a folder with another node, and returns where it is.
func (n *node) share(with *node, kind string) string {
	n.t.Helper()
	at := filepath.Join(n.Folder(), "docs")
	if err := os.MkdirAll(at, 0o755); err != nil {
		n.t.Fatal(err)
	}
	n.call(http.MethodPut, "/rest/config/folders/docs", map[string]any{
		"id": "docs", "label": "Documents", "path": at, "type": kind, "devices": []map[string]string{{"deviceID": with.id}},
		"fsWatcherDelayS": 1,
	})
	return at
}

// change changes the settings of the folder.
func (n *node) change(what map[string]any) {
	n.t.Helper()
	n.call(http.MethodPatch, "/rest/config/folders/docs", what)
}

// write writes a file and has the node look at the folder.
func (n *node) write(at, name string, size int) {
	n.t.Helper()
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // it is compressed on the way
	if err := os.WriteFile(filepath.Join(at, name), content, 0o600); err != nil {
		n.t.Fatal(err)
	}
	n.call(http.MethodPost, "/rest/db/scan?folder=docs", nil)
}

// settings are those of a source of this node.
func (n *node) settings(more plugintest.Settings) plugintest.Settings {
	return plugintest.Settings{"url": n.URL(), "token": key, "timeout": "15s", "check_updates": false}.With(more)
}

// collector opens a collector of this node.
func (n *node) collector(more plugintest.Settings) plugin.Collector {
	return plugintest.Live(n.t, syncthing.Plugin(), n.settings(more).JSON(n.t))
}

// hurried opens a collector whose time goes on by ten minutes with every question, so that
// nothing is too young to be asked for again.
func (n *node) hurried(more plugintest.Settings) plugin.Collector {
	host := plugintest.LiveHost(n.t, syncthing.Plugin())
	began, asked := time.Now(), 0
	host.Now = func() time.Time {
		asked++
		return began.Add(time.Duration(asked) * 10 * time.Minute)
	}
	return plugintest.Open(n.t, syncthing.Plugin(), n.settings(more).JSON(n.t), host)
}
