package app

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/inventory"
)

// Health implements api.System.
func (s *system) Health(ctx context.Context) api.Health {
	stats := s.scheduler.Stats()
	health := api.Health{
		Version: s.version, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		UptimeSeconds: time.Since(s.started).Seconds(), MemoryBytes: memoryBytes(), Goroutines: runtime.NumGoroutine(),
		Schedule: api.Schedule{
			Sources: stats.Sources, Running: stats.Running, Waiting: stats.Waiting, Stuck: stats.Stuck, Runs: stats.Runs,
			Abandoned: stats.Abandoned, Panicked: stats.Panicked, Skipped: stats.Skipped, LagSeconds: stats.Lag.Seconds(),
		},
		Cache: api.Cache{Redis: s.mirror.Mirror != nil, Problem: api.NoteOf(s.mirror.problem())},
	}
	if err := s.Ready(ctx); err != nil {
		health.Problem = api.NoteOf(inventory.ProblemOf(err))
	}
	if database, err := s.Database(ctx); err == nil {
		health.Database = &database
		health.Queues = api.Queues{
			OpenSamples: database.OpenSamples, JournalBytes: database.JournalBytes, LostSamples: database.LostSamples,
		}
	}
	return health
}

// memoryBytes returns what the runtime has of the machine and did not give back.
func memoryBytes() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}
