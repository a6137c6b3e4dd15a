package vpnmesh

import (
	"context"
	"net"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// detect looks for the mesh programs of this machine, and for Headscale. Nothing is
// asked.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	there := func(path string) bool {
		_, err := host.Files.Stat(path)
		return err == nil
	}
	found := func(kind, evidence, missing string, more map[string]any) {
		settings := map[string]any{"type": kind}
		for key, value := range more {
			settings[key] = value
		}
		findings = append(findings, plugin.Finding{Name: kind, Evidence: evidence, Ready: missing == "", Missing: missing, Config: settings})
	}
	if there(defaultSocket) {
		found(tailscale, "socket "+defaultSocket, "", nil)
	}
	if there("/var/lib/zerotier-one") {
		missing := ""
		if _, err := host.Files.ReadFile(defaultTokenFile); err != nil {
			missing = "the right to read " + defaultTokenFile + ", or a copy of it"
		}
		found(zerotier, "folder /var/lib/zerotier-one", missing, nil)
	}
	if there("/var/run/netbird.sock") {
		missing := ""
		if _, err := host.Commands.Find(netbird); err != nil {
			missing = "the program netbird, which is asked for its state"
		}
		found(netbird, "socket /var/run/netbird.sock", missing, nil)
	}
	if text, err := host.Files.ReadFile("/etc/headscale/config.yaml"); err == nil {
		found(headscale, "/etc/headscale/config.yaml", "an API key of Headscale", map[string]any{"url": headscaleAddress(string(text))})
	}
	if len(findings) == 1 {
		findings[0].Name = ""
	}
	return findings, ctx.Err()
}

// headscaleAddress takes out of Headscale's configuration where it answers: on this
// machine, or where certificates are its own affair, under its name.
func headscaleAddress(text string) string {
	setting := make(map[string]string)
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && key == strings.TrimSpace(key) {
			value, _, _ = strings.Cut(value, " #")
			setting[key] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	secure := setting["tls_cert_path"] != "" || setting["tls_letsencrypt_hostname"] != ""
	host, port, err := net.SplitHostPort(setting["listen_addr"])
	if err != nil || secure {
		if address := setting["server_url"]; address != "" {
			return strings.TrimSuffix(address, "/")
		}
		return "http://127.0.0.1:8080"
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
