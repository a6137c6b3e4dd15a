package downloadmanager_test

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what torrents are made of
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/downloadmanager"
	"github.com/unity-homelab/unity/test/servers"
)

const password = "only-for-tests"

// peer is a real download manager.
type peer struct {
	*servers.Server
	t        testing.TB
	settings plugintest.Settings
	client   *http.Client // of somebody else than Unity
}

func start(t testing.TB, engine servers.Engine, more plugintest.Settings, settings ...string) *peer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := servers.Start(t, engine, settings...)
	return &peer{Server: s, t: t, settings: plugintest.Settings{"url": s.URL(), "timeout": "15s"}.With(more), client: &http.Client{Jar: jar, Timeout: time.Minute}}
}

func startQBittorrent(t testing.TB, more plugintest.Settings) *peer {
	t.Helper()
	return start(t, servers.QBittorrent(), plugintest.Settings{"username": "admin", "password": "adminadmin"}.With(more),
		"[LegalNotice]", "Accepted=true", "[Preferences]", `WebUI\Address=127.0.0.1`, `WebUI\Port={{port}}`, `Downloads\SavePath={{home}}/dl`,
		"[BitTorrent]", `Session\DHTEnabled=false`, `Session\LSDEnabled=false`, `Session\PeXEnabled=false`, `Session\Interface=lo`, `Session\InterfaceName=lo`,
		`Session\DefaultSavePath={{home}}/dl`, `Session\QueueingSystemEnabled=false`)
}

func startTransmission(t testing.TB) *peer {
	t.Helper()
	return start(t, servers.Transmission(), plugintest.Settings{"username": "unity", "password": password},
		`{"rpc-port": {{port}}, "rpc-bind-address": "127.0.0.1", "rpc-authentication-required": true, "rpc-username": "unity", "rpc-password": "`+password+`",
"rpc-whitelist": "127.0.0.1", "download-dir": "{{home}}", "bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1", "peer-port": 0, "dht-enabled": false,
"lpd-enabled": false, "port-forwarding-enabled": false, "speed-limit-down-enabled": true, "speed-limit-down": 250}`)
}

func startDeluge(t testing.TB) *peer {
	t.Helper()
	return start(t, servers.Deluge(), plugintest.Settings{"password": "deluge"}, "port={{port}}")
}

func startNZBGet(t testing.TB) *peer {
	t.Helper()
	return start(t, servers.NZBGet(), plugintest.Settings{"username": "unity", "password": password},
		"ControlIP=127.0.0.1", "ControlPort={{port}}", "ControlUsername=admin", "ControlPassword=another", "RestrictedUsername=unity", "RestrictedPassword="+password)
}

// collector opens a collector of this peer.
func (p *peer) collector(more plugintest.Settings) plugin.Collector {
	return plugintest.Live(p.t, downloadmanager.Plugin(), p.settings.With(more).JSON(p.t))
}

// send asks the peer without Unity, and wants it to go well.
func (p *peer) send(method, path, contentType string, body []byte, headers ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, p.URL()+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode > 299 && answer.StatusCode != http.StatusConflict {
		p.t.Fatalf("%s %s: %s %s %v", method, path, answer.Status, text, err)
	}
	if answer.StatusCode == http.StatusConflict {
		return answer.Header.Get("X-Transmission-Session-Id")
	}
	return string(text)
}

// form sends a form, as qBittorrent wants it.
func (p *peer) form(path string, values url.Values) string {
	p.t.Helper()
	return p.send(http.MethodPost, path, "application/x-www-form-urlencoded", []byte(values.Encode()), "Referer", p.URL())
}

// torrent makes a torrent of one small file, which it writes if there is a folder
// for it.
func torrent(t testing.TB, folder, name, tracker string) []byte {
	t.Helper()
	content := bytes.Repeat([]byte(name), 2000)
	if folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var pieces []byte
	const length = 16384
	for rest := content; len(rest) > 0; rest = rest[min(len(rest), length):] {
		sum := sha1.Sum(rest[:min(len(rest), length)]) //nolint:gosec // what torrents are made of
		pieces = append(pieces, sum[:]...)
	}
	text := func(s string) string { return fmt.Sprintf("%d:%s", len(s), s) }
	var b strings.Builder
	b.WriteString("d")
	if tracker != "" {
		b.WriteString(text("announce") + text(tracker))
	}
	fmt.Fprintf(&b, "%sd%si%de%s%s%si%de%s%se", text("info"), text("length"), len(content), text("name"), text(name), text("piece length"), length, text("pieces"), text(string(pieces)))
	b.WriteString("e")
	return []byte(b.String())
}
