package plugins_test

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins"
)

// For these a target that is away is a measurement and no fault, so that only the
// check tells whoever adds one of a wrong address.
func TestTheCheckSaysThatNothingIsAtAnAddress(t *testing.T) {
	t.Parallel()
	// What comes in is ended at once, with which none of them can do anything.
	_, port, err := net.SplitHostPort(plugintest.Listen(t, func(net.Conn) {}))
	if err != nil {
		t.Fatal(err)
	}
	for id, config := range map[string]string{
		"certificate_monitor":  `{"target": "127.0.0.1:%s", "retries": 0}`,
		"email_server_monitor": `{"endpoints": [{"name": "mail", "protocol": "smtp", "host": "127.0.0.1", "port": %s}]}`,
		"game_server_monitor":  `{"protocol": "minecraft_java", "host": "127.0.0.1", "port": %s, "retries": 0}`,
		"web_service_monitor":  `{"url": "http://127.0.0.1:%s/", "retries": 0}`,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			all := plugins.All()
			p := all[slices.IndexFunc(all, func(p plugin.Plugin) bool { return p.ID() == id })]
			checker, ok := plugintest.Live(t, p, fmt.Sprintf(config, port)).(plugin.Checker)
			if !ok {
				t.Fatal("it cannot be checked")
			}
			plugintest.WantFault(t, checker.Check(t.Context()), "unreachable", "", "")
		})
	}
}
