package mediaserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// newIdentifier is a name that nobody else has.
func newIdentifier() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // which never goes wrong
	text := hex.EncodeToString(random)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// public is what Jellyfin and Emby tell everybody.
type public struct {
	ProductName            string
	ServerName             string
	Version                string
	OperatingSystem        string
	ID                     string `json:"Id"`
	StartupWizardCompleted *bool
}

// whoami is what Plex tells everybody.
type whoami struct {
	MediaContainer struct {
		MachineIdentifier string        `json:"machineIdentifier"`
		Version           string        `json:"version"`
		Claimed           *lenient.Flag `json:"claimed"`
	}
}

// identify asks what kind of server it is, without a token.
func identify(ctx context.Context, client *fetch.Client) (string, error) {
	ask := func(path string, into any) error {
		return client.JSON(ctx, fetch.Request{Path: path}, into)
	}
	var said public
	err := ask("/System/Info/Public", &said)
	switch {
	case err == nil && said.ProductName == "Jellyfin Server":
		return jellyfin, nil
	case err == nil && said.ID != "" && said.Version != "" && said.ProductName == "":
		return emby, nil // it answers with and without /emby before the path
	case !answered(err):
		return "", err
	}
	refused := fault.Of(err) == fault.Auth
	var who whoami
	err = ask("/identity", &who)
	switch {
	case err == nil && who.MediaContainer.MachineIdentifier != "":
		return plex, nil
	case !answered(err):
		return "", err
	}
	said = public{}
	err = ask("/emby/System/Info/Public", &said)
	switch {
	case err == nil && said.ID != "" && said.ServerName != "" && said.ProductName == "":
		return emby, nil
	case !answered(err):
		return "", err
	case refused || fault.Of(err) == fault.Auth:
		return "", fault.New(fault.Auth, "what answers at %s wants a login before it says what it is", client.URL("")).
			WithHint("say which server it is in the setting Server; a proxy in between may want a login of its own")
	}
	return "", fault.New(fault.WrongService, "what answers at %s is neither Plex nor Jellyfin nor Emby", client.URL("")).
		WithHint("check address and port; a path that a proxy puts in front belongs to the address; or say what it is in the setting Server")
}

// answered reports whether a server gave an answer of some kind, so that another
// question makes sense.
func answered(err error) bool {
	switch fault.Of(err) {
	case "", fault.NotFound, fault.WrongService, fault.BadAnswer, fault.Auth, fault.Permission, fault.Unsupported:
		return true
	default:
		return false
	}
}
