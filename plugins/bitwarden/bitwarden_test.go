package bitwarden_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/bitwarden"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	const database = "no text holds a database; TestTheDatabaseIsCountedAndNeverWritten has one"
	plugintest.Run(t, bitwarden.Plugin(), plugintest.NotInCases{
		"vaultwarden_ciphers": database, "vaultwarden_ciphers_trashed": database, "vaultwarden_organizations": database, "vaultwarden_collections": database,
		"vaultwarden_devices": database, "vaultwarden_sends": database, "vaultwarden_attachments": database, "table Entries": database,
	})
}
