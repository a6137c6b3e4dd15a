package mongodb

import (
	"context"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// detect asks at the usual places of this machine, without a login.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	return plugin.Survey(ctx, []plugin.Place{
		{Address: "/tmp/mongodb-27017.sock"}, {Address: "mongodb://127.0.0.1:27017"}, {Name: "unifi", Address: "mongodb://127.0.0.1:27117"},
	}, detectTimeout, func(ctx context.Context, address string) (plugin.Finding, bool) { return find(ctx, host, address) })
}

// find asks whether a server answers, and whether it tells its figures to anybody.
func find(ctx context.Context, host plugin.Host, address string) (plugin.Finding, bool) {
	at, err := parseTarget(address)
	if err != nil {
		return plugin.Finding{}, false
	}
	asked := newClient(host, at, detectTimeout, nil)
	defer func() { _ = asked.peer.Close() }() // what there is to know is known
	if _, err := asked.greet(ctx); err != nil {
		if at.network == "unix" && fault.Of(err) == fault.Permission {
			return plugin.Finding{
				Evidence: "the socket " + at.address + " is there, and Unity may not use it", Config: map[string]any{"url": address},
				Missing: "the right to use the socket, or the address of the port",
			}, true
		}
		return plugin.Finding{}, false
	}
	finding := plugin.Finding{Evidence: "a server answers isMaster at " + at.String(), Ready: true, Config: map[string]any{"url": address}}
	_, err = asked.ask(ctx, question{database: "admin", fields: []field{{"serverStatus", 1}, {"metrics", 0}, {"locks", 0}}})
	if said := (*refusal)(nil); errors.As(err, &said) {
		finding.Ready, finding.Missing = false, "user and password of a user with the role clusterMonitor"
	}
	return finding, true
}
