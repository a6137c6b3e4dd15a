package backup

import (
	"context"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

const (
	detectTimeout = 2 * time.Second
	// maxFindings bounds the repositories that are proposed.
	maxFindings = 10
)

// detect looks for repositories that are known on this machine, and for servers
// of backups on it. Passwords are not looked for: every finding waits for one.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	findings := repositories(host)
	if found, ok := findDuplicati(ctx, host); ok {
		findings = append(findings, found)
	}
	if _, err := host.Files.Stat("/etc/proxmox-backup/datastore.cfg"); err == nil || fault.Of(err) == fault.Permission {
		findings = append(findings, plugin.Finding{
			Name: "pbs", Evidence: "folder /etc/proxmox-backup", Missing: "a token with the role Audit, and the fingerprint of the certificate",
			Config: map[string]any{"type": kindPBS, "location": "https://127.0.0.1:8007"},
		})
	}
	if _, err := host.Commands.Find(kindRestic); err == nil {
		findings = append(findings, plugin.Finding{
			Name: kindRestic, Evidence: "program restic", Missing: "where the repository is, and its password", Config: map[string]any{"type": kindRestic},
		})
	}
	return findings, ctx.Err()
}

// repositories are those that borgmatic uses and Borg remembers.
func repositories(host plugin.Host) []plugin.Finding {
	var findings []plugin.Finding
	seen := make(map[string]bool)
	add := func(repository, evidence string) {
		repository = strings.TrimSpace(repository)
		config := defaults()
		config.Type, config.Location = kindBorg, repository
		if repository == "" || seen[repository] || config.validateRepository() != nil || len(findings) == maxFindings {
			return
		}
		seen[repository] = true
		name := strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '-'
		}, strings.ToLower(masked(repository))), "-")
		findings = append(findings, plugin.Finding{
			Name: name[max(0, len(name)-30):], Evidence: evidence, Missing: "the passphrase of the repository",
			Config: map[string]any{"type": kindBorg, "location": repository},
		})
	}
	for _, file := range []string{"/etc/borgmatic/config.yaml", "/etc/borgmatic.d"} {
		for _, name := range list(host, file) {
			for _, repository := range borgmatic(host, name) {
				add(repository, "settings of borgmatic in "+name)
			}
		}
	}
	const remembered = "/root/.config/borg/security"
	entries, err := host.Files.ReadDir(remembered)
	if err != nil {
		return findings
	}
	for _, e := range entries {
		if text, err := hostfs.Text(host.Files, remembered+"/"+e.Name()+"/location"); err == nil {
			add(text, "Borg remembers it in "+remembered)
		}
	}
	return findings
}

// list is a file, or the files of a folder.
func list(host plugin.Host, name string) []string {
	entries, err := host.Files.ReadDir(name)
	if err != nil {
		return []string{name}
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".yaml") {
			names = append(names, name+"/"+e.Name())
		}
	}
	return names
}

// borgmatic reads the repositories of a file of settings, of 1.8 and before.
func borgmatic(host plugin.Host, name string) []string {
	raw, err := host.Files.ReadFile(name)
	if err != nil {
		return nil
	}
	var said struct {
		Repositories []any `json:"repositories"`
		Location     struct {
			Repositories []any `json:"repositories"`
		} `json:"location"`
	}
	if yaml.Unmarshal(raw, &said) != nil {
		return nil
	}
	var found []string
	for _, one := range append(said.Repositories, said.Location.Repositories...) {
		switch one := one.(type) {
		case string:
			found = append(found, one)
		case map[string]any:
			if text, ok := one["path"].(string); ok {
				found = append(found, text)
			}
		}
	}
	return found
}

// findDuplicati asks at its usual port of this machine, without a login.
func findDuplicati(ctx context.Context, host plugin.Host) (plugin.Finding, bool) {
	const at = "http://127.0.0.1:8200"
	config := fetch.Defaults()
	config.URL, config.Timeout = at, plugin.Duration(detectTimeout)
	client, err := fetch.New(config, host)
	if err != nil {
		return plugin.Finding{}, false
	}
	defer func() { _ = client.Close() }()
	page, err := client.Get(ctx, "/")
	if err != nil || !strings.Contains(string(page[:min(len(page), 4096)]), "<title>Duplicati") {
		return plugin.Finding{}, false
	}
	return plugin.Finding{
		Name: kindDuplicati, Evidence: "Duplicati answers at " + at, Missing: "the password of its interface",
		Config: map[string]any{"type": kindDuplicati, "location": at},
	}, true
}
