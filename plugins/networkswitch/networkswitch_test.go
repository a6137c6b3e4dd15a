package networkswitch_test

import (
	"errors"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/networkswitch"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, networkswitch.Plugin(), plugintest.Protocol(serve))
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	for config, path := range map[string]string{
		`{"host": "http://switch"}`:                          "host",
		`{"host": "switch", "interface_include": "("}`:       "interface_include",
		`{"host": "switch", "interface_exclude": "[z-a]"}`:   "interface_exclude",
		`{"host": "switch", "version": "3"}`:                 "v3_user",
		`{"host": "switch", "version": "3", "v3_user": "u"}`: "v3_auth_password",
		`{"host": "switch", "version": "3", "v3_user": "u", "v3_level": "authNoPriv", "v3_auth_password": "short"}`: "v3_auth_password",
		`{"host": "switch", "version": "3", "v3_user": "u", "v3_auth_password": "long enough"}`:                     "v3_priv_password",
		`{"host": "switch", "custom_oids": [{"name": "a", "oid": "1.2"}, {"name": "a", "oid": "1.3"}]}`:             "custom_oids",
		`{"host": "switch", "custom_oids": [{"name": "a", "oid": "one"}]}`:                                          "custom_oids[0].oid",
	} {
		err := networkswitch.Plugin().Validate([]byte(config))
		problem := (*plugin.ConfigError)(nil)
		if !errors.As(err, &problem) || problem.Problems[0].Path != path {
			t.Errorf("%s: %v, want a problem at %s", config, err, path)
		}
	}
	for _, config := range []string{
		`{"host": "switch", "version": "3", "v3_user": "u", "v3_level": "noAuthNoPriv"}`,
		`{"host": "switch", "version": "3", "v3_user": "u", "v3_auth_password": "env:A", "v3_priv_password": "file:/b"}`,
		`{"host": "fd00::1"}`,
	} {
		if err := networkswitch.Plugin().Validate([]byte(config)); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
}
