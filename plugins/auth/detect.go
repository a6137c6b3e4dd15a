package auth

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
)

// detect finds this machine, where its logins may be read.
func detect(_ context.Context, host plugin.Host) ([]plugin.Finding, error) {
	evidence := ""
	for _, name := range []string{"/var/log/auth.log", "/var/log/secure"} {
		if file, err := host.Files.Open(name); err == nil {
			_ = file.Close()
			evidence = "file " + name
			break
		}
	}
	if evidence == "" {
		if _, err := host.Commands.Find("journalctl"); err == nil {
			for _, folder := range []string{"/var/log/journal", "/run/log/journal"} {
				if entries, err := host.Files.ReadDir(folder); err == nil && len(entries) > 0 {
					evidence = "folder " + folder
					break
				}
			}
		}
	}
	if evidence == "" {
		return nil, nil
	}
	return []plugin.Finding{{Config: map[string]any{}, Evidence: evidence, Ready: true}}, nil
}
