package photomanager_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/photomanager"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, photomanager.Plugin())
}

func TestWrongSettingsAreTold(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"url": "photos"}`:                                "url must begin with http://",
		`{"platform": "lychee"}`:                           "platform must be one of",
		`{"platform": "immich", "username": "x"}`:          "username must be empty",
		`{"username": "x"}`:                                "password is missing",
		`{"password": "x"}`:                                "username is missing",
		`{"username": "x", "password": "y", "token": "z"}`: "token must be empty beside a user",
		`{"queue_stuck": "10s"}`:                           "queue_stuck must be at least 1m",
	} {
		err := photomanager.Plugin().Validate(json.RawMessage(config))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
