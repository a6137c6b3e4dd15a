package bitwarden

import (
	"context"
	"path"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual ports of this machine, without a login: nothing more is
// needed for most of it.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	for _, url := range []string{"http://127.0.0.1:8000", "http://127.0.0.1:8080", "http://127.0.0.1:8222", "http://127.0.0.1"} {
		config := defaults()
		config.URL, config.Timeout = url, plugin.Duration(detectTimeout)
		client, err := fetch.New(config.access(), host)
		if err != nil {
			return nil, err
		}
		var said settings
		err = client.GetJSON(ctx, "/api/config", &said)
		var a *about
		if err == nil && said.Object == "config" {
			a, err = identify(ctx, client, auto)
		}
		_ = client.Close() // nobody asks again
		if err != nil || a == nil {
			continue
		}
		name := map[string]string{vaultwarden: "Vaultwarden", bitwarden: "Bitwarden"}[a.kind]
		found := map[string]any{"url": url}
		if folder := dataFolder(host.Files); folder != "" && a.kind == vaultwarden {
			found["data_dir"] = folder
		}
		return []plugin.Finding{{Evidence: name + " " + a.version + " answers at " + url, Ready: true, Config: found}}, nil
	}
	if folder := dataFolder(host.Files); folder != "" {
		return []plugin.Finding{{Evidence: "there is the data of a Vaultwarden in " + folder, Missing: "its address", Config: map[string]any{"url": "http://localhost:8000", "data_dir": folder}}}, nil
	}
	return nil, ctx.Err()
}

// dataFolder finds the folder of a Vaultwarden that Unity may enter.
func dataFolder(files plugin.Files) string {
	for _, folder := range []string{"/var/lib/vaultwarden/data", "/var/lib/vaultwarden", "/opt/vaultwarden/data", "/vw-data"} {
		_, database := files.Stat(path.Join(folder, databaseName))
		_, key := files.Stat(path.Join(folder, "rsa_key.pem"))
		if database == nil && key == nil {
			return folder
		}
	}
	return ""
}
