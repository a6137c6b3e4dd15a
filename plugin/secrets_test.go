package plugin_test

import (
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func TestUnitysOwnSecretsAreNoSecretsOfASource(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UNITY_KEY", "DATABASE_URL", "UNITY_DATABASE_URL", "REDIS_URL"} {
		if got, err := plugin.Secret("env:" + name).Reveal(); fault.Of(err) != fault.Permission || got != "" {
			t.Errorf("%s is revealed as %q, %v", name, got, err)
		}
	}
}

func TestASecretThatCannotBeOpenedIsNotUsed(t *testing.T) {
	t.Parallel()
	got, err := plugin.Secret("sealed:0123:AAAA").Reveal()
	if fault.Of(err) != fault.Config || got != "" || fault.Hint(err) == "" {
		t.Errorf("revealed as %q, %v", got, err)
	}
}
