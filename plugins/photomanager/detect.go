package photomanager

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual ports of this machine, without a login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	var findings []plugin.Finding
	for _, place := range []struct{ name, kind, url, missing string }{
		{"Immich", kindImmich, "http://127.0.0.1:2283", "an API key of an administrator"},
		{"PhotoPrism", kindPhotoPrism, "http://127.0.0.1:2342", "an app password with the scope metrics"},
	} {
		config := fetch.Defaults()
		config.URL, config.Timeout = place.url, plugin.Duration(detectTimeout)
		client, err := fetch.New(config, host)
		if err != nil {
			return findings, err
		}
		c := &collector{Client: client, host: host}
		asks := c.isImmich
		if place.kind == kindPhotoPrism {
			asks = c.isPhotoPrism
		}
		if asks(ctx) == nil {
			findings = append(findings, plugin.Finding{
				Name: place.kind, Evidence: place.name + " answers at " + place.url, Missing: place.missing, Config: map[string]any{"url": place.url},
			})
		}
		_ = client.Close()
	}
	return findings, ctx.Err()
}
