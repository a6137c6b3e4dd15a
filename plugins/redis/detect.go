package redis

import (
	"context"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect looks at the usual places, where packages and people put a server, and at
// that of a Sentinel.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	return plugin.Survey(ctx, []plugin.Place{
		{Address: "unix:///run/redis/redis-server.sock"},
		{Address: "unix:///run/redis/redis.sock"},
		{Address: "unix:///run/redis-socket/redis.sock"},
		{Address: "unix:///run/valkey/valkey-server.sock"},
		{Address: "unix:///run/valkey/valkey.sock"},
		{Address: "redis://127.0.0.1:6379"},
		{Name: "sentinel", Address: "redis://127.0.0.1:26379"},
	}, detectTimeout, func(ctx context.Context, url string) (plugin.Finding, bool) { return find(ctx, host, url) })
}

// find asks whether a server answers; one that wants a login counts.
func find(ctx context.Context, host plugin.Host, url string) (plugin.Finding, bool) {
	at, err := parseTarget(url)
	if err != nil {
		return plugin.Finding{}, false
	}
	asked := newClient(host, at, detectTimeout, nil)
	defer func() { _ = asked.peer.Close() }() // what there is to know is known
	finding := plugin.Finding{
		Evidence: "a server answers PING at " + at.String(), Ready: true, Config: map[string]any{"url": at.String()},
	}
	_, err = asked.ask(ctx, "PING")
	said := (*refusal)(nil)
	switch {
	case err == nil:
		return finding, true
	case errors.As(err, &said) && (said.code() == "LOADING" || said.code() == "MASTERDOWN"):
		return finding, true
	case errors.As(err, &said) && fault.Of(err) == fault.Auth:
		finding.Evidence, finding.Ready = "a server at "+at.String()+" wants a login", false
		finding.Missing = "the password, and the user if there is one for Unity"
		return finding, true
	case at.network == "unix" && fault.Of(err) == fault.Permission && said == nil:
		finding.Evidence, finding.Ready = "the socket "+at.address+" is there, and Unity may not use it", false
		finding.Missing = "the right to use the socket: add Unity's user to the group redis"
		return finding, true
	default:
		return plugin.Finding{}, false
	}
}
