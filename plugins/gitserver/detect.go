package gitserver

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual ports of this machine, without a login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, url := range []string{"http://127.0.0.1:3000", "http://127.0.0.1"} {
		config := fetch.Defaults()
		config.URL, config.Timeout = url, plugin.Duration(detectTimeout)
		client, err := fetch.New(config, host)
		if err != nil {
			return findings, err
		}
		if kind, ok := recognize(ctx, client); ok {
			findings = append(findings, plugin.Finding{
				Name: strings.ToLower(kind), Evidence: kind + " answers at " + url, Missing: "a token that may read", Config: map[string]any{"url": url},
			})
		}
		_ = client.Close()
	}
	return findings, ctx.Err()
}

// recognize knows a server by what it says to everybody.
func recognize(ctx context.Context, client *fetch.Client) (kind string, ok bool) {
	var said struct{ Version, Description string }
	if client.GetJSON(ctx, "/api/healthz", &said) == nil && strings.HasPrefix(said.Description, "Gitea") {
		return "Gitea", true
	}
	if client.GetJSON(ctx, "/api/forgejo/v1/version", &said) == nil && said.Version != "" {
		return "Forgejo", true
	}
	_, err := client.Get(ctx, "/api/v4/version")
	var status *fetch.StatusError
	if errors.As(err, &status) && status.Header.Get("X-Gitlab-Meta") != "" {
		return "GitLab", true
	}
	if isGogs(ctx, client) {
		return "Gogs", true
	}
	return "", false
}
