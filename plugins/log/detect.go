package log

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
)

// detect proposes the logs of this machine that may be read. None starts by
// itself: which of them matter is for a person to say.
func detect(_ context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, folder := range []string{"/var/log/journal", "/run/log/journal"} {
		info, err := host.Files.Stat(folder)
		if _, missing := host.Commands.Find("journalctl"); err != nil || !info.IsDir() || missing != nil {
			continue
		}
		findings = append(findings, plugin.Finding{
			Name: "journal", Config: map[string]any{"source": sourceJournal}, Evidence: "folder " + folder,
			Missing: "nothing but a click",
		})
		break
	}
	for _, known := range []struct {
		name, proof string
		config      map[string]any
	}{
		{"syslog", "/var/log/syslog", map[string]any{"paths": []string{"/var/log/syslog"}}},
		{"messages", "/var/log/messages", map[string]any{"paths": []string{"/var/log/messages"}}},
		{"kernel", "/var/log/kern.log", map[string]any{"paths": []string{"/var/log/kern.log"}}},
		{"nginx", "/var/log/nginx/access.log", map[string]any{"paths": []string{"/var/log/nginx/access.log"}, "access_log": accessCombined}},
		{"nginx-errors", "/var/log/nginx/error.log", map[string]any{"paths": []string{"/var/log/nginx/error.log"}}},
		{"apache", "/var/log/apache2/access.log", map[string]any{"paths": []string{"/var/log/apache2/access.log"}, "access_log": accessCombined}},
		{"caddy", "/var/log/caddy/access.log", map[string]any{"paths": []string{"/var/log/caddy/access.log"}, "access_log": accessCaddy}},
		{"haproxy", "/var/log/haproxy.log", map[string]any{"paths": []string{"/var/log/haproxy.log"}}},
	} {
		file, err := host.Files.Open(known.proof)
		if err != nil {
			continue // not there, or not to be read
		}
		_ = file.Close()
		findings = append(findings, plugin.Finding{
			Name: known.name, Config: known.config, Evidence: "file " + known.proof,
			Missing: "nothing but a click",
		})
	}
	return findings, nil
}
