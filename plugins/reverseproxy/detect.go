package reverseproxy

import (
	"bufio"
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detect looks for stats sockets of HAProxy and asks at the usual ports of this
// machine, without a login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, path := range haproxySockets(host) {
		if finding, ok := find(ctx, host, map[string]any{"url": "unix://" + path}, haproxy); ok {
			findings = append(findings, finding)
			break // others of the same HAProxy say the same
		}
	}
	for _, at := range []struct{ kind, url string }{
		{caddy, "http://127.0.0.1:2019"}, {traefik, "http://127.0.0.1:8080"}, {haproxy, "http://127.0.0.1:8404"}, {nginx, "http://127.0.0.1"},
	} {
		if slices.ContainsFunc(findings, func(f plugin.Finding) bool { return f.Name == at.kind }) {
			continue
		}
		if finding, ok := find(ctx, host, map[string]any{"url": at.url}, at.kind); ok {
			findings = append(findings, finding)
		}
	}
	if len(findings) == 1 {
		findings[0].Name = ""
	}
	return findings, ctx.Err()
}

// haproxySockets are the usual places of the stats socket, and those that the
// configuration names.
func haproxySockets(host plugin.Host) []string {
	var paths []string
	if text, err := host.Files.ReadFile("/etc/haproxy/haproxy.cfg"); err == nil {
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			words := strings.Fields(lines.Text())
			if len(words) > 2 && words[0] == "stats" && words[1] == "socket" && strings.HasPrefix(words[2], "/") {
				paths = append(paths, words[2])
			}
		}
	}
	for _, path := range []string{"/run/haproxy/admin.sock", "/var/lib/haproxy/stats"} {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// find asks at one place whether it is the proxy that is looked for.
func find(ctx context.Context, host plugin.Host, at map[string]any, kind string) (plugin.Finding, bool) {
	config := defaults()
	config.Type = kind
	config.URL, _ = at["url"].(string)
	config.Timeout = plugin.Duration(detectTimeout)
	client, err := fetch.New(config.Config, host)
	if err != nil {
		return plugin.Finding{}, false
	}
	c := &collector{config: config, host: host, client: client, metrics: client}
	defer func() { _ = c.Close() }()
	if path, ok := strings.CutPrefix(config.URL, "unix://"); ok {
		c.socket = &socket{host: host, path: path, timeout: detectTimeout}
	}
	at["type"] = kind
	where, err := c.identify(ctx)
	if c.socket != nil && fault.Of(err) == fault.Permission {
		return plugin.Finding{
			Name: kind, Config: at, Evidence: "there is the socket " + c.socket.path, Missing: "the right to open it: usermod -aG haproxy unity",
		}, true
	}
	if err != nil {
		return plugin.Finding{}, false
	}
	// The path is in the address where it can be.
	if path, query, _ := strings.Cut(strings.TrimSuffix(where.path, ";csv"), "?"); where.kind == haproxy || where.kind == nginx {
		switch {
		case query != "":
			at["status_path"] = path + "?" + query
		case !where.socket && !where.exposed:
			at["url"] = config.URL + path
		}
	}
	return plugin.Finding{Name: kind, Config: at, Evidence: titles()[kind] + " answers at " + client.URL(""), Ready: true}, true
}

func titles() map[string]string {
	return map[string]string{traefik: "Traefik", caddy: "Caddy", haproxy: "HAProxy", nginx: "nginx"}
}
