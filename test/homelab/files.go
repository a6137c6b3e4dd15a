package homelab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/test/program"
	"github.com/unity-homelab/unity/test/servers"
)

// password is that of what is started here.
const password = "only-for-tests"

// syncthing is two nodes that share a folder with a file in it.
func syncthing(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	type node struct {
		*servers.Server
		id string
	}
	ask := func(n node, method, path string, question, answer any) {
		tb.Helper()
		body, err := json.Marshal(question)
		if err != nil {
			tb.Fatal(err)
		}
		if _, text := send(tb, method, n.URL()+path, string(body), "X-Api-Key", password); answer != nil {
			if err := json.Unmarshal(text, answer); err != nil {
				tb.Fatalf("%s %s: %v\n%s", method, path, err, text)
			}
		}
	}
	var nodes [2]node
	for i := range nodes {
		n := node{Server: servers.Start(tb, servers.Syncthing(), `<configuration version="35">
<gui enabled="true" tls="false"><address>127.0.0.1:{{port}}</address><apikey>`+password+`</apikey></gui>
<options>
<listenAddress>tcp://127.0.0.2:{{port}}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
<localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
<urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><reconnectionIntervalS>1</reconnectionIntervalS>
</options>
</configuration>`)}
		var status struct{ MyID string }
		ask(n, http.MethodGet, "/rest/system/status", nil, &status)
		n.id = status.MyID
		nodes[i] = n
	}
	for i, n := range nodes {
		other := nodes[1-i]
		ask(n, http.MethodPut, "/rest/config/devices/"+other.id, map[string]any{
			"deviceID": other.id, "name": []string{"nas", "laptop"}[1-i],
			"addresses": []string{strings.Replace(other.URL(), "http://127.0.0.1", "tcp://127.0.0.2", 1)},
		}, nil)
		folder := filepath.Join(n.Folder(), "documents")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			tb.Fatal(err)
		}
		if i == 0 {
			if err := os.WriteFile(filepath.Join(folder, "letter"), bytes.Repeat([]byte("Dear Ann, "), 10_000), 0o600); err != nil {
				tb.Fatal(err)
			}
		}
		ask(n, http.MethodPut, "/rest/config/folders/documents", map[string]any{
			"id": "documents", "label": "Documents", "path": folder, "devices": []map[string]string{{"deviceID": other.id}},
		}, nil)
	}
	return plugintest.Settings{"url": nodes[0].URL(), "token": password, "check_updates": false}
}

// transmission has two downloads for which it finds nobody.
func transmission(tb testing.TB, _ *program.Program) plugintest.Settings {
	tb.Helper()
	const user = "unity"
	server := servers.Start(tb, servers.Transmission(), `{"rpc-port": {{port}}, "rpc-bind-address": "127.0.0.1", "rpc-authentication-required": true,
"rpc-username": "`+user+`", "rpc-password": "`+password+`", "rpc-whitelist": "127.0.0.1", "download-dir": "{{home}}", "bind-address-ipv4": "127.0.0.1",
"bind-address-ipv6": "::1", "peer-port": 0, "dht-enabled": false, "lpd-enabled": false, "port-forwarding-enabled": false}`)
	rpc := strings.Replace(server.URL(), "http://", "http://"+user+":"+password+"@", 1) + "/transmission/rpc"
	const session = "X-Transmission-Session-Id"
	answer, _ := send(tb, http.MethodPost, rpc, "{}")
	for n, name := range []string{"debian-12.iso", "Big Buck Bunny"} {
		magnet := fmt.Sprintf("magnet:?xt=urn:btih:%040x&dn=%s", n+1, strings.ReplaceAll(name, " ", "%20"))
		send(tb, http.MethodPost, rpc, `{"method": "torrent-add", "arguments": {"filename": "`+magnet+`"}}`, session, answer.Get(session))
	}
	return plugintest.Settings{"url": server.URL(), "username": user, "password": password}
}

// send asks a server without Unity. That Transmission first says which session it
// is (409) is no mistake.
func send(tb testing.TB, method, url, body string, headers ...string) (http.Header, []byte) {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode > 299 && answer.StatusCode != http.StatusConflict {
		tb.Fatalf("%s %s: %s %s %v", method, url, answer.Status, text, err)
	}
	return answer.Header, text
}
