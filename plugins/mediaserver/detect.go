package mediaserver

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual ports of this machine, without a token. All of them
// want one for the rest.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, url := range []string{"http://127.0.0.1:8096", "http://127.0.0.1:32400", "https://127.0.0.1:8920"} {
		at := fetch.Defaults()
		at.URL, at.Timeout, at.Verify = url, plugin.Duration(detectTimeout), false
		client, err := fetch.New(at, host)
		if err != nil {
			return findings, err
		}
		kind, err := identify(ctx, client)
		_ = client.Close() // nobody asks again
		if err != nil {
			continue
		}
		name, missing := map[string]string{plex: "Plex", jellyfin: "Jellyfin", emby: "Emby"}[kind], "an API key: Dashboard, API keys"
		if kind == plex {
			missing = "the X-Plex-Token; the plugin's page says where it is"
		}
		findings = append(findings, plugin.Finding{
			Name: kind, Evidence: name + " answers at " + url, Missing: missing, Config: map[string]any{"url": url, "server_type": kind},
		})
	}
	return findings, ctx.Err()
}
