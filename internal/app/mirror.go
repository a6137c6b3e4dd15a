package app

import (
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/cache/redis"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/pipeline"
)

// mirror is Redis, where the settings name one.
type mirror struct{ *redis.Mirror }

func newMirror(ctx context.Context, settings Settings, history inventory.History) (mirror, error) {
	address := settings.Config.Cache.RedisURL
	if address == "" {
		return mirror{}, nil
	}
	m, err := redis.New(address, settings.Log)
	if err != nil {
		return mirror{}, err
	}
	states, err := history.States(ctx)
	if err != nil {
		return mirror{}, fault.Wrap(err, "reading how the sources were doing")
	}
	m.Prime(states)
	return mirror{m}, nil
}

// sinks returns all who follow the pipeline.
func (m mirror) sinks(others ...pipeline.Sink) []pipeline.Sink {
	if m.Mirror == nil {
		return others
	}
	return append(others, m.Mirror)
}

func (m mirror) forget(id inventory.SourceID) {
	if m.Mirror != nil {
		m.Forget(id)
	}
}

func (m mirror) run(ctx context.Context) error {
	if m.Mirror == nil {
		return nil
	}
	return m.Run(ctx)
}

// problem returns why Redis does not have the latest, or nil.
func (m mirror) problem() *inventory.Problem {
	if m.Mirror == nil {
		return nil
	}
	return m.Problem()
}
