package app

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/vault"
)

// newAccounts returns what decides who may use Unity.
func newAccounts(settings Settings, db *sqlstore.DB) (*auth.Service, error) {
	sealer, err := newVault(settings.Config)
	if err != nil {
		return nil, err
	}
	return auth.New(auth.Settings{
		Store: db.Accounts(), Sealer: sealer, Log: settings.Log, Now: time.Now,
		SessionIdle:     settings.Config.Auth.SessionIdle.Std(),
		SessionLifetime: settings.Config.Auth.SessionLifetime.Std(),
		AuditRetention:  settings.Config.Auth.AuditRetention.Std(),
	}), nil
}

// newVault returns what seals secrets, with the key that the settings name.
func newVault(settings config.Config) (*vault.Vault, error) {
	switch {
	case settings.Secrets.Key != "":
		return vault.New(settings.Secrets.Key)
	case settings.Secrets.KeyFile != "":
		return vault.Open(settings.Secrets.KeyFile)
	default:
		return vault.Open(filepath.Join(settings.Data, "unity.key"))
	}
}

// namesOf returns the names of this server, in lower case.
func namesOf(host string, others []string) []string {
	names := []string{strings.ToLower(host)}
	for _, name := range others {
		names = append(names, strings.ToLower(name))
	}
	return names
}
