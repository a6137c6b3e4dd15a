package downloadmanager

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// said is an answer, whatever its status.
type said struct {
	status int
	header http.Header
	body   string
}

// hear asks without a login.
func hear(ctx context.Context, client *fetch.Client, r fetch.Request) (said, error) {
	answer, err := client.Do(ctx, r)
	if status := (*fetch.StatusError)(nil); errors.As(err, &status) {
		return said{status.Status, status.Header, string(status.Body)}, nil
	}
	if err != nil {
		return said{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	return said{answer.Status, answer.Header, string(body)}, err
}

// identify finds out which download manager answers, without a login.
func identify(ctx context.Context, client *fetch.Client, rpcPath string) (kind string, err error) {
	for _, try := range []struct {
		request fetch.Request
		is      func(said) string
	}{
		{fetch.Request{Path: "/api/v2/app/webapiVersion"}, byHeader},
		{fetch.Request{Path: "/api", Query: map[string][]string{"mode": {"version"}, "output": {"json"}}}, func(s said) string {
			return when(s.status == http.StatusOK && strings.HasPrefix(strings.TrimSpace(s.body), `{"version"`), sabnzbd)
		}},
		{fetch.Request{Path: rpcPath}, func(s said) string {
			return when(s.header.Get(sessionHeader) != "" || realm(s, "Transmission"), transmission)
		}},
		{fetch.Request{Path: "/jsonrpc"}, func(s said) string { return when(realm(s, "NZBGet"), nzbget) }},
		{delugeQuestion("web.connected"), func(s said) string {
			return when(s.status == http.StatusOK && strings.HasPrefix(strings.TrimSpace(s.body), `{"result"`), deluge)
		}},
	} {
		answer, err := hear(ctx, client, try.request)
		if err != nil {
			return "", err
		}
		if kind := try.is(answer); kind != "" {
			return kind, nil
		}
	}
	return "", fault.New(fault.WrongService, "%s answers and is no download manager that is known", client.URL("")).
		WithHint("check address and path, or say which one it is with the setting client")
}

func when(so bool, kind string) string {
	if so {
		return kind
	}
	return ""
}

func realm(s said, name string) bool {
	return strings.Contains(s.header.Get("WWW-Authenticate"), `realm="`+name)
}

// byHeader knows who answers by the names that servers give themselves, and
// qBittorrent by its version or by how it refuses to tell it.
func byHeader(s said) string {
	server, body := s.header.Get("Server"), strings.TrimSpace(s.body)
	switch {
	case strings.HasPrefix(server, "Transmission"), realm(s, "Transmission"):
		return transmission
	case strings.HasPrefix(server, "nzbget"), realm(s, "NZBGet"):
		return nzbget
	case s.status == http.StatusOK && len(body) < 20 && strings.HasPrefix(body, "2.") && strings.Trim(body, "0123456789.") == "":
		return qbittorrent
	case (s.status == http.StatusForbidden || s.status == http.StatusUnauthorized) && (body == "Forbidden" || body == "Unauthorized"):
		return qbittorrent
	}
	return ""
}

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual ports of this machine, without a login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, url := range []string{"http://127.0.0.1:8080", "http://127.0.0.1:9091", "http://127.0.0.1:8112", "http://127.0.0.1:6789"} {
		at := fetch.Defaults()
		at.URL, at.Timeout = url, plugin.Duration(detectTimeout)
		client, err := fetch.New(at, host)
		if err != nil {
			return nil, err
		}
		kind, err := identify(ctx, client, defaults().RPCPath)
		_ = client.Close()
		if err != nil {
			continue
		}
		findings = append(findings, plugin.Finding{
			Name: kind, Config: map[string]any{"url": url, "client": kind}, Evidence: names()[kind] + " answers at " + url, Missing: missing()[kind],
		})
	}
	return findings, ctx.Err()
}

func names() map[string]string {
	return map[string]string{qbittorrent: "qBittorrent", transmission: "Transmission", deluge: "Deluge", sabnzbd: "SABnzbd", nzbget: "NZBGet"}
}

// missing is what a person has to add for each.
func missing() map[string]string {
	return map[string]string{
		qbittorrent: "user and password of its web interface, or an API key", transmission: "user and password, if it wants them",
		deluge: "the password of its web interface", sabnzbd: "its API key", nzbget: "user and password",
	}
}
