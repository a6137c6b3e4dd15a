package gameserver_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/gameserver"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, gameserver.Plugin(), plugintest.Findings{}, plugintest.Protocol(serve), plugintest.Datagrams(serveDatagrams))
}

func TestWrongSettingsAreTold(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"host": ""}`:                               "host is not a host",
		`{"host": "http://x"}`:                       "host is not a host or host:port",
		`{"host": "nas:http"}`:                       "host is not a host or host:port",
		`{"host": "nas:0"}`:                          "host is not a host or host:port",
		`{"protocol": "chess"}`:                      "protocol must be one of",
		`{"protocol": "tcp"}`:                        "port is required",
		`{"protocol": "valheim", "port": 65535}`:     "port must leave room",
		`{"protocol": "source", "rcon_port": 27015}`: "rcon_port is for Minecraft Java only",
		`{"rcon_port": 25575}`:                       "rcon_password is required",
		`{"rcon_password": "x"}`:                     "rcon_port is required",
		`{"retries": 11}`:                            "retries must be at most 10",
		`{"timeout": "10ms"}`:                        "timeout must be at least 100ms",
	} {
		err := gameserver.Plugin().Validate(json.RawMessage(config))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
	for _, config := range []string{
		`{}`, `{"host": "mc.example.org"}`, `{"host": "[::1]:25565"}`, `{"host": "fd00::10"}`, `{"protocol": "valheim", "port": 2456}`,
		`{"protocol": "tcp", "host": "nas:2302"}`, `{"protocol": "minecraft", "rcon_port": 25575, "rcon_password": "x"}`,
	} {
		if err := gameserver.Plugin().Validate(json.RawMessage(config)); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
}
