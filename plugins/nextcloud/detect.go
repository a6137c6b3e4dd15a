package nextcloud

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// missing is what a person has to add.
const missing = "the token of the app serverinfo; the plugin's page says how to set it"

// detect asks at the usual places of this machine, without a login, and then looks
// for its folders.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	for _, url := range []string{"http://127.0.0.1", "http://127.0.0.1/nextcloud", "http://127.0.0.1:8080", "http://127.0.0.1:11000"} {
		at := fetch.Defaults()
		at.URL, at.Timeout = url, plugin.Duration(detectTimeout)
		client, err := fetch.New(at, host)
		if err != nil {
			return nil, err
		}
		said, err := askStatus(ctx, client)
		_ = client.Close() // nobody asks again
		switch {
		case err == nil && said.Installed != nil:
			return []plugin.Finding{{Evidence: "Nextcloud " + plugin.Shorten(said.Version, 40) + " answers at " + url, Missing: missing, Config: map[string]any{"url": url}}}, nil
		case fault.Of(err) == fault.Permission:
			return []plugin.Finding{{
				Evidence: "Nextcloud answers at " + url + ", which is none of its trusted domains", Missing: "its own address, and " + missing, Config: map[string]any{"url": url},
			}}, nil
		}
	}
	for _, path := range []string{"/var/www/nextcloud", "/var/www/html/nextcloud", "/var/snap/nextcloud"} {
		if _, err := host.Files.Stat(path); err == nil {
			return []plugin.Finding{{Evidence: "there is " + path, Missing: "its address, and " + missing, Config: map[string]any{"url": "http://localhost"}}}, nil
		}
	}
	return nil, ctx.Err()
}
