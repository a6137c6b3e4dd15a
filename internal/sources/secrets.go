package sources

import (
	"bytes"
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Sealer seals secrets where they are stored. What is sealed for a place can be
// opened only for the same place.
type Sealer interface {
	Seal(plain, place string) string
	Open(sealed, place string) (string, error)
	// Sealed reports whether a text is a sealed one.
	Sealed(text string) bool
}

// Seal wraps a store so that the secrets of configs are sealed in it, and plain
// outside of it. What was stored before there was a key is read as it is. A
// secret that cannot be opened stays sealed; whoever needs it says so.
func Seal(store Store, sealer Sealer, plugins []plugin.Plugin) Store {
	return sealed{Store: store, sealer: sealer, plugins: plugins}
}

type sealed struct {
	Store

	sealer  Sealer
	plugins []plugin.Plugin
}

func (s sealed) close(source inventory.Source) inventory.Source {
	return s.replace(source, func(secret, place string) string {
		if s.sealer.Sealed(secret) {
			return secret
		}
		return s.sealer.Seal(secret, place)
	})
}

func (s sealed) open(source inventory.Source) inventory.Source {
	return s.replace(source, func(secret, place string) string {
		if plain, err := s.sealer.Open(secret, place); err == nil {
			return plain
		}
		return secret
	})
}

// replace leaves the config of a plugin that this Unity does not have as it is.
func (s sealed) replace(source inventory.Source, replace func(secret, place string) string) inventory.Source {
	if p, err := plugin.Find(s.plugins, source.Plugin); err == nil && len(source.Config) > 0 {
		place := "source/" + string(source.ID)
		source.Config = p.ReplaceSecrets(source.Config, func(secret string) string { return replace(secret, place) })
	}
	return source
}

// Sources implements inventory.Sources.
func (s sealed) Sources(ctx context.Context) ([]inventory.Source, error) {
	stored, err := s.Store.Sources(ctx)
	for i := range stored {
		stored[i] = s.open(stored[i])
	}
	return stored, err
}

// Source implements inventory.Sources.
func (s sealed) Source(ctx context.Context, id inventory.SourceID) (inventory.Source, error) {
	source, err := s.Store.Source(ctx, id)
	return s.open(source), err
}

// CreateSource implements inventory.Sources.
func (s sealed) CreateSource(ctx context.Context, source inventory.Source) error {
	return s.Store.CreateSource(ctx, s.close(source))
}

// UpdateSource implements inventory.Sources.
func (s sealed) UpdateSource(ctx context.Context, source inventory.Source) (inventory.Source, error) {
	stored, err := s.Store.UpdateSource(ctx, s.close(source))
	return s.open(stored), err
}

// Reseal stores every source again, so that its secrets are sealed with the
// newest key. It returns how many sources were stored, and how many have secrets
// that cannot be opened, and so were left alone.
func (s *Service) Reseal(ctx context.Context) (stored, left int, err error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	for _, source := range s.List() {
		p, err := s.Plugin(source.Plugin)
		if err != nil || bytes.Contains(source.Config, []byte(`"sealed:`)) {
			left++
			continue
		}
		secrets := false
		p.ReplaceSecrets(source.Config, func(secret string) string {
			secrets = true
			return secret
		})
		if !secrets {
			continue
		}
		again, err := s.Store.UpdateSource(ctx, source)
		if err != nil {
			return stored, left, fault.Wrap(err, "sealing the secrets of source %q", source.ID)
		}
		s.remember(again)
		stored++
	}
	return stored, left, nil
}
