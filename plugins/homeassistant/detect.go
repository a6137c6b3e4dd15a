package homeassistant

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detect asks at the usual port of this machine for what everybody is told.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	config := fetch.Defaults()
	config.URL, config.Timeout = "http://127.0.0.1:8123", plugin.Duration(2*time.Second)
	client, err := fetch.New(config, host)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	var said struct {
		Name string `json:"name"`
	}
	if client.GetJSON(ctx, "/manifest.json", &said) != nil || said.Name != "Home Assistant" {
		return nil, nil // it is not there
	}
	return []plugin.Finding{{
		Config: map[string]any{"url": config.URL}, Evidence: "Home Assistant answers at port 8123", Missing: "a long-lived access token",
	}}, nil
}
