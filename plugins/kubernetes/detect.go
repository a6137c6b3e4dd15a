package kubernetes

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect looks for the identity of a pod, then for kubeconfigs, then for an API
// server of this machine. Only an identity that was given to Unity itself starts
// without a click: the others make whoever uses them an administrator.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	if _, err := host.Files.Stat(podFolder + "/token"); err == nil {
		return []plugin.Finding{{Evidence: "Unity runs in a pod", Ready: true, Config: map[string]any{}}}, nil
	}
	for _, name := range usualPlaces() {
		_, err := host.Files.ReadFile(name)
		switch {
		case err == nil:
			return []plugin.Finding{{
				Evidence: "there is a kubeconfig at " + name, Config: map[string]any{"kubeconfig": name},
				Missing: "your consent: the file is an administrator's. A service account that may only read is better; see the set-up",
			}}, nil
		case errors.Is(err, fs.ErrPermission):
			return []plugin.Finding{{
				Evidence: "there is a kubeconfig at " + name + ", and Unity may not read it", Config: map[string]any{"kubeconfig": name},
				Missing: "the right to read it; or better, the token of a service account",
			}}, nil
		}
	}
	for _, address := range []string{"https://127.0.0.1:6443", "https://127.0.0.1:16443"} {
		if answers(ctx, host, address) {
			return []plugin.Finding{{
				Evidence: "an API server answers at " + address, Config: map[string]any{"url": address}, Missing: "the token of a service account",
			}}, nil
		}
	}
	return nil, ctx.Err()
}

// answers reports whether an API server is at the address, whoever signed it.
func answers(ctx context.Context, host plugin.Host, address string) bool {
	client, err := fetch.New(fetch.Config{URL: address, Timeout: plugin.Duration(detectTimeout)}, host)
	if err != nil {
		return false
	}
	defer func() { _ = client.Close() }()
	var v versionPart
	err = client.GetJSON(ctx, "/version", &v)
	status := (*fetch.StatusError)(nil)
	if errors.As(err, &status) {
		return fault.Of(err) == fault.Auth && words(status.Body) != ""
	}
	return err == nil && v.Version != ""
}
