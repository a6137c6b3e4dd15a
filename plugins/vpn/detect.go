package vpn

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// maxProcesses bounds how many processes are looked at.
const maxProcesses = 5000

// detect looks for WireGuard interfaces, and for what configurations and
// processes of OpenVPN say about being managed.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	c := &collector{host: host}
	links, _ := c.kernelLinks() // what cannot be read is not there
	sockets, _ := c.sockets()
	if names := append(links, sockets...); len(names) > 0 {
		findings = append(findings, plugin.Finding{
			Name: wireguard, Config: map[string]any{"type": wireguard}, Evidence: "WireGuard interface " + strings.Join(names, ", "), Ready: true,
		})
	}
	seen := make(map[string]bool)
	for _, folder := range []string{"/etc/openvpn/server", "/etc/openvpn/client", "/etc/openvpn"} {
		for _, file := range c.matching(folder, "*.conf") {
			text, err := host.Files.ReadFile(folder + "/" + file)
			if err != nil {
				continue
			}
			words := make([]string, 0, 16)
			for line := range bytes.Lines(text) {
				words = append(words, "--"+strings.TrimSpace(string(line)))
			}
			if finding, ok := openvpnFinding(host, strings.Fields(strings.Join(words, " ")), "/etc/openvpn"); ok && !seen[finding.Evidence] {
				seen[finding.Evidence] = true
				finding.Name = strings.TrimSuffix(file, ".conf")
				findings = append(findings, finding)
			}
		}
	}
	for _, finding := range processes(ctx, host) {
		if !seen[finding.Evidence] {
			seen[finding.Evidence] = true
			findings = append(findings, finding)
		}
	}
	if len(findings) == 1 {
		findings[0].Name = ""
	}
	return findings, ctx.Err()
}

// processes are the OpenVPN that run with options on their command line.
func processes(ctx context.Context, host plugin.Host) []plugin.Finding {
	entries, err := host.Files.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var findings []plugin.Finding
	for _, entry := range entries[:min(len(entries), maxProcesses)] {
		if ctx.Err() != nil {
			break
		}
		if strings.Trim(entry.Name(), "0123456789") != "" {
			continue
		}
		line, err := host.Files.ReadFile("/proc/" + entry.Name() + "/cmdline")
		words := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
		if err != nil || path.Base(words[0]) != openvpn {
			continue
		}
		if finding, ok := openvpnFinding(host, words[1:], "/"); ok {
			finding.Name = openvpn
			findings = append(findings, finding)
		}
	}
	return findings
}

// openvpnFinding takes --management and --status out of options. The management
// interface says more; its password is for a person to give.
func openvpnFinding(host plugin.Host, words []string, folder string) (plugin.Finding, bool) {
	options := make(map[string][]string)
	name := ""
	for _, word := range words {
		if rest, ok := strings.CutPrefix(word, "--"); ok {
			name = rest
			options[name] = nil
		} else if word = strings.Trim(word, "\"' \n"); name != "" && word != "" {
			options[name] = append(options[name], word)
		}
	}
	if at := options["management"]; len(at) >= 2 {
		address := at[0] + ":" + at[1]
		if at[1] == "unix" {
			address = at[0]
		}
		finding := plugin.Finding{
			Config: map[string]any{"type": openvpn, "management": address}, Evidence: "OpenVPN is managed at " + address, Ready: len(at) == 2,
		}
		if len(at) > 2 {
			finding.Missing = "the password of the management interface, from " + at[2]
		}
		return finding, true
	}
	if file := options["status"]; len(file) > 0 {
		at := file[0]
		if !strings.HasPrefix(at, "/") {
			at = path.Join(folder, at)
		}
		finding := plugin.Finding{Config: map[string]any{"type": openvpn, "status_file": at}, Evidence: "OpenVPN writes its status to " + at, Ready: true}
		if _, err := host.Files.ReadFile(at); err != nil {
			finding.Ready, finding.Missing = false, "the right to read "+at
		}
		return finding, true
	}
	return plugin.Finding{}, false
}
