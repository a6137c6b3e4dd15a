package app

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/vault"
)

// newAccounts returns what decides who may use Unity.
func newAccounts(settings Settings, db *sqlstore.DB, sealer *vault.Vault) *auth.Service {
	return auth.New(auth.Settings{
		Store: db.Accounts(), Sealer: sealer, Log: settings.Log, Now: time.Now,
		SessionIdle:     settings.Config.Auth.SessionIdle.Std(),
		SessionLifetime: settings.Config.Auth.SessionLifetime.Std(),
		AuditRetention:  settings.Config.Auth.AuditRetention.Std(),
		NoPasswords:     !settings.Config.Auth.Passwords,
		Provider:        providerOf(settings.Config.Auth.OIDC),
	})
}

// secrets seals what is stored with another key.
type secrets struct {
	vault    *vault.Vault
	watched  *sources.Service
	accounts *auth.Service
}

// Rotate implements api.Secrets. An old key stays for what cannot be opened now,
// such as the config of a plugin that this Unity does not have.
func (s secrets) Rotate(ctx context.Context) (api.Rotation, error) {
	if err := s.vault.Rotate(); err != nil {
		return api.Rotation{}, err
	}
	stored, left, err := s.watched.Reseal(ctx)
	if err != nil {
		return api.Rotation{}, err
	}
	factors, leftFactors, err := s.accounts.Reseal(ctx)
	if err != nil {
		return api.Rotation{}, err
	}
	done := api.Rotation{Sources: stored, Factors: factors, Left: left + leftFactors}
	if done.Left > 0 {
		return done, nil
	}
	return done, s.vault.Retire()
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
