package proxmox

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// local is where Proxmox VE answers on the machine that it runs on.
const local = "127.0.0.1:8006"

// detect asks at the port of the interface, without a login. The certificate is
// nearly always signed by the host itself; as it is this machine that shows it, its
// fingerprint can be proposed.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	fingerprint, ok := shown(ctx, host)
	if !ok {
		return nil, ctx.Err()
	}
	config := fetch.Defaults()
	config.URL, config.Fingerprint, config.Timeout = "https://"+local, fingerprint, plugin.Duration(2*time.Second)
	client, err := fetch.New(config, host)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	var status *fetch.StatusError
	if _, err = client.Get(ctx, api+"/version"); !errors.As(err, &status) || status.Status != http.StatusUnauthorized ||
		!strings.HasPrefix(status.Header.Get("Server"), "pve-api-daemon/") {
		return nil, nil
	}
	return []plugin.Finding{{
		Evidence: "Proxmox VE answers at port 8006", Missing: "an API token, made as its page shows",
		Config: map[string]any{"url": config.URL, "tls_fingerprint": fingerprint},
	}}, nil
}

// shown is the fingerprint of the certificate that is shown at the port.
func shown(ctx context.Context, host plugin.Host) (fingerprint string, ok bool) {
	conn, err := host.Dial(ctx, "tcp", local)
	if err != nil {
		return "", false
	}
	defer func() { _ = conn.Close() }()
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // nothing is sent but a greeting, to this machine
	if secure.HandshakeContext(ctx) != nil {
		return "", false
	}
	digest := sha256.Sum256(secure.ConnectionState().PeerCertificates[0].Raw)
	return hex.EncodeToString(digest[:]), true
}
