package app

import (
	"context"
	"slices"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/cache/redis"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/pipeline"
)

// mirror is Redis, where the settings name one.
type mirror struct {
	*redis.Mirror

	followers *[]pipeline.Sink
}

func newMirror(ctx context.Context, settings Settings, history inventory.History) (mirror, error) {
	address := settings.Config.Cache.RedisURL
	if address == "" {
		return mirror{}, nil
	}
	followers := new([]pipeline.Sink)
	m, err := redis.New(redis.Settings{
		Address: address, Group: settings.Config.Cache.Group, Log: settings.Log,
		Others: func(report inventory.Report) {
			for _, follower := range *followers {
				follower.Committed(report)
			}
		},
	})
	if err != nil {
		return mirror{}, err
	}
	states, err := history.States(ctx)
	if err != nil {
		return mirror{}, fault.Wrap(err, "reading how the sources were doing")
	}
	m.Prime(states)
	return mirror{m, followers}, nil
}

// sinks returns all who follow the pipeline. The others also follow what other
// hubs tell.
func (m mirror) sinks(others ...pipeline.Sink) []pipeline.Sink {
	if m.Mirror == nil {
		return others
	}
	*m.followers = others
	return append(slices.Clone(others), m.Mirror)
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
